"""A conversation as a fold: stream entries in, messages with their partial text out. No input or output of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from atrium.client.entries import Entry

_ENDINGS = {
    "sessions.turn.completed.v1": "completed",
    "sessions.turn.failed.v1": "failed",
    "sessions.turn.cancelled.v1": "cancelled",
    "sessions.turn.interrupted.v1": "interrupted",
}
_STEPS: Mapping[str, Literal["running", "done"]] = {"in_progress": "running", "completed": "done"}


@dataclass(slots=True)
class Text:
    """A text that arrives in pieces, in any part, and is replaced by the whole of it at the end."""

    complete: bool = False
    _known: str = ""
    _next: int = 0
    _apart: dict[int, str] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Return what is known of the text, in order."""
        if not self._apart:
            return self._known
        return self._known + "".join(self._apart[index] for index in sorted(self._apart))

    def add(self, index: int, piece: str) -> None:
        """Take a piece; one that is known, or comes after the end, changes nothing."""
        if self.complete or index < self._next:
            return
        if index > self._next:
            self._apart.setdefault(index, piece)
            return
        self._known += piece
        self._next += 1
        while self._next in self._apart:
            self._known += self._apart.pop(self._next)
            self._next += 1

    def finish(self, content: str) -> None:
        """Take the whole text."""
        self.complete, self._known = True, content
        self._apart.clear()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan."""

    words: str
    status: Literal["pending", "running", "done"]


@dataclass(slots=True)
class Tool:
    """A tool call as last reported."""

    id: str
    name: str
    status: str
    arguments: Mapping[str, Any] | None = None
    output: str | None = None
    duration_ms: int | None = None

    @property
    def plan(self) -> tuple[Step, ...] | None:
        """Return the steps of the plan that it sets; None if it sets none."""
        given = self.arguments or {}
        steps = next((given[key] for key in ("entries", "todos", "plan") if key in given), None)
        if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
            return None
        return tuple(map(_step, steps))


@dataclass(slots=True)
class Turn:
    """A message and everything it caused. `problem` is the problem document of a turn that failed.

    `notes` tell how it runs, such as that the model was not sent the whole conversation. `retrying` says why and when
    its provider is asked again, as long as it waits for that.
    """

    id: str
    status: str = "queued"
    problem: Mapping[str, Any] | None = None
    duration_ms: int | None = None
    thinking: Text = field(default_factory=Text)
    tools: dict[str, Tool] = field(default_factory=dict)
    usage: Mapping[str, Any] | None = None
    retrying: Mapping[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ConversationMessage:
    """One message; an assistant's grows until it is complete."""

    id: str
    role: Literal["user", "assistant"]
    turn_id: str
    created_at: str
    text: Text
    client_token: str | None = None
    by: str | None = None
    attachments: tuple[Mapping[str, Any], ...] = ()

    @property
    def content(self) -> str:
        """Return the text as far as it is known."""
        return self.text.content


class Conversation:
    """The state of one session's stream up to `cursor`. Applying an entry twice changes nothing."""

    def __init__(self) -> None:
        self.cursor = 0
        self.title: str | None = None
        self.tags: tuple[str, ...] = ()
        self.stopped = False
        self.deleted = False
        self.turns: dict[str, Turn] = {}
        self.provider_id: str | None = None
        self.provider_changes: dict[int, Mapping[str, Any]] = {}
        """What was said of each change of the provider, by the offset of its entry."""
        self._messages: dict[str, ConversationMessage] = {}
        self._folds: dict[str, Callable[[Entry], None]] = {
            "sessions.message.added.v1": self._message_added,
            "sessions.message.delta.v1": self._message_delta,
            "sessions.message.completed.v1": self._message_completed,
            "sessions.thinking.delta.v1": self._thinking_delta,
            "sessions.thinking.completed.v1": self._thinking_completed,
            "sessions.turn.started.v1": self._turn_started,
            "sessions.tool.called.v1": self._tool,
            "sessions.tool.updated.v1": self._tool,
            "sessions.tool.finished.v1": self._tool,
            "sessions.usage.reported.v1": self._usage,
            "sessions.note.added.v1": self._note,
            "sessions.session.renamed.v1": self._renamed,
            "sessions.session.tagged.v1": self._tagged,
            "sessions.session.stopped.v1": self._stopped,
            "sessions.session.deleted.v1": self._deleted,
            "sessions.provider.retrying.v1": self._provider_retrying,
            "sessions.provider.changed.v1": self._provider_changed,
            **dict.fromkeys(_ENDINGS, self._turn_ended),
        }

    @property
    def messages(self) -> list[ConversationMessage]:
        """Return the messages in the order of their first entries."""
        return list(self._messages.values())

    def message(self, message_id: str) -> ConversationMessage | None:
        """Return a message by its id."""
        return self._messages.get(message_id)

    @property
    def busy(self) -> Turn | None:
        """Return the turn that runs, or else the first that waits."""
        waiting = [turn for turn in self.turns.values() if turn.status in {"queued", "running"}]
        running = [turn for turn in waiting if turn.status == "running"]
        return next(iter(running or waiting), None)

    def apply(self, entry: Entry) -> None:
        """Take the next entry; entries at or before the cursor and types of a newer hub are passed over."""
        if entry.offset <= self.cursor:
            return
        self.cursor = entry.offset
        fold = self._folds.get(entry.type)
        if fold is not None:
            fold(entry)

    def apply_all(self, entries: Iterable[Entry]) -> Conversation:
        """Take entries in order and return the conversation."""
        for entry in entries:
            self.apply(entry)
        return self

    def _turn(self, entry: Entry) -> Turn:
        turn_id = str(entry.data["turnId"])
        return self.turns.setdefault(turn_id, Turn(turn_id))

    def _message_added(self, entry: Entry) -> None:
        data = entry.data
        text = Text()
        text.finish(str(data["content"]))
        message = ConversationMessage(
            str(data["messageId"]),
            "user",
            self._turn(entry).id,
            entry.time,
            text,
            data.get("clientToken"),
            data.get("by"),
            tuple(data.get("attachments", ())),
        )
        self._messages[message.id] = message

    def _answer(self, entry: Entry) -> ConversationMessage:
        message_id = str(entry.data["messageId"])
        known = self._messages.get(message_id)
        if known is None:
            known = ConversationMessage(message_id, "assistant", self._turn(entry).id, entry.time, Text())
            self._messages[message_id] = known
        return known

    def _message_delta(self, entry: Entry) -> None:
        self._turn(entry).retrying = None
        self._answer(entry).text.add(int(entry.data["index"]), str(entry.data["content"]))

    def _message_completed(self, entry: Entry) -> None:
        self._answer(entry).text.finish(str(entry.data["content"]))

    def _thinking_delta(self, entry: Entry) -> None:
        self._turn(entry).retrying = None
        self._turn(entry).thinking.add(int(entry.data["index"]), str(entry.data["content"]))

    def _thinking_completed(self, entry: Entry) -> None:
        self._turn(entry).thinking.finish(str(entry.data["content"]))

    def _turn_started(self, entry: Entry) -> None:
        turn = self._turn(entry)
        turn.status, turn.problem = "running", None

    def _provider_retrying(self, entry: Entry) -> None:
        self._turn(entry).retrying = entry.data

    def _provider_changed(self, entry: Entry) -> None:
        self.provider_id = str(entry.data["providerId"])
        self.provider_changes[entry.offset] = entry.data
        if "turnId" in entry.data:
            self._turn(entry).retrying = None

    def _turn_ended(self, entry: Entry) -> None:
        turn = self._turn(entry)
        turn.status, turn.retrying = _ENDINGS[entry.type], None
        turn.problem, turn.duration_ms = entry.data.get("problem"), entry.data.get("durationMs")

    def _tool(self, entry: Entry) -> None:
        data, turn = entry.data, self._turn(entry)
        turn.retrying = None
        tools = turn.tools
        tool = tools.setdefault(str(data["toolCallId"]), Tool(str(data["toolCallId"]), str(data["name"]), ""))
        tool.name, tool.status = str(data["name"]), str(data["status"])
        for name, key in (("arguments", "arguments"), ("output", "output"), ("duration_ms", "durationMs")):
            if key in data:
                setattr(tool, name, data[key])

    def _note(self, entry: Entry) -> None:
        self._turn(entry).notes.append(str(entry.data["content"]))

    def _usage(self, entry: Entry) -> None:
        self._turn(entry).usage = entry.data

    def _renamed(self, entry: Entry) -> None:
        self.title = str(entry.data["title"])

    def _tagged(self, entry: Entry) -> None:
        self.tags = tuple(entry.data["tags"])

    def _stopped(self, entry: Entry) -> None:
        self.stopped = True

    def _deleted(self, entry: Entry) -> None:
        self.deleted = True


def _step(step: Mapping[str, Any]) -> Step:
    words = next((str(step[key]) for key in ("content", "step", "title") if step.get(key)), "")
    return Step(words, _STEPS.get(str(step.get("status")), "pending"))
