"""How a conversation begins or goes on: which provider answers, and what a new session is called."""

from __future__ import annotations

from urllib.parse import quote

from atrium.app.errors import CommandFailed
from atrium.app.short_ids import find_session
from atrium.app.text import shortened
from atrium.client import Client

TITLE_LENGTH = 60


class NobodyAnswers(CommandFailed):
    """No provider can take a turn."""


async def choose_provider(client: Client, wanted: str | None) -> str:
    """Return the provider to use: the one asked for, or the first that can answer now. Raises `NobodyAnswers`."""
    providers = await client.providers()
    if wanted is not None:
        found = next((one for one in providers if one["id"] == wanted), None)
        if found is None:
            known = ", ".join(one["id"] for one in providers) or "none"
            raise NobodyAnswers(f"there is no provider {wanted!r}; there is {known}")
        if found["status"] != "active":
            raise NobodyAnswers(f"{wanted} cannot answer now: {found.get('reason') or found['status']}")
        return wanted
    active = [one["id"] for one in providers if one["status"] == "active"]
    if not active:
        reasons = "; ".join(f"{one['id']}: {one.get('reason') or one['status']}" for one in providers)
        raise NobodyAnswers(f"no provider can answer now ({reasons or 'there is none'})")
    return str(active[0])


async def create_session(client: Client, provider: str, first_message: str) -> str:
    """Create a session named after its first message and return its id."""
    return await client.sessions.create(provider, title=shortened(first_message, TITLE_LENGTH))


async def go_on(client: Client, given: str, provider: str | None) -> str:
    """Return the id of the session that begins so, and let this provider answer in it from now on, if one is named.

    Raises `NobodyAnswers` if that one cannot.
    """
    session_id = await find_session(client, given)
    if provider is not None and (await client.sessions.get(session_id)).provider_id != provider:
        wanted = {"providerId": await choose_provider(client, provider)}
        await client.call("POST", f"/sessions/{quote(session_id, safe='')}/provider", body=wanted)
    return session_id
