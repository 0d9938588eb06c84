"""What is stored of a conversation that was too long for a provider: its older part, summarised once."""

from __future__ import annotations

from typing import ClassVar

from atrium.contracts.events import Event


class ConversationSummarising(Event):
    """A provider begins to summarise what its turn's provider cannot read; `part` of `parts`, from 1."""

    type: ClassVar[str] = "sessions.conversation.summarising.v1"

    turn_id: str
    provider_id: str
    part: int
    parts: int


class ConversationSummarised(Event):
    """The older part of the conversation was summarised by a provider, for another (or itself) that cannot read it all.

    The summary, `content`, stands for the `messages` up to the entry `through` and their answers; `left_out` of them,
    the first, were too far back to be read for it. It is what a model wrote, and stays as it is.
    """

    type: ClassVar[str] = "sessions.conversation.summarised.v1"

    turn_id: str
    provider_id: str
    reader_id: str
    messages: int
    left_out: int = 0
    through: str
    content: str
