"""Ids by their beginning, as git takes them: enough characters that only one begins so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from atrium.app.errors import CommandFailed
from atrium.client import Client

SHORTEST = 4
WHOLE = 36
"""Characters of a whole id."""

NAMED = 5


class SeveralBeginSo(CommandFailed):
    """More than one id begins with what was given."""


class NotAnId(CommandFailed):
    """What was given is too little to be the beginning of an id, or more than an id."""


async def find_session(client: Client, given: str) -> str:
    """Return the id of the one session that begins so; raises `SeveralBeginSo` and `NotAnId`."""
    if not _is_short(given):
        return given
    return _one(given, [session.id async for session in client.sessions.all(limit=500)], "sessions")


async def find_approval(client: Client, given: str) -> str:
    """Return the id of the one question that begins so, of those that wait or else of the latest that do not."""
    if not _is_short(given):
        return given
    waiting = await client.call("GET", "/approvals")
    found = _one(given, _ids(waiting), "questions")
    if found != given:
        return found
    return _one(given, _ids(await client.call("GET", "/approvals/history", params={"limit": 500})), "questions")


async def find_permission(client: Client, given: str) -> str:
    """Return the id of the one permission that begins so; raises `SeveralBeginSo`."""
    if not _is_short(given):
        return given
    return _one(given, _ids(await client.call("GET", "/approvals/permissions")), "permissions")


def _is_short(given: str) -> bool:
    if len(given) < SHORTEST:
        raise NotAnId(f"{given!r} is too short for an id: give {SHORTEST} characters of it or more")
    if len(given) > WHOLE:
        raise NotAnId(f"{given[:WHOLE]!r}... is too long for an id")
    return len(given) < WHOLE


def _ids(answer: Any) -> list[str]:
    return [str(one["id"]) for one in answer["data"]]


def _one(given: str, ids: Iterable[str], what: str) -> str:
    """Return what begins so; if nothing does, what was given: the hub says that there is no such thing."""
    found = [one for one in ids if one.startswith(given.lower())]
    if len(found) <= 1:
        return found[0] if found else given
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    named = ", ".join(found[:NAMED])
    raise SeveralBeginSo(f"{len(found)} {what} begin with {given}: {named}{more}; give more of the id")
