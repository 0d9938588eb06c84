"""What people do to a session: they rename, tag and pin it, stop it, delete it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atrium.contracts.events import Event
from atrium.contracts.sessions import MetadataChange, SessionMetadata, SessionRenamed, SessionStopped, SessionTagged
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.control import cancel_waiting
from atrium.plugins.sessions.documents import (
    PAGE,
    TURNS,
    TurnRecord,
    find_turn,
)
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.marks import pin
from atrium.plugins.sessions.sweeping import Sweeper
from atrium.sdk import Context, Principal
from atrium.sdk.crash_points import crash_point


class Lifecycle:
    """Renames, tags, pins, stops and deletes sessions."""

    def __init__(self, context: Context, ledger: Ledger, mailboxes: Mailboxes, sweeper: Sweeper) -> None:
        self._context = context
        self._ledger = ledger
        self._mailboxes = mailboxes
        self._sweeper = sweeper

    async def update(
        self,
        caller: Principal,
        session_id: str,
        metadata: MetadataChange | Mapping[str, Any],
        pinned: bool | None,
        if_match: str | None,
        fallback: tuple[str, ...] | None = None,
    ) -> None:
        """Rename, tag or pin a session, or say who goes on with it; nothing is stored when nothing changes."""
        async with self._ledger.change(caller.space, session_id) as change:
            inputs.matches(if_match, change.before.session_revision)
            after = inputs.metadata_change(metadata, change.session.metadata)
            if pinned is not None:
                await pin(change, pinned=pinned)
            if fallback is not None:
                change.say(fallback=fallback)
            _describe(change, after, caller.user)

    async def stop(self, caller: Principal, session_id: str) -> None:
        """Cancel all turns of a session and take no more messages; its history stays."""
        async with self._mailboxes.halted(caller.space, session_id):
            async with self._ledger.change(caller.space, session_id) as change:
                if change.activity.status == "stopped":
                    return
                for turn in await _unfinished(change):
                    cancel_waiting(change, turn)
                change.happen(status="stopped")
                change.append(SessionStopped(by=caller.user))
            await self._sweeper.release(session_id, change.session.providers)

    async def delete(self, caller: Principal, session_id: str) -> None:
        """Delete a session and everything of it; its followers see a last entry."""
        async with self._mailboxes.halted(caller.space, session_id):
            async with self._ledger.change(caller.space, session_id) as change:
                change.delete(caller.user)
            crash_point("deletion.stored")
            await self._sweeper.sweep(change.storage, session_id, change.session.providers)


def _describe(change: Change, after: SessionMetadata, by: str) -> None:
    """Put other metadata into a change, with the entries that say what is new."""
    before = change.session.metadata
    entries: list[Event] = []
    if after.title != before.title:
        entries.append(SessionRenamed(title=after.title, by=by))
    if after.tags != before.tags:
        entries.append(SessionTagged(tags=after.tags, by=by))
    if entries:
        change.say(metadata=after)
        change.append(*entries)


async def _unfinished(change: Change) -> list[TurnRecord]:
    """Return a session's interrupted turn, if others wait behind it, and all queued ones."""
    session_id, turns = change.session.id, []
    if change.activity.turn is not None:
        turns.append(await find_turn(change.storage, session_id, change.activity.turn.id))
    where = {"sessionId": session_id, "status": "queued"}
    page = await change.storage.query(where, "offset", PAGE, collection=TURNS)
    turns.extend(TurnRecord.model_validate(document.value) for document in page.documents)
    while page.next is not None:
        page = await change.storage.query(where, "offset", PAGE, page.next, collection=TURNS)
        turns.extend(TurnRecord.model_validate(document.value) for document in page.documents)
    return turns
