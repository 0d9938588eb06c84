"""A conversation in the order in which it happened: questions, thinking, tool calls, answers, and how turns ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from atrium.app.text import with_images
from atrium.client import Conversation, ConversationMessage, Entry, Text, Tool, Turn

Kind = Literal["question", "thinking", "tool", "answer", "ending", "switch"]

_OF_MESSAGES: dict[str, Kind] = {
    "sessions.message.delta.v1": "answer",
    "sessions.message.completed.v1": "answer",
}
_OF_TURNS: dict[str, Kind] = {
    "sessions.thinking.delta.v1": "thinking",
    "sessions.thinking.completed.v1": "thinking",
    "sessions.turn.failed.v1": "ending",
    "sessions.turn.cancelled.v1": "ending",
    "sessions.turn.interrupted.v1": "ending",
}
_BUSY = frozenset({"queued", "running"})
_REPEATABLE = frozenset({"failed", "cancelled", "interrupted"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a conversation; `of` is the id of its message, tool call or turn, or the offset of its entry."""

    kind: Kind
    of: str
    turn_id: str


class Timeline:
    """Items in the order of their first entries, folded from a session's entries from any point on.

    A question stands where its turn began: until then it is in the queue.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.conversation = Conversation()
        self.items: list[Item] = []
        self._places: dict[Item, int] = {}
        self._questions: dict[str, Item] = {}
        for entry in entries:
            self.apply(entry)

    @property
    def cursor(self) -> int:
        """Return the offset of the last entry taken."""
        return self.conversation.cursor

    def apply(self, entry: Entry) -> list[Item]:
        """Take the next entry and return the items that are new or changed."""
        if entry.offset <= self.cursor:
            return []
        self.conversation.apply(entry)
        return [self._kept(item) for item in self._touched(entry)]

    def place(self, item: Item) -> int:
        """Return an item's index."""
        return self._places[item]

    def message(self, item: Item) -> ConversationMessage:
        """Return the message of a question or an answer."""
        found = self.conversation.message(item.of)
        assert found is not None
        return found

    def thinking(self, item: Item) -> Text:
        """Return a turn's thinking."""
        return self.conversation.turns[item.turn_id].thinking

    def tool(self, item: Item) -> Tool:
        """Return a tool call."""
        return self.conversation.turns[item.turn_id].tools[item.of]

    def turn(self, item: Item) -> Turn:
        """Return the turn that an item belongs to."""
        return self.conversation.turns[item.turn_id]

    def change(self, item: Item) -> Mapping[str, Any]:
        """Return what was said of a change of the provider."""
        return self.conversation.provider_changes[int(item.of)]

    @property
    def queue(self) -> list[str]:
        """Return the questions that wait for their turn, the next one first."""
        turns = self.conversation.turns
        waiting = [item for turn_id, item in self._questions.items() if turns[turn_id].status == "queued"]
        return [with_images(self.message(item).content, self.message(item).attachments) for item in waiting]

    @property
    def running(self) -> Turn | None:
        """Return the turn that runs."""
        return next((turn for turn in reversed(self.conversation.turns.values()) if turn.status == "running"), None)

    @property
    def repeatable(self) -> Turn | None:
        """Return the last turn that ended, if it ended badly."""
        ended = (turn for turn in reversed(self.conversation.turns.values()) if turn.status not in _BUSY)
        last = next(ended, None)
        return last if last is not None and last.status in _REPEATABLE else None

    def _kept(self, item: Item) -> Item:
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return item

    def _touched(self, entry: Entry) -> Iterator[Item]:
        turn_id = str(entry.data.get("turnId", ""))
        if entry.type == "sessions.message.added.v1":
            self._questions[turn_id] = Item("question", str(entry.data["messageId"]), turn_id)
        elif (kind := _OF_MESSAGES.get(entry.type)) is not None:
            yield Item(kind, str(entry.data["messageId"]), turn_id)
        elif entry.type == "sessions.provider.changed.v1":
            yield Item("switch", str(entry.offset), turn_id)
        elif entry.type.startswith("sessions.tool."):
            yield Item("tool", str(entry.data["toolCallId"]), turn_id)
        elif entry.type.startswith("sessions.turn.") and turn_id in self._questions:
            yield self._questions[turn_id]
        if (kind := _OF_TURNS.get(entry.type)) is not None:
            yield Item(kind, turn_id, turn_id)
