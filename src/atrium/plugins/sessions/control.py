"""What people do about turns: cancel the running one, withdraw a queued one, dismiss or retry one that ended badly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from atrium.contracts.sessions import TurnAccepted, TurnCancelled, TurnStatus
from atrium.plugins.sessions.documents import TurnRecord, find_turn, turns_with
from atrium.plugins.sessions.errors import NothingToCancel, NothingToRetry, SessionIsStopped
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.sdk import Context, Principal
from atrium.sdk.clock import timestamp

RETRIABLE: Sequence[TurnStatus] = ("failed", "cancelled", "interrupted")

_PAGE = 50


class Control:
    """Cancels and retries turns."""

    def __init__(self, context: Context, ledger: Ledger, mailboxes: Mailboxes) -> None:
        self._context = context
        self._ledger = ledger
        self._mailboxes = mailboxes

    async def cancel(self, space: str, session_id: str, turn_id: str | None) -> TurnAccepted:
        """Cancel a turn and return when it has ended: by default the running one, or the interrupted one."""
        async with self._ledger.change(space, session_id) as change:
            running = self._mailboxes.running(session_id)
            if running is None or turn_id not in {None, running.record.id}:
                turn = await self._waiting(change, turn_id)
                cancel_waiting(change, turn)
                return TurnAccepted(turn_id=turn.id, status="cancelled")
        running.cut("cancelled")
        await running.ended.wait()
        return TurnAccepted(turn_id=running.record.id, status=running.status)

    async def retry(
        self, caller: Principal, session_id: str, turn_id: str | None, *, without_images: bool = False
    ) -> TurnAccepted:
        """Queue the message of a turn that ended badly again, ahead of all others: by default of the last such turn.

        `without_images` leaves out those of the message.
        """
        async with self._ledger.change(caller.space, session_id) as change:
            if change.activity.status == "stopped":
                raise SessionIsStopped("fork it to continue the conversation")
            new = await self.requeue(change, caller, turn_id, without_images=without_images)
        return TurnAccepted(turn_id=new.id, status="queued")

    async def requeue(
        self,
        change: Change,
        caller: Principal,
        turn_id: str | None,
        *,
        anywhere: bool = False,
        without_images: bool = False,
    ) -> TurnRecord:
        """Put another turn for the message of one that ended badly into a change, and return it.

        `anywhere` lets the session's provider answer, also where the message named another.
        """
        old = await self._retriable(change, turn_id)
        first = await find_turn(change.storage, change.session.id, old.first) if old.first else old
        new = TurnRecord(
            id=self._context.new_id(),
            session_id=change.session.id,
            message_id=old.message_id,
            offset=old.offset,
            by=caller.to_json(),
            target=None if anywhere else old.target,
            created_at=timestamp(self._context.clock.now()),
            first=first.id,
            without_images=without_images,
        )
        change.put_turn(old.model_copy(update={"superseded": True}))
        latest = {"latest": new.id, "superseded": first.superseded or first.id == old.id}
        change.put_turn(first.model_copy(update=latest))
        change.put_turn(new)
        change.happen(queued=change.activity.queued + 1)
        if change.activity.turn is not None and change.activity.turn.id == old.id:
            change.occupy(None)
        return new

    async def last_ended_badly(self, change: Change) -> str | None:
        """Return the id of the session's last turn, if it can be asked again."""
        newest: list[TurnRecord] = []
        for status in get_args(TurnStatus):
            newest += await turns_with(change.storage, change.session.id, status, newest=True, limit=1)
        last = max(newest, key=lambda turn: (turn.offset, turn.id), default=None)
        return last.id if last is not None and last.status in RETRIABLE and not last.superseded else None

    async def _waiting(self, change: Change, turn_id: str | None) -> TurnRecord:
        session_id, stuck = change.session.id, change.activity.turn
        if turn_id is None and not change.activity.blocked:
            raise NothingToCancel("no turn runs in this session; name a queued one by turnId")
        turn = await find_turn(change.storage, session_id, turn_id or (stuck.id if stuck else ""))
        if turn.status == "queued" or (stuck is not None and stuck.id == turn.id):
            return turn
        raise NothingToCancel(f"the turn has ended already: it is {turn.status}")

    async def _retriable(self, change: Change, turn_id: str | None) -> TurnRecord:
        stuck = change.activity.turn
        if turn_id is None and change.activity.blocked and stuck is not None:
            turn_id = stuck.id
        if turn_id is None:
            return await self._last_retriable(change)
        turn = await find_turn(change.storage, change.session.id, turn_id)
        if turn.superseded:
            raise NothingToRetry("the turn was retried already; retry the later one")
        if turn.status == "completed":
            await _check_last(change, turn)
        elif turn.status not in RETRIABLE:
            raise NothingToRetry(f"the turn is {turn.status}; only one that has ended can be retried")
        return turn

    async def _last_retriable(self, change: Change) -> TurnRecord:
        candidates: list[TurnRecord] = []
        for status in RETRIABLE:
            turns = await turns_with(change.storage, change.session.id, status, newest=True, limit=_PAGE)
            candidates.extend(turn for turn in turns if not turn.superseded)
        if not candidates:
            raise NothingToRetry("no turn of this session failed, or was cut or cancelled")
        return max(candidates, key=lambda turn: (turn.offset, turn.id))


async def _check_last(change: Change, turn: TurnRecord) -> None:
    """Raise `NothingToRetry` if something was said after the message that a turn has answered."""
    for status in get_args(TurnStatus):
        newest = await turns_with(change.storage, change.session.id, status, newest=True, limit=1)
        if newest and newest[0].offset > turn.offset:
            raise NothingToRetry("later messages build on this answer; fork before its message to ask again")


def cancel_waiting(change: Change, turn: TurnRecord) -> None:
    """Cancel a turn that does not run: a queued one ends, an interrupted one has ended already and is dismissed."""
    cancelled = turn.model_copy(update={"status": "cancelled"})
    change.put_turn(cancelled)
    if turn.status == "queued":
        change.happen(queued=max(0, change.activity.queued - 1))
        change.append(TurnCancelled(turn_id=turn.id))
        change.finished(turn, "cancelled")
    if change.activity.turn is not None and change.activity.turn.id == turn.id:
        change.occupy(None)
