"""Approvals: questions to a person that block an act until they are answered, on whichever screen."""

from __future__ import annotations

from typing import Any

from atrium.contracts.approvals import (
    Answer,
    AnswerApproval,
    ApprovalClosed,
    ApprovalExpiring,
    ApprovalRequest,
    ApprovalRequested,
    ApprovalStatistics,
    Decision,
)
from atrium.plugins.approvals import history, permissions
from atrium.plugins.approvals.config import ApprovalsConfig
from atrium.plugins.approvals.desk import Desk
from atrium.plugins.approvals.documents import INDEXES, TOPICS, as_wire, find_question
from atrium.sdk import AtriumError, Manifest, Plugin, Principal, Resource, Unavailable, frame, route, service
from atrium.sdk.inputs import invalid, parse
from atrium.sdk.phrases import phrase

MAX_ANSWERS = 100
MAX_PAGE = 500
MAX_DAYS = 3_650


class Approvals(Plugin[ApprovalsConfig]):
    """Owns the `approvals.*` services and the `approvals` topics."""

    manifest = Manifest(
        name="approvals",
        version="1.0.0",
        description=phrase("plugins.approvals", "Questions to a person that block an act"),
        emits=(ApprovalRequested, ApprovalExpiring, ApprovalClosed),
    )
    topics = TOPICS
    indexes = INDEXES

    _desk: Desk | None = None

    async def start(self) -> None:
        """Take up the questions that were open at the last stop."""
        expiring = ApprovalExpiring.type
        self.context.extensions.contribute("gateway.push", None, event_type=expiring, frame="workflow:event")
        self._desk = Desk(self.context, self.config)
        await self._desk.open()

    async def drain(self) -> None:
        """Let askers go: people may take longer than a stop."""
        if self._desk is not None:
            self._desk.drain()

    async def stop(self) -> None:
        """Forget what is in memory; the questions stay stored."""
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.drain()

    @property
    def desk(self) -> Desk:
        """Return what lives from start to stop."""
        if self._desk is None:
            raise Unavailable("approvals are stopped; try again when the hub has started them")
        return self._desk

    @service("approvals.request")
    async def request(self, caller: Principal, request: ApprovalRequest) -> Decision:
        """Ask the caller's person and wait for the answer; never allowed by the passing of time.

        The same `key` is the same question: after a restart, ask again under it, and an answer given meanwhile is
        there. Cancelling the call withdraws the question. Compare the decision's `digest` with what is about to run.
        """
        return await self.desk.ask(caller, request)

    @route("GET", "/approvals")
    @service("approvals.list")
    async def list_open(self, caller: Principal) -> Resource:
        """List the questions that wait for an answer, the oldest first."""
        snapshot = await self.storage.of(caller.space).snapshot("approvals")
        return Resource(snapshot.revision, snapshot.data)

    @route("GET", "/approvals/history")
    @service("approvals.history")
    async def list_closed(
        self, caller: Principal, session_id: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> dict[str, Any]:
        """List closed questions, the last one first; `limit` is 1 to 500."""
        if not 1 <= limit <= MAX_PAGE:
            raise invalid("limit", f"give a number from 1 to {MAX_PAGE}")
        closed, following = await history.page_of_history(self.storage.of(caller.space), session_id, limit, cursor)
        return {"data": list(map(as_wire, closed)), "nextCursor": following}

    @route("GET", "/approvals/statistics")
    @service("approvals.statistics")
    async def statistics(self, caller: Principal, days: int = 30) -> ApprovalStatistics:
        """Count how the questions of the last days ended, and how long people took to answer."""
        if not 1 <= days <= MAX_DAYS:
            raise invalid("days", f"give a number from 1 to {MAX_DAYS}")
        storage = self.storage.of(caller.space)
        return await history.statistics(storage, self.desk.count(caller.space), days, self.context.clock.now())

    @route("GET", "/approvals/permissions")
    @service("approvals.permissions")
    async def list_permissions(self, caller: Principal) -> Resource:
        """List what is allowed without asking again."""
        snapshot = await self.storage.of(caller.space).snapshot("approvals/permissions")
        return Resource(snapshot.revision, snapshot.data)

    @route("DELETE", "/approvals/permissions/{permission_id}", status=204)
    @service("approvals.take_back")
    async def take_back(self, caller: Principal, permission_id: str) -> None:
        """Ask again about what a permission allowed."""
        await permissions.take_back(self.storage.of(caller.space), permission_id)

    @route("POST", "/approvals/answers")
    @service("approvals.answer_all")
    async def answer_all(self, caller: Principal, answers: list[AnswerApproval]) -> dict[str, Any]:
        """Answer up to 100 questions, each by itself; `error` tells what was wrong with one."""
        if not 1 <= len(answers) <= MAX_ANSWERS:
            raise invalid("answers", f"give 1 to {MAX_ANSWERS} answers")
        return {"data": [_result(*result) for result in await self.desk.answer_all(caller, answers)]}

    @route("GET", "/approvals/{approval_id}")
    @service("approvals.get")
    async def get(self, caller: Principal, approval_id: str) -> dict[str, Any]:
        """Return a question, open or closed."""
        found, _ = await find_question(self.storage.of(caller.space), approval_id)
        return as_wire(found)

    @route("POST", "/approvals/{approval_id}/answer")
    @service("approvals.answer")
    async def answer(
        self,
        caller: Principal,
        approval_id: str,
        answer: Answer,
        message: str | None = None,
        digest: str | None = None,
        pattern: str | None = None,
    ) -> dict[str, Any]:
        """Answer a question; the first answer counts. With `digest`, only if it is still about that act.

        `allow_session` needs a `pattern`: the path, or the folder with `/**`, within which the tool may go on.
        """
        given = AnswerApproval(approval_id=approval_id, answer=answer, message=message, digest=digest, pattern=pattern)
        return as_wire(await self.desk.answer(caller, given))

    @frame("approval:answer")
    async def on_answer(self, caller: Principal, session_id: str | None, payload: object) -> dict[str, Any]:
        """Answer a question."""
        return as_wire(await self.desk.answer(caller, parse(AnswerApproval, payload)))


def _result(approval_id: str, error: AtriumError | None) -> dict[str, Any]:
    if error is None:
        return {"approvalId": approval_id, "answered": True}
    return {"approvalId": approval_id, "answered": False, "error": {"code": error.code, "detail": str(error)}}
