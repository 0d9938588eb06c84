"""Marks: which sessions a person has pinned, how far they have read, and how much is unread."""

from __future__ import annotations

from atrium.contracts.sessions import MessageCompleted
from atrium.plugins.sessions.conversation import entries_after
from atrium.plugins.sessions.documents import ACTIVITY, check_id
from atrium.plugins.sessions.history import last_offset
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.limits import MAX_PINNED, MAX_UNREAD
from atrium.sdk import Principal, SpaceStorage
from atrium.sdk.inputs import invalid


async def mark_read(ledger: Ledger, caller: Principal, session_id: str, position: int, *, rewind: bool) -> None:
    """Note that a person has read up to an offset: forward only unless `rewind`, and stored only if it counts."""
    async with ledger.change(caller.space, check_id(session_id)) as change:
        head = await last_offset(change.storage, session_id)
        if position > head:
            raise invalid("offset", f"the session ends at {head}: give the offset of one of its entries, or 0")
        marked = change.activity
        if rewind or (marked.unread and position > int(marked.read_offset)):
            unread = await _count_unread(change.storage, session_id, position)
            if rewind or unread != marked.unread:
                change.happen(unread=unread, read_offset=str(position))


async def pin(change: Change, *, pinned: bool) -> None:
    """Pin a session, or take the pin away."""
    if pinned and not change.activity.pinned:
        others = await change.storage.query({"pinned": True}, limit=MAX_PINNED, collection=ACTIVITY)
        if len(others.documents) >= MAX_PINNED:
            raise invalid("pinned", f"{MAX_PINNED} sessions are pinned, which is the most: unpin one first")
    change.happen(pinned=pinned)


def read_to(change: Change, offset: int) -> None:
    """Note, with a message of the person's own, that they have read what stands before it."""
    change.happen(unread=0, read_offset=str(offset))


def another_unread(change: Change) -> None:
    """Note, with a message of somebody else, that there is one more to read."""
    change.happen(unread=min(change.activity.unread + 1, MAX_UNREAD))


async def _count_unread(storage: SpaceStorage, session_id: str, position: int) -> int:
    """Count the messages of others beyond an offset, to `MAX_UNREAD` and no further."""
    unread = 0
    async for entry in entries_after(storage, session_id, position):
        unread += entry.type == MessageCompleted.type
        if unread == MAX_UNREAD:
            break
    return unread
