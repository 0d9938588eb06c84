"""From what an agent says over ACP (agentclientprotocol.com, version 1) to the unified events of a turn.

Agents differ in what they announce: a tool call may come with its arguments or get them later, a permission may be
asked for a call that was never announced, and output may be in `content`, in `rawOutput` or in a vendor's `_meta`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from atrium.adapters.providers.acp_sizes import Output, cut_arguments, cut_text
from atrium.adapters.providers.acp_usage import Spending, together
from atrium.sdk.errors import InvalidInput
from atrium.sdk.providers import ModeChanged, ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult, Usage

Data = Mapping[str, Any]
"""A part of a message, as JSON has it: camelCase, absent values left out."""

PLAN = "plan"

_ENDED: Mapping[str, Literal["completed", "failed"]] = {"completed": "completed", "failed": "failed"}


@dataclass(slots=True)
class _Tool:
    name: str
    arguments: dict[str, Any]
    output: str | Output = ""
    terminal: Output = field(default_factory=Output)
    is_cut: bool = False
    """Whether there was more of the arguments."""


@dataclass(slots=True)
class Translator:
    """The updates of one turn as events; it remembers the tool calls that are open."""

    tools: dict[str, _Tool] = field(default_factory=dict)
    finished: Counter[str] = field(default_factory=Counter)
    spending: Spending = field(default_factory=Spending)
    used: Usage | None = None

    def update(self, update: Data) -> Iterator[ProviderEvent]:
        """Yield what a `session/update` means; kinds that mean nothing for a turn yield nothing."""
        kind = update.get("sessionUpdate")
        if kind == "agent_message_chunk":
            yield from _texts(TextDelta, update)
        elif kind == "agent_thought_chunk":
            yield from _texts(ThinkingDelta, update)
        elif kind in {"tool_call", "tool_call_update"}:
            yield from self._tool(update)
        elif kind == "plan":
            yield self._called(PLAN, _Tool(PLAN, cut_arguments({"entries": list(update.get("entries") or [])})))
        elif kind == "current_mode_update" and update.get("currentModeId"):
            yield ModeChanged(str(update["currentModeId"]))
        elif kind == "usage_update":
            yield from self.spending.heard(update)

    def asked(self, call: Data) -> Iterator[ProviderEvent]:
        """Yield what a request for permission tells of its tool call, which need not have been announced."""
        changes = [part for part in _parts(call) if part.get("type") == "diff"]
        yield from self._tool({**call, "content": changes or None, "status": "waiting"})  # its words are the question

    def known(self, call: Data) -> Data:
        """Return a tool call with what was told of it before: Codex asks for an MCP tool without saying which.

        Raises `InvalidInput` where that was more than is kept: nobody may allow what they see a part of.
        """
        tool = self.tools.get(str(call.get("toolCallId") or ""))
        if tool is not None and tool.is_cut and "rawInput" not in call:
            raise InvalidInput("what it would do is too long to be shown")
        return {"title": tool.name, "rawInput": tool.arguments, **call} if tool is not None else call

    def ended(self, result: Data) -> Iterator[ProviderEvent]:
        """Yield what the answer to `session/prompt` adds: the end of the plan, and the usage of all prompts so far."""
        if PLAN in self.tools:
            yield self._returned(PLAN, "completed")
        usage = self.spending.turn(result)
        if usage is not None:
            self.used = together(self.used, usage)
            yield self.used

    def _tool(self, update: Data) -> Iterator[ProviderEvent]:
        call_id = str(update.get("toolCallId") or "")
        known = self.tools.get(call_id)
        if known is None and call_id in self.finished and update.get("sessionUpdate") == "tool_call_update":
            return  # too late; whatever else has this id is another call
        before = (known.name, known.arguments) if known else None
        tool = known or _Tool(str(update.get("kind") or "tool"), {})
        tool.name = cut_text(str(update.get("title") or tool.name))
        given = update.get("rawInput")
        if isinstance(given, Mapping) and given:
            tool.arguments = cut_arguments(given)
            tool.is_cut = tool.arguments != given
        tool.terminal.add(_terminal(update))
        tool.output = _output(update, tool)
        status = str(update.get("status") or "")
        ended = _ENDED.get(status)
        if known is None or (tool.name, tool.arguments) != before or status in {"waiting", "in_progress"}:
            yield self._called(call_id, tool, "waiting" if status == "waiting" else "running")
        if ended is not None:
            yield self._returned(call_id, ended)

    def _called(self, call_id: str, tool: _Tool, status: str = "running") -> ToolCall:
        self.tools[call_id] = tool
        return ToolCall(self._id_of(call_id), tool.name, dict(tool.arguments), status)

    def _returned(self, call_id: str, status: Literal["completed", "failed"]) -> ToolResult:
        tool, told = self.tools.pop(call_id), self._id_of(call_id)
        self.finished[call_id] += 1
        return ToolResult(told, tool.name, str(tool.output), status)

    def _id_of(self, call_id: str) -> str:
        """Return a call's id for the hub: agents may use theirs again, and the hub takes that for the same call."""
        before = self.finished[call_id]
        return f"{call_id}#{before + 1}" if before else call_id


def _texts(kind: type[TextDelta] | type[ThinkingDelta], update: Data) -> Iterator[ProviderEvent]:
    text = _text(update.get("content"))
    if text:
        yield kind(text)


def _text(content: object) -> str:
    """Return a content block as text; what is not text is named."""
    if not isinstance(content, Mapping):
        return ""
    kind = content.get("type")
    if kind == "text":
        return str(content.get("text") or "")
    if kind == "resource_link":
        return str(content.get("uri") or "")
    if kind == "resource":
        resource = content.get("resource")
        return str(resource.get("text") or resource.get("uri") or "") if isinstance(resource, Mapping) else ""
    return f"[{kind}]" if kind else ""


def _output(update: Data, tool: _Tool) -> str | Output:
    """Return what a tool call put out so far: its content, else its raw output, else what a terminal showed.

    Content replaces what there was of it; without any, the output stays.
    """
    shown = "\n".join(part for part in map(_part, _parts(update)) if part)
    if shown:
        return cut_text(shown)
    raw = update.get("rawOutput")
    if raw is not None:
        return cut_text(raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False))
    if tool.terminal:
        return tool.terminal
    return tool.output if update.get("content") is None else ""


def _terminal(update: Data) -> str:
    """Return what a terminal showed since the last update."""
    meta = update.get("_meta")
    shown = meta.get("terminal_output_delta") if isinstance(meta, Mapping) else None
    return str(shown.get("data") or "") if isinstance(shown, Mapping) else ""


def _parts(update: Data) -> list[Data]:
    return [part for part in update.get("content") or () if isinstance(part, Mapping)]


def _part(content: Data) -> str:
    kind = content.get("type")
    if kind == "content":
        return _text(content.get("content"))
    if kind == "diff":
        return f"{content.get('path')}\n{content.get('newText') or ''}"
    return ""
