"""A conversation that is too long for the provider it goes to: what is decided about it, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atrium.sdk.providers import ChatMessage


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a conversation, oldest first, and the summary it has, which covers the first `covered` of it.

    A summary may cover nothing of it: all that it was written of is no longer held.
    """

    messages: Sequence[ChatMessage]
    summary: ChatMessage | None = None
    covered: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a provider is to be given a conversation: whether with the summary there is, or with a new one.

    A new one is of the first `cut` messages (None: none is needed), written by `writer` (None: nobody can) in at most
    `room` characters. It `extends` the one there is, or is written from the messages alone.
    """

    uses_summary: bool = False
    cut: int | None = None
    extends: bool = False
    writer: str | None = None
    room: int = 0


@dataclass(frozen=True, slots=True)
class Summarising:
    """A provider begins to summarise one of the parts of a conversation; `part` counts from 1."""

    provider_id: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a provider wrote of a conversation; the first `left_out` messages were too far back to be read."""

    provider_id: str
    content: str
    left_out: int = 0
