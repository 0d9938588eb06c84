"""What the chat shows: one column, people and agents told apart by name and indent."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from atrium.app.chat.blocks import Blocks, Output, Render
from atrium.app.text import plan_line, printable, shortened, with_images
from atrium.client import Conversation, ConversationMessage, Entry, Step

DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
HISTORY = 20
"""How many messages are shown of a conversation that is gone on with."""


class Screen:
    """Shows the entries of one session as they come; `own_tokens` are the messages typed here, shown already."""

    def __init__(self, output: Output, *, colour: bool, render: Render | None) -> None:
        self._output = output
        self._colour = colour
        self._render = render
        self._alone = True
        self.own_tokens: set[str] = set()
        self.conversation = Conversation()
        self._blocks: Blocks | None = None
        self._shown: dict[str, str] = {}
        self._thinking: set[str] = set()
        self._plans: dict[str, tuple[Step, ...]] = {}
        self._show: dict[str, Callable[[Entry], object]] = {
            "sessions.message.added.v1": self._message_added,
            "sessions.message.delta.v1": self._answer,
            "sessions.message.completed.v1": self._answer,
            "sessions.thinking.delta.v1": self._thinks,
            "sessions.tool.called.v1": self._tool_called,
            "sessions.tool.updated.v1": self._plan_changed,
            "sessions.tool.finished.v1": self._tool_finished,
            "sessions.note.added.v1": self._note_added,
            "sessions.conversation.summarising.v1": self._summarising,
            "sessions.conversation.summarised.v1": self._summarised,
            "sessions.provider.retrying.v1": self._provider_retrying,
            "sessions.provider.changed.v1": self._provider_changed,
            "sessions.turn.failed.v1": self._turn_failed,
            "sessions.turn.cancelled.v1": self._turn_cancelled,
            "sessions.turn.interrupted.v1": self._turn_interrupted,
            "sessions.session.renamed.v1": self._renamed,
            "sessions.session.stopped.v1": self._stopped,
            "sessions.session.deleted.v1": self._deleted,
        }

    def note(self, text: str) -> None:
        """Show a quiet line about what goes on."""
        self._end_answer()
        self._line(printable(text), DIM)

    def share(self, shared: bool) -> None:
        """Note that a prompt is on the terminal as well: then nothing above it is set anew."""
        self._end_answer()
        self._alone = not shared

    def open(self, conversation: Conversation, *, whole: bool) -> None:
        """Show the end of a conversation that exists, read as a whole or from some point on."""
        self.conversation = conversation
        messages = conversation.messages
        if not whole or len(messages) > HISTORY:
            self.note("Earlier messages are not shown; `atrium sessions show` prints them all")
        for message in messages[-HISTORY:]:
            if message.role == "user":
                self._user_line(message)
            else:
                self._grow(message)

    def show(self, entry: Entry) -> None:
        """Take the session's next entry and show what it says."""
        if entry.offset <= self.conversation.cursor:
            return
        self.conversation.apply(entry)
        show = self._show.get(entry.type)
        if show is not None:
            show(entry)

    def _message_added(self, entry: Entry) -> None:
        message = self.conversation.message(str(entry.data["messageId"]))
        if message is not None and message.client_token not in self.own_tokens:
            self._end_answer()
            self._user_line(message)

    def _user_line(self, message: ConversationMessage) -> None:
        said = with_images(message.content, message.attachments)
        lines = printable(said, multiline=True).splitlines() or [""]
        for index, line in enumerate(lines):
            self._line(f"{'> ' if index == 0 else '  '}{line}", BOLD)

    def _answer(self, entry: Entry) -> None:
        message = self.conversation.message(str(entry.data["messageId"]))
        if message is not None:
            self._grow(message)

    def _grow(self, message: ConversationMessage) -> None:
        content = printable(message.content, multiline=True)
        shown = self._shown.get(message.id, "")
        if shown.startswith(content):
            content = shown  # what a hub that crashed has kept of it may be less than was shown
        elif not content.startswith(shown):
            # What was shown while pieces were missing is not how the text begins: show the whole of it.
            self._end_answer()
            shown = ""
        self._blocks = self._blocks or Blocks(self._output, self._render if self._alone else None)
        self._blocks.add(content[len(shown) :])
        self._shown[message.id] = content
        if message.text.complete:
            self._end_answer()
            self._shown[message.id] = content

    def _end_answer(self) -> None:
        if self._blocks is not None:
            self._blocks.finish()
            self._blocks = None

    def _thinks(self, entry: Entry) -> None:
        turn_id = str(entry.data["turnId"])
        if turn_id not in self._thinking:
            self._thinking.add(turn_id)
            self.note("thinking")

    def _plan_changed(self, entry: Entry) -> bool:
        """Show what is new of a plan, a step a line; tell whether the entry is about one."""
        turn_id, tool_id = str(entry.data["turnId"]), str(entry.data["toolCallId"])
        steps = self.conversation.turns[turn_id].tools[tool_id].plan
        if steps is None:
            return False
        before = self._plans.get(turn_id, ())
        self._plans[turn_id] = steps
        if steps != before:
            done = sum(step.status == "done" for step in steps)
            self.note(f"Plan, {done} of {len(steps)} done")
        for step in steps:
            if step not in before:
                self.note(plan_line(step.words, step.status))
        return True

    def _tool_called(self, entry: Entry) -> None:
        if self._plan_changed(entry):
            return
        arguments = entry.data.get("arguments")
        told = shortened(json.dumps(arguments, ensure_ascii=False), 60) if arguments else ""
        self.note(f"{entry.data['name']} {told}".rstrip())

    def _tool_finished(self, entry: Entry) -> None:
        if self._plan_changed(entry):
            return
        took = entry.data.get("durationMs")
        seconds = f", {took / 1000:.1f} s" if isinstance(took, int | float) else ""
        self.note(f"{entry.data['name']}: {entry.data['status']}{seconds}")

    def _turn_failed(self, entry: Entry) -> None:
        problem = entry.data.get("problem")
        self.note(f"Failed: {_reason(problem)}; {advice(problem)}")

    def _note_added(self, entry: Entry) -> None:
        self.note(str(entry.data["content"]))

    def _summarising(self, entry: Entry) -> None:
        self.note(f"{progress_in_words(entry.data)}, Ctrl-C cancels")

    def _summarised(self, entry: Entry) -> None:
        self.note(summary_in_words(entry.data))

    def _provider_retrying(self, entry: Entry) -> None:
        self.note(f"{retry_in_words(entry.data)}, Ctrl-C cancels")

    def _provider_changed(self, entry: Entry) -> None:
        self.note(change_in_words(entry.data))

    def _turn_cancelled(self, entry: Entry) -> None:
        problem = entry.data.get("problem")
        self.note(_reason(problem) if problem else "Cancelled")

    def _turn_interrupted(self, entry: Entry) -> None:
        self.note("The hub stopped in the middle of this answer; /retry runs it again, /cancel dismisses it")

    def _renamed(self, entry: Entry) -> None:
        self.note(f"Renamed to {shortened(str(entry.data['title']), 80)}")

    def _stopped(self, entry: Entry) -> None:
        self.note("This session was stopped: /new begins another")

    def _deleted(self, entry: Entry) -> None:
        self.note("This session was deleted: /new begins another")

    def _line(self, text: str, style: str) -> None:
        styled = f"{style}{text}{PLAIN}" if self._colour else text
        self._output.write(f"{styled}\n")
        self._output.flush()


def _reason(problem: Mapping[str, Any] | None) -> str:
    problem = problem or {}
    return str(problem.get("detail") or problem.get("title") or "the provider gave no reason").rstrip(".")


def advice(problem: Mapping[str, Any] | None) -> str:
    """Say what can be done about a turn that failed."""
    actions = {str(action["id"]): action for action in (problem or {}).get("actions", ())}
    other = actions.get("switch_provider", {}).get("providerId")
    told = ["/new begins another session"] if "new_session" in actions else ["/retry runs it again"]
    if "switch_provider" in actions:
        told.append(f"/provider {other or 'NAME'} lets another provider answer it")
    if "change_budget" in actions:
        told.append("`atrium budgets list` shows your budgets")
    if "set_key" in actions:
        told.append("the room Providers of the page (`atrium open`) sets its key")
    if "configure_provider" in actions:
        told.append("`atrium config check` looks at the settings")
    if "install_provider" in actions:
        told.append("`atrium doctor` says what is missing")
    return ", ".join(told)


def retry_in_words(retrying: Mapping[str, Any]) -> str:
    """Say why a provider is asked again, and when."""
    return f"{_reason(retrying['problem'])}; trying again in {int(retrying['delayMs']) / 1000:.0f} s"


def change_in_words(change: Mapping[str, Any]) -> str:
    """Say that another provider answers from here on, why, and how much of the conversation it can read."""
    told = f"{change['providerId']} answers from here on"
    if change.get("reason") == "fallback":
        told += f", because {change['before']} failed: {_reason(change.get('problem'))}"
    if change["kept"] < change["messages"]:
        told += f"; it can read the last {change['kept']} of {change['messages']} messages"
    return told


def progress_in_words(summarising: Mapping[str, Any]) -> str:
    """Say that the older part of the conversation is being summarised, and which part of it."""
    part, parts = summarising["part"], summarising["parts"]
    which = f" (part {part} of {parts})" if parts > 1 else ""
    return f"Summarising the earlier conversation{which}"


def summary_in_words(summary: Mapping[str, Any]) -> str:
    """Say that the older part of a conversation was summarised, by whom, and for whom."""
    writer, reader = summary["providerId"], summary["readerId"]
    whom = "by itself" if writer == reader else f"by {writer}"
    return f"{reader} has a summary of the first {summary['messages']} messages, written {whom}"


class StandardOutput:
    """Standard output as it is at the time of writing: the prompt replaces it while it is shown."""

    def write(self, text: str, /) -> None:
        """Write text."""
        sys.stdout.write(text)

    def flush(self) -> None:
        """Show it."""
        sys.stdout.flush()
