"""Asking, answering, withdrawing and running out of time: each a single commit, the first of them counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from atrium.contracts.approvals import (
    Answer,
    AnswerApproval,
    ApprovalClosed,
    ApprovalRequest,
    ApprovalRequested,
    ApprovalStatus,
    Decision,
    Permission,
)
from atrium.plugins.approvals import permissions
from atrium.plugins.approvals.asking import Asking, question
from atrium.plugins.approvals.config import ApprovalsConfig
from atrium.plugins.approvals.docket import Docket
from atrium.plugins.approvals.documents import (
    HISTORY,
    PERMISSIONS,
    ClosedQuestion,
    OpenQuestion,
    as_json,
    find_question,
    seconds_of,
)
from atrium.plugins.approvals.errors import ActChanged, AlreadyAnswered
from atrium.plugins.approvals.history import prune, untaken
from atrium.sdk import (
    AtriumError,
    Conflict,
    Context,
    NotFound,
    Principal,
    SpaceStorage,
    StorageFailed,
    TooManyRequests,
    Unavailable,
)
from atrium.sdk.clock import timestamp
from atrium.sdk.crash_points import crash_point
from atrium.sdk.inputs import invalid

log = logging.getLogger(__name__)

LOW_RISK = "low risk"
"""What is noted as the rule where a question was not asked because little can go wrong."""
MAX_MESSAGE = 4_000
DAY_SECONDS = 86_400
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
MAX_WAITING_BYTES = 32 << 20
"""What the waiting questions of one person may be together; each is on every screen, whole."""


class Desk:
    """All that happens to questions."""

    def __init__(self, context: Context, config: ApprovalsConfig) -> None:
        self._context = context
        self._config = config
        self._docket = Docket(context, config.warning_seconds, self._ran_out)
        self._asking = asyncio.Lock()
        self._draining = False
        self._tidied: dict[str, int] = {}

    async def open(self) -> None:
        """Give questions from before the last stop the time they have left."""
        for space in await self._context.storage.spaces():
            storage = self._context.storage.of(space)
            for key in await storage.list_keys():
                await self._restore(storage, key)
        for space in await self._context.storage.spaces(collection=HISTORY):
            await self._prune(self._context.storage.of(space))

    def drain(self) -> None:
        """Let askers go; their questions can still be answered after the next start."""
        self._draining = True
        self._docket.release(Unavailable("the hub is stopping; the question stays, ask again under the same key"))

    async def ask(self, caller: Principal, request: ApprovalRequest) -> Decision:
        """Return how a person decided. A question that nobody waits for any more is withdrawn."""
        if self._draining:
            raise Unavailable("the hub is stopping; ask again under the same key when it has started")
        storage = self._context.storage.of(caller.space)
        self._tidy(storage)
        async with self._asking:
            asking = asyncio.ensure_future(self._ask(storage, caller, request))
            try:
                asked = await asyncio.shield(asking)
            except asyncio.CancelledError:
                self._leave(storage, await asking)
                raise
        if isinstance(asked, ClosedQuestion):
            return _decision(asked)
        try:
            await self._docket.wait(asked.id)
        except asyncio.CancelledError:
            self._leave(storage, asked)
            raise
        return _decision(await self._take(storage, asked.id))

    def count(self, space: str) -> int:
        """Return how many questions of a space wait."""
        return self._docket.count(space)

    async def answer(self, caller: Principal, given: AnswerApproval) -> ClosedQuestion:
        """Close a question with a person's answer; `AlreadyAnswered` if somebody was faster."""
        storage = self._context.storage.of(caller.space)
        found, revision = await find_question(storage, given.approval_id)
        _check(found, given)
        permission = self._permission(caller, found, given)
        closed = self._closed(
            found,
            "rejected" if given.answer == "reject" else "allowed",
            answer=given.answer,
            answered_by=caller.client,
            message=given.message or None,
            rule=permission.id if permission else None,
            taken=False,
        )
        try:
            await self._store(storage, closed, revision, permission)
        except Conflict:
            faster, _ = await find_question(storage, given.approval_id)
            raise _already(faster) from None
        return closed

    async def answer_all(
        self, caller: Principal, given: Sequence[AnswerApproval]
    ) -> list[tuple[str, AtriumError | None]]:
        """Answer several questions, each by itself; return what was wrong with each, None where nothing was."""
        results: list[tuple[str, AtriumError | None]] = []
        for one in given:
            try:
                await self.answer(caller, one)
            except AtriumError as error:
                results.append((one.approval_id, error))
            else:
                results.append((one.approval_id, None))
        return results

    async def _ask(
        self, storage: SpaceStorage, caller: Principal, request: ApprovalRequest
    ) -> OpenQuestion | ClosedQuestion:
        """Return the question of this key: the one that waits, its answer that nobody has taken, or a new one.

        Under a key that is used again for another act nobody gets the answer that was meant for the first.
        """
        known = self._docket.known(storage.space, request.key)
        if known is not None:
            waiting, _ = await find_question(storage, known)
            if waiting.digest == request.act.digest():
                return waiting
            await self._end(storage, known, "withdrawn", taken=not self._docket.is_awaited(known))
            return await self._new(storage, caller, request)
        before = await untaken(storage, request.key)
        if before is not None:
            return await self._take_earlier(storage, caller, request, before)
        return await self._new(storage, caller, request)

    async def _take_earlier(
        self, storage: SpaceStorage, caller: Principal, request: ApprovalRequest, before: ClosedQuestion
    ) -> OpenQuestion | ClosedQuestion:
        new = self._question(caller, request)
        taken = await self._take(storage, before.id)
        is_fresh = seconds_of(before.closed_at or before.expires_at) + self._config.seconds(before.risk) > self._now()
        if new.digest == before.digest and is_fresh:
            return taken
        return await self._new(storage, caller, request)

    async def _new(self, storage: SpaceStorage, caller: Principal, request: ApprovalRequest) -> OpenQuestion:
        new = self._question(caller, request)
        rule = await self._rule(storage, request)
        if rule is not None:
            closed = self._closed(new, "allowed", rule=rule, taken=True)
            await storage.set(closed.id, as_json(closed), collection=HISTORY)
            return closed
        # A turn that was cut short and is tried again asks under new names: nobody will take the old answers.
        for stale in self._docket.left_behind(storage.space, new) if new.session_id and new.turn_id else ():
            await self._end(storage, stale, "withdrawn", taken=True)
        if self._docket.count(storage.space) >= self._config.max_pending:
            raise TooManyRequests(f"{self._config.max_pending} questions wait already: answer some of them first")
        if self._docket.size(storage.space) >= MAX_WAITING_BYTES:
            raise TooManyRequests("the questions that wait are very large together: answer some of them first")
        await storage.set(new.id, as_json(new))
        crash_point("approvals.asked")
        self._docket.enter(storage.space, new, self._config.seconds(new.risk))
        self._context.events.emit(ApprovalRequested(**_about(storage.space, new)))
        return new

    def _leave(self, storage: SpaceStorage, asked: OpenQuestion) -> None:
        """Withdraw a question that nobody waits for any more."""
        if not self._draining and not isinstance(asked, ClosedQuestion) and not self._docket.is_awaited(asked.id):
            ending = self._surely_end(storage, asked.id, "withdrawn", True)
            _ = self._context.spawn(ending, f"withdraw approval {asked.id}")

    async def _rule(self, storage: SpaceStorage, request: ApprovalRequest) -> str | None:
        if request.risk == "low" and not self._config.ask_low:
            return LOW_RISK
        permission = await permissions.covering(storage, request)
        return permission.id if permission else None

    def _question(self, caller: Principal, request: ApprovalRequest) -> OpenQuestion:
        seconds = self._config.seconds(request.risk)
        return question(caller, request, Asking(self._context.new_id(), self._now(), seconds))

    def _permission(self, caller: Principal, found: OpenQuestion, given: AnswerApproval) -> Permission | None:
        if given.answer == "allow_always":
            return permissions.always(self._context, caller, found)
        if given.answer == "allow_session":
            return permissions.for_session(self._context, caller, found, given.pattern)
        return None

    def _tidy(self, storage: SpaceStorage) -> None:
        """Forget what is too old, once a day: a hub may run for years, and each act of low risk is noted."""
        if self._tidied.get(storage.space) != self._today():
            _ = self._context.spawn(self._prune(storage), "forget old approvals")

    async def _prune(self, storage: SpaceStorage) -> None:
        self._tidied[storage.space] = self._today()
        await prune(storage, self._now() - self._config.history_days * DAY_SECONDS)

    async def _restore(self, storage: SpaceStorage, key: str) -> None:
        found = OpenQuestion.model_validate(await storage.get(key))
        # A clock that was set while the hub was away makes it at most as long as it was at first.
        left = min(seconds_of(found.expires_at) - self._now(), self._config.seconds(found.risk))
        self._docket.enter(storage.space, found, max(0.0, left))

    def _ran_out(self, space: str, approval_id: str) -> None:
        _ = self._context.spawn(self._expire(space, approval_id), f"expire approval {approval_id}")

    async def _expire(self, space: str, approval_id: str) -> None:
        awaited = self._docket.is_awaited(approval_id)
        await self._surely_end(self._context.storage.of(space), approval_id, "expired", not awaited)

    async def _surely_end(self, storage: SpaceStorage, approval_id: str, status: ApprovalStatus, taken: bool) -> None:
        """Close a question though the disk may be full for now: until it is closed, its asker waits."""
        delay = FIRST_DELAY
        while True:
            try:
                await self._end(storage, approval_id, status, taken=taken)
            except StorageFailed as error:
                log.warning("approval could not be closed: %s", error, extra={"approval": approval_id})
            else:
                return
            await self._context.clock.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    async def _end(self, storage: SpaceStorage, approval_id: str, status: ApprovalStatus, *, taken: bool) -> None:
        """Close a question without an answer, unless somebody has answered it meanwhile."""
        try:
            found, revision = await find_question(storage, approval_id)
            if not isinstance(found, ClosedQuestion):
                await self._store(storage, self._closed(found, status, taken=taken), revision, None)
        except (Conflict, NotFound):
            log.debug("approval was closed meanwhile", extra={"approval": approval_id})

    def _closed(
        self, found: OpenQuestion, status: ApprovalStatus, *, taken: bool, answer: Answer | None = None, **more: Any
    ) -> ClosedQuestion:
        changes = {"status": status, "closed_at": timestamp(self._now()), "answer": answer, "taken": taken, **more}
        return ClosedQuestion.model_validate({**found.model_dump(), **changes})

    async def _store(
        self, storage: SpaceStorage, closed: ClosedQuestion, revision: int, permission: Permission | None
    ) -> None:
        async with storage.batch() as batch:
            batch.require(closed.id, revision)
            batch.delete(closed.id)
            batch.set(closed.id, as_json(closed), collection=HISTORY)
            if permission is not None:
                batch.set(permission.id, as_json(permission), collection=PERMISSIONS)
            # Whoever has answered may be gone by then: the asker hears of it all the same.
            batch.after(partial(self._closing, storage.space, closed))

    def _closing(self, space: str, closed: ClosedQuestion) -> None:
        crash_point("approvals.closed")
        self._docket.close(closed.id)
        about = _about(space, closed)
        self._context.events.emit(ApprovalClosed(**about, status=closed.status, answered_by=closed.answered_by))

    async def _take(self, storage: SpaceStorage, approval_id: str) -> ClosedQuestion:
        """Note that the asker has the answer, which nobody gets a second time."""
        found, revision = await find_question(storage, approval_id)
        if not isinstance(found, ClosedQuestion) or found.taken:
            raise AlreadyAnswered("another asker has taken the answer: ask again under another key")
        taken = found.model_copy(update={"taken": True})
        async with storage.batch() as batch:
            batch.require(approval_id, revision, collection=HISTORY)
            batch.set(approval_id, as_json(taken), collection=HISTORY)
        crash_point("approvals.taken")
        return taken

    def _now(self) -> float:
        return self._context.clock.now()

    def _today(self) -> int:
        return int(self._now() // DAY_SECONDS)


def _check(found: OpenQuestion, given: AnswerApproval) -> None:
    if isinstance(found, ClosedQuestion):
        raise _already(found)
    if given.digest is not None and given.digest != found.digest:
        raise ActChanged("what would run is not what the answer was meant for: read it again")
    if given.answer not in found.options:
        raise invalid("answer", f"give one of {', '.join(found.options)}")
    if given.message is not None and len(given.message) > MAX_MESSAGE:
        raise invalid("message", f"must be at most {MAX_MESSAGE} characters long, not {len(given.message)}")


def _already(found: OpenQuestion) -> AlreadyAnswered:
    who = f" by {found.answered_by}" if found.answered_by else ""
    return AlreadyAnswered(f"it was {found.status}{who} at {found.closed_at}; this answer changed nothing")


def _decision(closed: ClosedQuestion) -> Decision:
    return Decision(
        approval_id=closed.id,
        allowed=closed.status == "allowed",
        digest=closed.digest,
        status=closed.status,
        answer=closed.answer,
        message=closed.message,
        rule=closed.rule,
    )


def _about(space: str, found: OpenQuestion) -> dict[str, Any]:
    return {
        "space": space,
        "approval_id": found.id,
        "title": found.title,
        "risk": found.risk,
        "session_id": found.session_id,
    }
