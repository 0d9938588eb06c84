"""The docket: questions that wait, whoever waits for their answers, and the time they have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from atrium.contracts.approvals import ApprovalExpiring
from atrium.plugins.approvals.documents import ClosedQuestion, OpenQuestion, as_json, seconds_of
from atrium.sdk import Context


@dataclass(slots=True, eq=False)
class Waiting:
    """A question that waits: in whose space, and the askers who wait with it."""

    space: str
    question: OpenQuestion
    size: int
    clock: asyncio.Task[None] | None = None
    askers: set[asyncio.Future[None]] = field(default_factory=set)


class Docket:
    """What of open questions is in memory. The documents are the truth; this only wakes people up."""

    def __init__(self, context: Context, warning_seconds: float, expire: Callable[[str, str], None]) -> None:
        self._context = context
        self._warning = warning_seconds
        self._expire = expire
        self._waiting: dict[str, Waiting] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def enter(self, space: str, question: OpenQuestion, seconds: float) -> None:
        """Give a stored question its time; how long it has is counted by a clock that nobody can set."""
        waiting = Waiting(space, question, len(orjson.dumps(as_json(question))))
        self._waiting[question.id] = waiting
        self._keys[space, question.key] = question.id
        waiting.clock = self._context.spawn(self._run_down(waiting, seconds), f"time of approval {question.id}")

    def known(self, space: str, key: str) -> str | None:
        """Return the id of the question that an asker has under this key."""
        return self._keys.get((space, key))

    def count(self, space: str) -> int:
        """Return how many questions wait in a space."""
        return sum(waiting.space == space for waiting in self._waiting.values())

    def size(self, space: str) -> int:
        """Return how many bytes the questions that wait in a space are, as they are shown."""
        return sum(waiting.size for waiting in self._waiting.values() if waiting.space == space)

    async def wait(self, approval_id: str) -> None:
        """Return once the question is closed."""
        waiting = self._waiting.get(approval_id)
        if waiting is None:
            return
        asker = asyncio.get_running_loop().create_future()
        waiting.askers.add(asker)
        try:
            await asker
        finally:
            waiting.askers.discard(asker)

    def is_awaited(self, approval_id: str) -> bool:
        """Tell whether an asker waits for the answer."""
        waiting = self._waiting.get(approval_id)
        return waiting is not None and bool(waiting.askers)

    def left_behind(self, space: str, question: OpenQuestion) -> list[str]:
        """Return the questions of earlier turns of a question's session that nobody waits for any more."""
        return [
            one.question.id
            for one in self._waiting.values()
            if one.space == space
            and one.question.session_id == question.session_id
            and one.question.turn_id != question.turn_id
            and not one.askers
        ]

    def close(self, approval_id: str) -> None:
        """Forget a question that is closed and wake its askers."""
        waiting = self._waiting.pop(approval_id, None)
        if waiting is None:
            return
        key = (waiting.space, waiting.question.key)
        if self._keys.get(key) == approval_id:
            del self._keys[key]
        if waiting.clock is not None and waiting.clock is not asyncio.current_task():
            waiting.clock.cancel()
        for asker in waiting.askers:
            if not asker.done():
                asker.set_result(None)

    def release(self, error: Exception) -> None:
        """Let all askers go with an error; the questions stay where they are stored."""
        for waiting in self._waiting.values():
            for asker in waiting.askers:
                if not asker.done():
                    asker.set_exception(error)

    async def _run_down(self, waiting: Waiting, seconds: float) -> None:
        first = max(0.0, seconds - self._warning)
        await self._context.clock.sleep(first)
        question = waiting.question
        self._context.events.emit(
            ApprovalExpiring(
                space=waiting.space,
                approval_id=question.id,
                title=question.title,
                risk=question.risk,
                session_id=question.session_id,
                stream=f"sessions/{question.session_id}" if question.session_id else "",
                seconds=seconds - first,
            )
        )
        await self._context.clock.sleep(seconds - first)
        self._expire(waiting.space, question.id)


def seconds_to_answer(closed: ClosedQuestion) -> float | None:
    """Return how long a person took, None if no person answered."""
    if closed.closed_at is None or closed.answered_by is None:
        return None
    return max(0.0, seconds_of(closed.closed_at) - seconds_of(closed.created_at))
