"""The items of a conversation on the screen: one widget each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from atrium.app.text import plan_line, printable, shortened, with_images
from atrium.app.tui.prose import Prose
from atrium.app.tui.timeline import Item, Timeline
from atrium.app.tui.told import problem_told
from atrium.app.tui.words import Words, counted
from atrium.client import Tool

_SHOWN_OUTPUT = 20_000
"""How many characters of a tool's output are shown."""

_RUNNING = frozenset({"running", "called", "pending"})


class ItemView(Vertical):
    """What all items have: their place in the conversation, and how to take in what changed."""

    def __init__(self, item: Item, timeline: Timeline, words: Words) -> None:
        super().__init__(classes=f"item {item.kind}")
        self.item = item
        self.words = words
        self.timeline = timeline

    async def renew(self, timeline: Timeline) -> None:
        """Show the item as it is now."""
        self.timeline = timeline


class Question(ItemView):
    """What a person said, as it was typed."""

    def compose(self) -> ComposeResult:
        """Show who, and what."""
        yield Static(self.words.you, classes="who", markup=False)
        message = self.timeline.message(self.item)
        content = with_images(message.content, message.attachments, self.words.image)
        yield Static(Content(printable(content, multiline=True)), classes="said")


class Answer(ItemView):
    """What was answered, set as Markdown while it comes."""

    def compose(self) -> ComposeResult:
        """Show what there is of it."""
        yield Prose(self.timeline.message(self.item).content, self.words.picture)

    async def renew(self, timeline: Timeline) -> None:
        """Show what is new of it."""
        await super().renew(timeline)
        message = timeline.message(self.item)
        await self.query_one(Prose).grow(message.content, complete=message.text.complete)


class Toggled(Message):
    """A line was clicked."""


class Line(Static, can_focus=True):
    """One quiet line that opens with Enter or a click."""

    def on_click(self, event: events.Click) -> None:
        """Open or fold what the line stands for."""
        self.post_message(Toggled())


class Fold(ItemView):
    """One quiet line until it is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "toggle_detail", show=False)]

    def compose(self) -> ComposeResult:
        """Show the line; the detail is set when it is opened."""
        yield Line(self._line(False))

    def summary(self) -> str:
        """Return what the line says."""
        raise NotImplementedError

    def detail(self) -> Widget:
        """Return what the line opens to."""
        raise NotImplementedError

    @property
    def opened(self) -> bool:
        """Tell whether the detail is shown."""
        return bool(self.query(".detail"))

    async def action_toggle_detail(self) -> None:
        """Open the line, or fold it."""
        opened = self.opened
        if opened:
            await self.query(".detail").remove()
        else:
            await self.mount(self._detail())
        self.query_one(Line).update(self._line(not opened))

    async def on_toggled(self, event: Toggled) -> None:
        """Do as Enter does."""
        event.stop()
        await self.action_toggle_detail()

    async def renew(self, timeline: Timeline) -> None:
        """Show the line as it is now, and the detail if it is open."""
        await super().renew(timeline)
        self.query_one(Line).update(self._line(self.opened))
        if self.opened:
            with self.app.batch_update():
                await self.query(".detail").remove()
                await self.mount(self._detail())

    def _detail(self) -> Widget:
        detail = self.detail()
        detail.add_class("detail")
        return detail

    def _line(self, opened: bool) -> Content:
        return Content(f"{'▾' if opened else '▸'} {shortened(self.summary(), 200)}")


class Thinking(Fold):
    """What a model thought before it answered."""

    def summary(self) -> str:
        """Say that it thinks, or how much it thought."""
        text = self.timeline.thinking(self.item)
        if not text.complete and self.timeline.turn(self.item).status == "running":
            return self.words.thinking
        return counted(self.words, self.words.thought, len(text.content.split()))

    def detail(self) -> Widget:
        """Show the thoughts."""
        return Static(Content(printable(self.timeline.thinking(self.item).content, multiline=True)))


class ToolCall(Fold):
    """A tool call; the plan of a turn that runs is open, and folds when it is over."""

    _was_worked_on = False

    async def on_mount(self) -> None:
        """Open a plan that is worked on."""
        if self._is_worked_on() and not self.opened:
            await self.action_toggle_detail()

    async def renew(self, timeline: Timeline) -> None:
        """Show it as it is now."""
        was_worked_on = self._was_worked_on
        await super().renew(timeline)
        if was_worked_on and not self._is_worked_on() and self.opened:
            await self.action_toggle_detail()

    def _is_worked_on(self) -> bool:
        tool = self.timeline.tool(self.item)
        self._was_worked_on = tool.plan is not None and tool.status in _RUNNING
        return self._was_worked_on

    def summary(self) -> str:
        """Say which tool, and how it went."""
        tool = self.timeline.tool(self.item)
        steps = tool.plan
        if steps is not None:
            done = sum(step.status == "done" for step in steps)
            return self.words.plan.format(done=done, of=len(steps))
        if tool.status in _RUNNING:
            return self.words.tool_running.format(name=tool.name)
        if tool.status == "completed" and tool.duration_ms is not None:
            return self.words.tool_done.format(name=tool.name, seconds=f"{tool.duration_ms / 1000:.1f}")
        return f"{tool.name}, {tool.status}"

    def detail(self) -> Widget:
        """Show what went in and what came out."""
        return Static(_tool_detail(self.timeline.tool(self.item), self.words))


class Ending(ItemView):
    """How a turn ended that did not complete."""

    def compose(self) -> ComposeResult:
        """Say how."""
        yield Static(self._how())

    async def renew(self, timeline: Timeline) -> None:
        """Say how it ended in the end: what was interrupted may have been dismissed."""
        await super().renew(timeline)
        self.query_one(Static).update(self._how())

    def _how(self) -> Content:
        turn, words = self.timeline.turn(self.item), self.words
        if turn.status == "failed":
            return Content.styled(words.failed.format(reason=reason_of(turn.problem, words)), "$error")
        told = words.was_interrupted if turn.status == "interrupted" else words.cancelled
        if turn.problem:
            told = f"{told}. {reason_of(turn.problem, words)}"
        return Content.styled(told, "$warning" if turn.status == "interrupted" else "$muted")


class Switch(ItemView):
    """Another provider answers from here on."""

    def compose(self) -> ComposeResult:
        """Say which, why, and how much it can read."""
        change, words = self.timeline.change(self.item), self.words
        told = words.switched.format(provider=change["providerId"])
        if change.get("reason") == "fallback":
            reason = reason_of(change.get("problem"), words)
            told = words.fell_back.format(provider=change["providerId"], before=change["before"], reason=reason)
        if change["kept"] < change["messages"]:
            told = f"{told} {words.reads_less.format(kept=change['kept'], messages=change['messages'])}"
        yield Static(Content.styled(printable(told), "$muted"))


_VIEWS: Mapping[str, type[ItemView]] = {
    "question": Question,
    "answer": Answer,
    "thinking": Thinking,
    "tool": ToolCall,
    "ending": Ending,
    "switch": Switch,
}


def view_of(item: Item, timeline: Timeline, words: Words) -> ItemView:
    """Return a widget for an item."""
    return _VIEWS[item.kind](item, timeline, words)


def reason_of(problem: Mapping[str, Any] | None, words: Words) -> str:
    """Say why a turn failed, in one harmless line without a full stop."""
    return shortened(problem_told(problem or {}, words) or words.no_reason, 400).rstrip(".")


def _tool_detail(tool: Tool, words: Words) -> Content:
    if tool.plan is not None:
        return Content("\n".join(plan_line(step.words, step.status) for step in tool.plan))
    parts: list[Content] = []
    if tool.arguments:
        code = printable(json.dumps(tool.arguments, ensure_ascii=False, indent=2), multiline=True)
        parts += [Content.styled(words.arguments, "$muted"), highlight(code, language="json")]
    if tool.output:
        parts += [Content.styled(words.output, "$muted"), _output(tool.output)]
    return Content("\n").join(parts)


def _output(text: str) -> Content:
    """Show a tool's output: a diff as a diff, JSON as JSON, anything else as it is."""
    text = printable(text[:_SHOWN_OUTPUT], multiline=True) + ("…" if len(text) > _SHOWN_OUTPUT else "")
    if text.startswith(("diff --git ", "--- ")):
        return highlight(text, language="diff")
    if text.lstrip().startswith(("{", "[")):
        return highlight(text, language="json")
    return Content(text)
