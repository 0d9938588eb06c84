"""How a turn ends: one change that stores its answer, its end, and what the session is busy with afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from atrium.contracts.problems import Problem
from atrium.contracts.sessions import TurnCancelled, TurnCompleted, TurnEnded, TurnFailed, TurnInterrupted
from atrium.plugins.sessions.answer import Answer, Ending
from atrium.plugins.sessions.documents import TurnRecord
from atrium.plugins.sessions.ledger import Change
from atrium.plugins.sessions.marks import another_unread

_ENTRIES: dict[Ending, type[TurnEnded]] = {
    "completed": TurnCompleted,
    "failed": TurnFailed,
    "cancelled": TurnCancelled,
    "interrupted": TurnInterrupted,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended, why it failed, and how long it took (None if that is not known)."""

    ending: Ending
    problem: Problem | None = None
    duration_ms: int | None = None


def end_turn(change: Change, turn: TurnRecord, answer: Answer, outcome: Outcome, now: float) -> None:
    """Store the end of a turn that has started. `now` is monotonic seconds."""
    ending = outcome.ending
    leaves_message = answer.has_message(ending)
    ended = turn.model_copy(update={"status": ending})
    change.put_turn(ended)
    change.touch()
    if leaves_message:
        change.happen(message_count=change.activity.message_count + 1)
        another_unread(change)
    change.occupy(ended if ending == "interrupted" else None)
    end = _ENTRIES[ending](turn_id=turn.id, duration_ms=outcome.duration_ms, problem=outcome.problem)
    trims = [answer.message_id] if answer.text or answer.thinking else []
    change.append(*answer.ended(ending, now), end, trims=trims)
    change.finished(turn, ending, answer.message_id if leaves_message else None)
