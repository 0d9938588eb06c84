"""What agents say of a turn, in the ways in which they say it, as the hub's events."""

from __future__ import annotations

from typing import Any

import pytest

from atrium.adapters.providers.acp_events import Translator
from atrium.sdk.errors import InvalidInput, ProviderError
from atrium.sdk.providers import TextDelta, ToolCall, ToolResult


def tool(status: str, **more: Any) -> dict[str, Any]:
    return {"sessionUpdate": "tool_call_update", "toolCallId": "1", "title": "look", "status": status, **more}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"type": "text", "text": "Hello"}, "Hello"),
        ({"type": "resource_link", "uri": "file:///notes.md", "name": "notes"}, "file:///notes.md"),
        ({"type": "resource", "resource": {"uri": "file:///notes.md", "text": "my notes"}}, "my notes"),
        ({"type": "resource", "resource": {"uri": "file:///notes.pdf", "blob": "AA=="}}, "file:///notes.pdf"),
        ({"type": "resource", "resource": None}, None),
        ({"type": "image", "data": "AA=="}, "[image]"),
        ({}, None),
        ("Hello", None),
    ],
)
def test_what_is_not_text_is_named(content: object, told: str | None) -> None:
    update = {"sessionUpdate": "agent_message_chunk", "content": content}
    assert list(Translator().update(update)) == ([TextDelta(told)] if told else [])


@pytest.mark.parametrize(
    ("ended", "output"),
    [
        ({"content": [{"type": "content", "content": {"type": "text", "text": "found"}}]}, "found"),
        ({"content": [{"type": "diff", "path": "a.md", "oldText": "", "newText": "new"}]}, "a.md\nnew"),
        ({"content": [{"type": "terminal", "terminalId": "t"}], "rawOutput": "raw"}, "raw"),
        ({"rawOutput": {"größe": 3}}, '{"größe": 3}'),
        ({"_meta": {"terminal_output_delta": {"data": "shown"}}}, "shown"),
        ({"content": []}, ""),
        ({}, "so far"),
    ],
)
def test_where_a_tool_says_what_it_put_out(ended: dict[str, Any], output: str) -> None:
    translator = Translator()
    so_far = [{"type": "content", "content": {"type": "text", "text": "so far"}}]
    assert list(translator.update(tool("in_progress", content=so_far))) == [ToolCall("1", "look", {})]
    assert list(translator.update(tool("completed", **ended))) == [ToolResult("1", "look", output, "completed")]


def test_a_tool_that_has_ended_has_ended() -> None:
    translator = Translator()
    assert len(list(translator.update(tool("failed")))) == 2
    assert list(translator.update(tool("completed", rawOutput="late"))) == []


def test_what_means_nothing_for_a_turn_is_no_event() -> None:
    assert list(Translator().update({"sessionUpdate": "available_commands_update", "availableCommands": []})) == []
    assert list(Translator().ended({"stopReason": "end_turn"})) == []


def test_an_agents_own_failure_says_who_failed() -> None:
    from acp import RequestError

    from atrium.adapters.providers.acp_failures import provider_error

    error = provider_error("Coder", RequestError(-32603, "Internal error", {"details": "out of paper"}))
    assert (type(error), error.detail) == (ProviderError, "Coder: out of paper")


def test_nobody_is_asked_about_a_part_of_an_act() -> None:
    translator = Translator()
    long = {"command": f"true # {'x' * (1 << 20)}\nrm -r /"}
    (told,) = translator.update(tool("pending", rawInput=long))
    assert isinstance(told, ToolCall)
    assert "left out" in str(told.arguments)
    with pytest.raises(InvalidInput, match="too long to be shown"):
        translator.known({"toolCallId": "1"})
    assert translator.known({"toolCallId": "1", "rawInput": long})["rawInput"] == long
    list(translator.update(tool("pending", rawInput={"command": "make"})))
    assert translator.known({"toolCallId": "1"})["rawInput"] == {"command": "make"}
