"""What a crash leaves behind, put in order at the next start."""

from __future__ import annotations

import logging

from atrium.plugins.sessions.answer import Answer
from atrium.plugins.sessions.conversation import entries_after
from atrium.plugins.sessions.documents import ACTIVITY, PAGE, TURNS, TurnRecord
from atrium.plugins.sessions.endings import Outcome, end_turn
from atrium.plugins.sessions.ledger import Ledger
from atrium.sdk import Context, NotFound, SpaceStorage
from atrium.sdk.crash_points import crash_point

log = logging.getLogger(__name__)


class Recovery:
    """Reads only what is unfinished, page by page, so that a start stays fast however many sessions there are."""

    def __init__(self, context: Context, ledger: Ledger) -> None:
        self._context = context
        self._ledger = ledger

    async def recover(self, space: str) -> list[str]:
        """Mark turns that were cut as interrupted and return the sessions that have queued turns."""
        storage = self._context.storage.of(space)
        self._ledger.active += await _count_active(storage)
        cut = 0
        while running := await _turns(storage, "running"):
            for turn in running:
                await self._interrupt(storage, turn)
                crash_point("recovery.interrupted")
            cut += len(running)
        if cut:
            log.info("turns were cut by the last stop", extra={"space": space, "turns": cut})
        return [session_id for session_id in await _queued_sessions(storage) if await self._recount(space, session_id)]

    async def _interrupt(self, storage: SpaceStorage, turn: TurnRecord) -> None:
        answer = Answer(turn.answer_id or turn.id, turn.id)
        async for entry in entries_after(storage, turn.session_id, turn.started or 0):
            answer.fold(entry)
        try:
            async with self._ledger.change(storage.space, turn.session_id) as change:
                end_turn(change, turn, answer, Outcome("interrupted"), self._context.clock.monotonic())
        except NotFound:
            await storage.delete(turn.id, collection=TURNS)
        log.debug("a turn was cut by the last stop", extra={"session": turn.session_id, "turn": turn.id})

    async def _recount(self, space: str, session_id: str) -> bool:
        """Make the number of queued turns right and tell whether the session is still there."""
        try:
            crash_point("recovery.recounting")
            async with self._ledger.change(space, session_id) as change:
                change.happen(queued=await _count_queued(change.storage, session_id))
        except NotFound:
            return False
        return True


async def _turns(storage: SpaceStorage, status: str) -> list[TurnRecord]:
    page = await storage.query({"status": status}, limit=PAGE, collection=TURNS)
    return [TurnRecord.model_validate(document.value) for document in page.documents]


async def _queued_sessions(storage: SpaceStorage) -> list[str]:
    found: dict[str, None] = {}
    after: str | None = None
    while True:
        page = await storage.query({"status": "queued"}, "sessionId", PAGE, after, collection=TURNS)
        found.update({document.value["sessionId"]: None for document in page.documents})
        if page.next is None:
            return list(found)
        after = page.next


async def _count_queued(storage: SpaceStorage, session_id: str) -> int:
    count, after = 0, None
    while True:
        where = {"sessionId": session_id, "status": "queued"}
        page = await storage.query(where, "offset", PAGE, after, collection=TURNS)
        count, after = count + len(page.documents), page.next
        if after is None:
            return count


async def _count_active(storage: SpaceStorage) -> int:
    count, after = 0, None
    while True:
        page = await storage.query({"status": "active"}, "updatedAt", 1000, after, collection=ACTIVITY)
        count, after = count + len(page.documents), page.next
        if after is None:
            return count
