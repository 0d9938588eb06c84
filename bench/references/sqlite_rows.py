"""The same rows as the hub's SQLite adapter writes, written without the hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bench.stored import DOCUMENT, NAME, SPACE, Message

Statement = tuple[str, tuple[Any, ...]]

SCHEMA = """
CREATE TABLE documents(
    namespace TEXT, space TEXT, key TEXT, revision INTEGER, shown BLOB, value TEXT, PRIMARY KEY(namespace, space, key)
) WITHOUT ROWID;
CREATE TABLE entries(
    space TEXT, stream TEXT, "offset" INTEGER, hint TEXT, data BLOB, PRIMARY KEY(space, stream, "offset")
) WITHOUT ROWID;
CREATE TABLE topics(space TEXT, topic TEXT, revision INTEGER, PRIMARY KEY(space, topic)) WITHOUT ROWID;
"""
OPENING = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *filter(None, map(str.strip, SCHEMA.split(";"))))
PUT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)"
FIND = "SELECT value, revision FROM documents WHERE namespace = ? AND space = ? AND key = ?"
APPEND = "INSERT INTO entries VALUES (?, ?, ?, NULL, ?)"
TOUCH = "INSERT OR REPLACE INTO topics VALUES (?, ?, ?)"


def document(key: str, revision: int) -> Sequence[Statement]:
    """Return what stores a single document."""
    return [(PUT, (NAME, SPACE, key, revision, b"", orjson.dumps(DOCUMENT).decode()))]


def message(one: Message, revision: int) -> Sequence[Statement]:
    """Return what stores a message, its token, its turn and what they touch; the token is looked for first."""
    tokens, turns = f"{NAME}.tokens", f"{NAME}.turns"
    return [
        (FIND, (tokens, SPACE, one.token_key)),
        (PUT, (tokens, SPACE, one.token_key, revision, b"", orjson.dumps(one.token).decode())),
        (PUT, (turns, SPACE, one.turn["id"], revision, b"", orjson.dumps(one.turn).decode())),
        *note(one, revision),
    ]


def note(one: Message, revision: int) -> Sequence[Statement]:
    """Return what stores an entry, the document it changes, and the two topics that show it."""
    return [
        (PUT, (f"{NAME}.activity", SPACE, one.session, revision, b"", orjson.dumps(one.activity).decode())),
        (APPEND, (SPACE, f"{NAME}/{one.session}", revision, _event(one, revision))),
        (TOUCH, (SPACE, NAME, revision)),
        (TOUCH, (SPACE, f"{NAME}/{one.session}", revision)),
    ]


def _event(one: Message, offset: int) -> bytes:
    """Return the entry as the hub stores it: a CloudEvent."""
    event = {
        "specversion": "1.0",
        "id": str(offset),
        "type": one.entry.type,
        "source": f"/{NAME}/{one.session}",
        "subject": one.session,
        "time": "2026-11-21T10:00:00.000Z",
        "data": one.entry.data,
        "offset": str(offset),
    }
    return orjson.dumps(event)
