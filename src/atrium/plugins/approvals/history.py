"""Closed questions: listed, counted, and forgotten after their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from statistics import quantiles

from atrium.contracts.approvals import ApprovalStatistics
from atrium.plugins.approvals.docket import seconds_to_answer
from atrium.plugins.approvals.documents import HISTORY, PAGE, ClosedQuestion
from atrium.sdk import SpaceStorage
from atrium.sdk.clock import timestamp


async def page_of_history(
    storage: SpaceStorage, session_id: str | None, limit: int, cursor: str | None
) -> tuple[list[ClosedQuestion], str | None]:
    """Return a page of closed questions, the last one first, and the cursor of the page after it."""
    where = {"sessionId": session_id} if session_id is not None else None
    page = await storage.query(where, "-closedAt", limit, cursor, collection=HISTORY)
    return [ClosedQuestion.model_validate(document.value) for document in page.documents], page.next


async def untaken(storage: SpaceStorage, key: str) -> ClosedQuestion | None:
    """Return the question of this key whose answer nobody has taken, if there is one."""
    page = await storage.query({"taken": False}, "-closedAt", PAGE, collection=HISTORY)
    for document in page.documents:
        closed = ClosedQuestion.model_validate(document.value)
        if closed.key == key:
            return closed
    return None


async def statistics(storage: SpaceStorage, pending: int, days: int, now: float) -> ApprovalStatistics:
    """Count how the questions of the last days ended."""
    ended: Counter[str] = Counter()
    by_rule = 0
    seconds: list[float] = []
    async for closed in _since(storage, timestamp(now - days * 86_400)):
        ended[closed.status] += 1
        by_rule += closed.answered_by is None and closed.status == "allowed"
        took = seconds_to_answer(closed)
        if took is not None:
            seconds.append(took)
    deciles = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds * 9
    return ApprovalStatistics(
        days=days,
        pending=pending,
        allowed=ended["allowed"],
        rejected=ended["rejected"],
        expired=ended["expired"],
        withdrawn=ended["withdrawn"],
        by_rule=by_rule,
        median_seconds=deciles[4] if deciles else None,
        p90_seconds=deciles[8] if deciles else None,
    )


async def prune(storage: SpaceStorage, before: float) -> None:
    """Forget questions that were closed before a time, in seconds since 1970."""
    limit = timestamp(before)
    while True:
        page = await storage.query(None, "closedAt", PAGE, collection=HISTORY)
        old = [document.key for document in page.documents if document.value["closedAt"] < limit]
        async with storage.batch() as batch:
            for key in old:
                batch.delete(key, collection=HISTORY)
        if len(old) < PAGE:
            return


async def _since(storage: SpaceStorage, first: str) -> AsyncIterator[ClosedQuestion]:
    after: str | None = None
    while True:
        page = await storage.query(None, "-closedAt", PAGE, after, collection=HISTORY)
        for document in page.documents:
            if document.value["closedAt"] < first:
                return
            yield ClosedQuestion.model_validate(document.value)
        after = page.next
        if after is None:
            return
