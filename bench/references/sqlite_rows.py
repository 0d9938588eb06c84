"""The same rows as the hub's SQLite adapter writes, written without the hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bench.stored import DOCUMENT, NAME, SPACE, Message

Statement = tuple[str, tuple[Any, ...]]

SCHEMA = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "CREATE TABLE documents(namespace TEXT, space TEXT, key TEXT, revision INTEGER, shown BLOB, value TEXT, "
    "PRIMARY KEY(namespace, space, key)) WITHOUT ROWID",
    'CREATE TABLE entries(space TEXT, stream TEXT, "offset" INTEGER, hint TEXT, data BLOB, '
    'PRIMARY KEY(space, stream, "offset")) WITHOUT ROWID',
    "CREATE TABLE topics(space TEXT, topic TEXT, revision INTEGER, PRIMARY KEY(space, topic)) WITHOUT ROWID",
)
PUT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)"
FIND = "SELECT value, revision FROM documents WHERE namespace = ? AND space = ? AND key = ?"
APPEND = "INSERT INTO entries VALUES (?, ?, ?, NULL, ?)"
TOUCH = "INSERT OR REPLACE INTO topics VALUES (?, ?, ?)"


def document(key: str, revision: int) -> Sequence[Statement]:
    """Return what stores a single document."""
    return [(PUT, (NAME, SPACE, key, revision, b"", orjson.dumps(DOCUMENT).decode()))]


def message(one: Message, revision: int) -> Sequence[Statement]:
    """Return what stores a message, its token, its turn and what they touch; the token is looked for first."""
    tokens, turns, activity = f"{NAME}.tokens", f"{NAME}.turns", f"{NAME}.activity"
    return [
        (FIND, (tokens, SPACE, one.token_key)),
        (PUT, (tokens, SPACE, one.token_key, revision, b"", orjson.dumps(one.token).decode())),
        (PUT, (turns, SPACE, one.turn["id"], revision, b"", orjson.dumps(one.turn).decode())),
        (PUT, (activity, SPACE, one.session, revision, b"", orjson.dumps(one.activity).decode())),
        (APPEND, (SPACE, f"{NAME}/{one.session}", revision, orjson.dumps(one.entry.data))),
        (TOUCH, (SPACE, NAME, revision)),
        (TOUCH, (SPACE, f"{NAME}/{one.session}", revision)),
    ]
