"""Mailboxes: the turns of one session run one after another, driven by what is stored."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from atrium.contracts.sessions import TurnStarted
from atrium.plugins.sessions.conversation import Conversations
from atrium.plugins.sessions.documents import TurnRecord, find_activity, find_session, turns_with
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.patience import Patience
from atrium.plugins.sessions.turn import RunningTurn
from atrium.sdk import Conflict, Context, NotFound, SpaceStorage, StorageFailed
from atrium.sdk.crash_points import crash_point

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Mailbox:
    """One session's task, which exists only while the session has work.

    `first` is a turn that starts with its message: it is None in the end if the message was not stored.
    """

    space: str
    session_id: str
    kicked: bool = True
    turn: RunningTurn | None = None
    task: asyncio.Task[None] | None = None
    first: asyncio.Future[RunningTurn | None] | None = None


class Mailboxes:
    """All sessions with work. At most `slots` turns run at once; the others wait, visibly queued."""

    def __init__(self, context: Context, ledger: Ledger, slots: int) -> None:
        self._context = context
        self._ledger = ledger
        self._slots = asyncio.Semaphore(slots)
        self._patience = Patience(context)
        self._conversations = Conversations()
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
        self._open(Mailbox(space, session_id))

    @asynccontextmanager
    async def opening(self, space: str, session_id: str) -> AsyncIterator[Opening]:
        """Let the turn of a message start with it if nothing is ahead of it; the change is made inside the block."""
        opening = Opening(self, space, session_id)
        try:
            yield opening
        finally:
            opening.close()

    async def start(self, change: Change, record: TurnRecord) -> RunningTurn:
        """Put the start of a turn into a change."""

    def free(self, change: Change) -> bool:
        """Tell whether a turn of this session could start at once."""
        session_id, activity = change.session.id, change.activity
        waits = session_id in self._boxes or session_id in self._halted or activity.queued or activity.blocked
        return not (waits or self._draining or self._slots.locked())

    def forget(self, space: str, session_id: str) -> None:
        """Forget what was kept of a session that is deleted."""
        self._conversations.forget(session_id)

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
        storage = self._context.storage.of(box.space)
        _, activity = await find_activity(storage, box.session_id)
        if not activity.queued or activity.blocked:
            return False
        async with self._slots:
            turn = await self._start(box)
            if turn is None:
                return False
            if self._stopping:
                turn.cut("interrupted")
            try:
                await turn.run()
            finally:
                box.turn = None
        return True

    async def _start(self, box: Mailbox) -> RunningTurn | None:
        async with self._ledger.change(box.space, box.session_id) as change:
            record = await self._next(change, box)
            if record is None:
                return None
            answer_id = self._context.new_id()
            turn = record.model_copy(update={"status": "running", "answer_id": answer_id})
            provider_id = turn.target or change.session.provider_id
            started = TurnStarted(turn_id=turn.id, message_id=turn.message_id, provider_id=provider_id)
            [offset] = change.append(started)
            turn = turn.model_copy(update={"started": offset})
            change.put_turn(turn)
            change.occupy(turn)
            change.happen(queued=max(0, change.activity.queued - 1))
        crash_point("turn.started")
        box.turn = RunningTurn(self._context, self._ledger, self._patience, self._conversations, change, turn)
        return box.turn

    async def _next(self, change: Change, box: Mailbox) -> TurnRecord | None:
        if self._draining or box.session_id in self._halted or change.activity.blocked:
            return None
        return await next_queued(change.storage, box.session_id)


async def next_queued(storage: SpaceStorage, session_id: str) -> TurnRecord | None:
    """Return the first queued turn of a session."""
    found = await turns_with(storage, session_id, "queued", limit=1)
    return found[0] if found else None
