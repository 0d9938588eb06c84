"""How a conversation begins or goes on: which provider answers, and what a new session is called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from atrium.app.errors import CommandFailed
from atrium.app.short_ids import find_session
from atrium.app.text import shortened
from atrium.client import Client

TITLE_LENGTH = 60


class NobodyAnswers(CommandFailed):
    """No provider can take a turn."""


class Wanted(NamedTuple):
    """What a person asked for: who answers in a new session, and the folder that an agent works in."""

    provider: str | None
    folder: Path | None = None


async def choose_provider(client: Client, wanted: str | None, folder: Path | None = None) -> str:
    """Return the provider to use: the one asked for, or the first that can answer now, and that works in a folder if
    one is given. Raises `NobodyAnswers`.
    """
    providers = await client.providers()
    if wanted is not None:
        found = next((one for one in providers if one["id"] == wanted), None)
        if found is None:
            known = ", ".join(one["id"] for one in providers) or "none"
            raise NobodyAnswers(f"there is no provider {wanted!r}; there is {known}")
        if found["status"] != "active":
            raise NobodyAnswers(f"{wanted} cannot answer now: {found.get('reason') or found['status']}")
        if folder is not None and not _works_in_folders(found):
            raise NobodyAnswers(f"{wanted} works in no folder: leave out --in, or name a coding agent with --provider")
        return wanted
    active = [one["id"] for one in providers if one["status"] == "active"]
    if folder is not None:
        active = [one["id"] for one in providers if one["id"] in active and _works_in_folders(one)]
        if not active:
            raise NobodyAnswers("no coding agent can answer now: see them with  atrium providers list")
    if not active:
        reasons = "; ".join(f"{one['id']}: {one.get('reason') or one['status']}" for one in providers)
        raise NobodyAnswers(f"no provider can answer now ({reasons or 'there is none'})")
    return str(active[0])


def _works_in_folders(provider: Mapping[str, Any]) -> bool:
    return bool((provider.get("capabilities") or {}).get("folders"))


async def create_session(client: Client, provider: str, first_message: str, folder: Path | None = None) -> str:
    """Create a session named after its first message and return its id; an agent works in `folder`, if given."""
    settings = None if folder is None else {"cwd": str(folder)}
    return await client.sessions.create(provider, title=shortened(first_message, TITLE_LENGTH), settings=settings)


async def go_on(client: Client, given: str, provider: str | None) -> str:
    """Return the id of the session that begins so, and let this provider answer in it from now on, if one is named.

    Raises `NobodyAnswers` if that one cannot.
    """
    session_id = await find_session(client, given)
    if provider is not None and (await client.sessions.get(session_id)).provider_id != provider:
        wanted = {"providerId": await choose_provider(client, provider)}
        await client.call("POST", f"/sessions/{quote(session_id, safe='')}/provider", body=wanted)
    return session_id
