"""What a turn has produced so far, whether it is streamed now or folded from what was stored of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from atrium.contracts.events import Event
from atrium.contracts.sessions import (
    MessageCompleted,
    MessageDelta,
    ThinkingCompleted,
    ThinkingDelta,
    ToolCalled,
    ToolEvent,
    ToolFinished,
    ToolUpdated,
)
from atrium.contracts.turn_notes import NoteAdded, UsageReported
from atrium.plugins.sessions import outputs
from atrium.plugins.sessions.conversation import decode
from atrium.sdk import Entry, NewEntry
from atrium.sdk.phrases import phrases_of
from atrium.sdk.providers import Note, ToolCall, ToolResult, Usage

Ending = Literal["completed", "failed", "cancelled", "interrupted"]

_DELTAS = {MessageDelta.type: "text", ThinkingDelta.type: "thinking"}
_TOOL_ENTRIES = frozenset({ToolCalled.type, ToolUpdated.type, ToolFinished.type})
_OPEN_TOOLS_END_AS = {"completed": "completed", "failed": "failed", "cancelled": "cancelled", "interrupted": "failed"}


@dataclass(slots=True)
class OpenTool:
    """A tool call without a result; `since` is monotonic seconds, None if that is not known."""

    name: str
    since: float | None


@dataclass(slots=True)
class Answer:
    """The answer of one turn: its text and thinking in pieces, tool calls that are open, what it used."""

    message_id: str
    turn_id: str
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    characters: int = 0
    tools: dict[str, OpenTool] = field(default_factory=dict)
    usage: UsageReported | None = None
    has_called: bool = False

    @property
    def has_begun(self) -> bool:
        """Tell whether there is any of the answer yet."""
        return self.characters > 0 or self.has_called

    def delta(self, content: str, *, thinking: bool) -> NewEntry:
        """Take in a piece of text and return the hint that shows it."""
        pieces = self.thinking if thinking else self.text
        data = {
            "messageId": self.message_id,
            "turnId": self.turn_id,
            "index": len(pieces),
            "role": "assistant",
            "content": content,
        }
        pieces.append(content)
        self.characters += len(content)
        return NewEntry(ThinkingDelta.type if thinking else MessageDelta.type, data)

    def called(self, call: ToolCall, now: float) -> ToolEvent:
        """Take in a tool call and return its entry: an id that is known already is an update."""
        tool_id, name = outputs.text(call.id), outputs.text(call.name)
        self.has_called = True
        kind = ToolUpdated if tool_id in self.tools else ToolCalled
        entry = kind(
            tool_call_id=tool_id,
            turn_id=self.turn_id,
            name=name,
            arguments=outputs.arguments(call.arguments),
            status=outputs.text(call.status),
        )
        self.tools.setdefault(tool_id, OpenTool(name, now)).name = name
        return entry

    def returned(self, result: ToolResult, now: float) -> list[ToolEvent]:
        """Take in a tool's result and return its entries: a call nobody announced is announced first."""
        entries: list[ToolEvent] = []
        tool_id = outputs.text(result.id)
        if tool_id not in self.tools:
            entries.append(self.called(ToolCall(result.id, result.name), now))
        tool, output = self.tools[tool_id], outputs.text(result.output)
        entries.append(self._finished(tool_id, tool.name, result.status, tool.since, now, output))
        del self.tools[tool_id]
        return entries

    def noted(self, note: Note) -> NoteAdded:
        """Return the entry of something to know of the turn."""
        phrases = phrases_of({"content": note.content}) or None
        return NoteAdded(turn_id=self.turn_id, content=outputs.text(note.content), phrases=phrases)

    def used(self, usage: Usage) -> None:
        """Take in what the turn has used so far."""
        self.usage = UsageReported(
            turn_id=self.turn_id,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=outputs.number(usage.cost),
            cached_tokens=usage.cached_tokens or None,
            model=None if usage.model is None else outputs.text(usage.model),
        )

    def ended(self, ending: Ending, now: float) -> Iterator[Event]:
        """Yield the entries that say all of this for good, tool calls that are still open ended with the turn."""
        for tool_id, tool in self.tools.items():
            yield self._finished(tool_id, tool.name, _OPEN_TOOLS_END_AS[ending], tool.since, now, None)
        if self.thinking:
            content = "".join(self.thinking)
            yield ThinkingCompleted(message_id=self.message_id, turn_id=self.turn_id, content=content)
        if self.has_message(ending):
            yield MessageCompleted(message_id=self.message_id, turn_id=self.turn_id, content="".join(self.text))
        if self.usage is not None:
            yield self.usage

    def has_message(self, ending: Ending) -> bool:
        """Tell whether the turn leaves a message: always when it completed, else if there is some text."""
        return ending == "completed" or bool(self.text)

    def fold(self, entry: Entry) -> None:
        """Take in a stored entry of this turn; those of others are ignored."""
        if entry.type in _DELTAS:
            data = decode(entry)["data"]
            if data["turnId"] == self.turn_id:
                (self.thinking if entry.type == ThinkingDelta.type else self.text).append(data["content"])
        elif entry.type in _TOOL_ENTRIES:
            self._fold_tool(entry.type, decode(entry)["data"])

    def _fold_tool(self, entry_type: str, data: dict[str, Any]) -> None:
        if data["turnId"] != self.turn_id:
            return
        if entry_type == ToolFinished.type:
            self.tools.pop(data["toolCallId"], None)
        else:
            self.tools[data["toolCallId"]] = OpenTool(data["name"], None)

    def _finished(
        self, tool_id: str, name: str, status: str, since: float | None, now: float, output: str | None
    ) -> ToolFinished:
        return ToolFinished(
            tool_call_id=tool_id,
            turn_id=self.turn_id,
            name=name,
            output=output,
            status=status,
            duration_ms=None if since is None else milliseconds(now - since),
        )


def milliseconds(seconds: float) -> int:
    """Return a duration as it is sent."""
    return max(0, round(seconds * 1000))
