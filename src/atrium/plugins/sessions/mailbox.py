"""Mailboxes: the turns of one session run one after another, driven by what is stored."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from atrium.contracts.sessions import TurnStarted
from atrium.plugins.sessions.attachments import Attachments
from atrium.plugins.sessions.conversation import Conversations
from atrium.plugins.sessions.documents import TurnRecord, find_session, turns_with
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.patience import Patience
from atrium.plugins.sessions.summaries import Summaries
from atrium.plugins.sessions.turn import RunningTurn
from atrium.sdk import Conflict, Context, NotFound, SpaceStorage, StorageFailed
from atrium.sdk.crash_points import crash_point

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Mailbox:
    """One session's task, which exists only while the session has queued work."""

    space: str
    session_id: str
    kicked: bool = True
    turn: RunningTurn | None = None
    task: asyncio.Task[None] | None = None


class Mailboxes:
    """All sessions with work. At most `slots` turns run at once; the others wait, visibly queued."""

    def __init__(
        self, context: Context, ledger: Ledger, attachments: Attachments, slots: int, *, summarise: bool = True
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._slots = asyncio.Semaphore(slots)
        self._patience = Patience(context)
        self.attachments = attachments
        self.conversations = Conversations(attachments)
        self.summaries = Summaries(context, ledger, self.conversations, enabled=summarise)
        self._boxes: dict[str, Mailbox] = {}
        self._halted: Counter[str] = Counter()
        self._draining = False
        self._stopping = False

    def kick(self, space: str, session_id: str) -> None:
        """Look into a session's queue, now or after the turn that runs."""
        if self._draining or session_id in self._halted:
            return
        box = self._boxes.get(session_id)
        if box is not None:
            box.kicked = True
            return
        box = Mailbox(space, session_id)
        self._open(box, self._work(box))

    async def admit(self, change: Change, turn: TurnRecord) -> TurnRecord:
        """Start a new turn in the change that stores it if nothing is ahead of it; return the turn as it then is."""
        if not self._is_free(change):
            return turn
        await self._slots.acquire()
        turn = self._begin(change, turn)
        box = Mailbox(change.storage.space, change.session.id, kicked=False)
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        change.batch.after(partial(self._admitted, box, change, turn, stored))
        change.undo.append(partial(stored.set_result, False))
        self._open(box, self._work_from(box, stored))
        return turn

    def forget(self, space: str, session_id: str) -> None:
        """Forget what was kept of a session that is deleted."""
        self.conversations.forget(session_id)
        self.summaries.forget(session_id)

    def running(self, session_id: str) -> RunningTurn | None:
        """Return the turn that runs in a session. Ask while holding the session: a turn may be starting."""
        box = self._boxes.get(session_id)
        return None if box is None else box.turn

    @asynccontextmanager
    async def halted(self, space: str, session_id: str) -> AsyncIterator[None]:
        """Cancel a session's running turn, wait for its end, and start no other inside the block.

        Raises `NotFound` if the space has no such session.
        """
        await find_session(self._context.storage.of(space), session_id)
        self._halted[session_id] += 1
        try:
            async with self._ledger.holding(session_id):
                turn = self.running(session_id)
            if turn is not None:
                turn.cut("cancelled")
                await turn.ended.wait()
            yield
        finally:
            self._halted[session_id] -= 1
            if not self._halted[session_id]:
                del self._halted[session_id]
                self.kick(space, session_id)

    async def drain(self) -> None:
        """Start no more turns and wait for those that run."""
        self._draining = True
        if tasks := [box.task for box in self._boxes.values() if box.task is not None]:
            await asyncio.wait(tasks)

    async def stop(self) -> None:
        """Start no more turns and end those that run as interrupted, with the text they have."""
        self._stopping = True
        self._patience.end()
        for box in self._boxes.values():
            if box.turn is not None:
                box.turn.cut("interrupted")
        await self.drain()

    def _is_free(self, change: Change) -> bool:
        session_id, activity = change.session.id, change.activity
        behind = session_id in self._boxes or activity.queued or activity.blocked
        return not (behind or session_id in self._halted or self._draining or self._slots.locked())

    def _open(self, box: Mailbox, work: Coroutine[Any, Any, None]) -> None:
        self._boxes[box.session_id] = box
        box.task = self._context.spawn(work, f"mailbox {box.session_id}")
        box.task.add_done_callback(lambda _: self._forget(box))

    def _admitted(self, box: Mailbox, change: Change, turn: TurnRecord, stored: asyncio.Future[bool]) -> None:
        box.turn = self._running(change, turn)
        stored.set_result(True)

    async def _work_from(self, box: Mailbox, stored: asyncio.Future[bool]) -> None:
        """Run the turn that was admitted, unless its message was not stored, and then what came meanwhile."""
        try:
            if await stored:
                await self._run(box)
        finally:
            self._slots.release()
        await self._work(box)

    async def _work(self, box: Mailbox) -> None:
        attempt = 0
        while box.kicked and not self._draining:
            box.kicked = False
            try:
                while await self._run_next(box):
                    attempt = 0
            except NotFound:
                log.debug("the session of a mailbox is gone", extra={"session": box.session_id})
            except (StorageFailed, Conflict):
                log.exception("the next turn could not be started", extra={"session": box.session_id})
                box.kicked = await self._patience.wait(attempt)
                attempt += 1
        self._forget(box)

    def _forget(self, box: Mailbox) -> None:
        if self._boxes.get(box.session_id) is box:
            del self._boxes[box.session_id]

    async def _run_next(self, box: Mailbox) -> bool:
        """Run the next queued turn; False when there is none to run now."""
        if not await self._ledger.has_work(box.space, box.session_id):
            return False
        async with self._slots:
            if not await self._start(box):
                return False
            await self._run(box)
        return True

    async def _run(self, box: Mailbox) -> None:
        assert box.turn is not None
        crash_point("turn.started")
        if self._stopping:
            box.turn.cut("interrupted")
        try:
            await box.turn.run()
        finally:
            box.turn = None

    async def _start(self, box: Mailbox) -> bool:
        async with self._ledger.change(box.space, box.session_id) as change:
            queued = await self._next(change, box)
            if queued is None:
                return False
            turn = self._begin(change, queued)
            change.happen(queued=max(0, change.activity.queued - 1))
        box.turn = self._running(change, turn)
        return True

    def _begin(self, change: Change, turn: TurnRecord) -> TurnRecord:
        """Put the start of a turn into a change, and return the turn as it is then."""
        provider_id = turn.target or change.session.provider_id
        started = TurnStarted(turn_id=turn.id, message_id=turn.message_id, provider_id=provider_id)
        [offset] = change.append(started)
        running = {"status": "running", "answer_id": self._context.new_id(), "started": offset}
        turn = turn.model_copy(update=running)
        change.put_turn(turn)
        change.occupy(turn)
        return turn

    def _running(self, start: Change, turn: TurnRecord) -> RunningTurn:
        return RunningTurn(self._context, self._ledger, self._patience, self.summaries, start, turn)

    async def _next(self, change: Change, box: Mailbox) -> TurnRecord | None:
        if self._draining or box.session_id in self._halted or change.activity.blocked:
            return None
        return await next_queued(change.storage, box.session_id)


async def next_queued(storage: SpaceStorage, session_id: str) -> TurnRecord | None:
    """Return the first queued turn of a session."""
    found = await turns_with(storage, session_id, "queued", limit=1)
    return found[0] if found else None
