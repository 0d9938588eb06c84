"""What a person has read in a terminal counts as read on every other screen."""

from __future__ import annotations

import contextlib

from atrium.client import Client, ClientError

ENDINGS = frozenset(f"sessions.turn.{how}.v1" for how in ("completed", "failed", "cancelled", "interrupted"))
"""The entries after which nothing more of a turn comes."""


async def mark_read(client: Client, session_id: str, offset: int) -> None:
    """Note that a session was read up to an offset. Where that fails it merely stays unread elsewhere."""
    if offset > 0:
        with contextlib.suppress(ClientError):
            await client.sessions.mark_read(session_id, offset)
