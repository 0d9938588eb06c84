"""What the hub was asked and what it acknowledged, kept where no kill of the hub can reach it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sent:
    """A message under its token; `answer` is the acknowledgement, None while nobody knows whether it arrived."""

    content: str
    answer: dict[str, Any] | None = None
    attachments: tuple[str, ...] = ()


@dataclass(slots=True)
class Story:
    """All that was asked of one session. `titles`: each rename with whether it was acknowledged, in order."""

    id: str
    sent: dict[str, Sent] = field(default_factory=dict)
    titles: list[tuple[str, bool]] = field(default_factory=list)
    endings: dict[str, str] = field(default_factory=dict)
    deletion: str = ""
    touched: bool = True
    revision: int = 0

    @property
    def open(self) -> bool:
        """Tell whether it may still be used: nobody has asked to delete it."""
        return not self.deletion

    def unknown(self) -> list[str]:
        """Return the tokens of messages whose outcome nobody knows."""
        return [token for token, sent in self.sent.items() if sent.answer is None]


@dataclass(slots=True)
class Ledger:
    """All sessions, and the creations under way: their idempotency keys."""

    stories: dict[str, Story] = field(default_factory=dict)
    creations: dict[str, str | None] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def usable(self, most: int) -> list[Story]:
        """Return the sessions that take more messages."""
        return [story for story in self.stories.values() if story.open and len(story.sent) < most]

    def created(self, key: str, session_id: str) -> Story:
        """Note an acknowledged creation."""
        self.creations[key] = session_id
        return self.stories.setdefault(session_id, Story(session_id))

    def accepted(self, story: Story, token: str, answer: dict[str, Any]) -> None:
        """Note an acknowledged message: the same token must get the same answer for ever."""
        sent = story.sent[token]
        if sent.answer is not None and sent.answer != answer:
            self.wrong.append(f"{story.id}: token {token} was answered {sent.answer}, then {answer}")
        sent.answer = answer

    @property
    def acknowledged(self) -> int:
        """Return how many messages were acknowledged."""
        return sum(sent.answer is not None for story in self.stories.values() for sent in story.sent.values())
