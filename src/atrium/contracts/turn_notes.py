"""What is said beside the answer of a turn: entries of a session's stream."""

from __future__ import annotations

from typing import ClassVar

from atrium.contracts.events import Event
from atrium.contracts.phrases import Phrase


class UsageReported(Event):
    """What a turn used; `cost` in US dollars, `cached_tokens` the part of `input_tokens` the vendor still had."""

    type: ClassVar[str] = "sessions.usage.reported.v1"

    turn_id: str
    input_tokens: int
    output_tokens: int
    cost: float | None = None
    cached_tokens: int | None = None
    model: str | None = None


class NoteAdded(Event):
    """Something to know of how a turn runs, such as that the model was not sent the whole conversation."""

    type: ClassVar[str] = "sessions.note.added.v1"

    turn_id: str
    content: str
    phrases: dict[str, Phrase] | None = None
