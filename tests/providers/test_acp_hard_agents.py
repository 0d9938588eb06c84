"""Agents that make it hard: whatever they do, the hub goes on, and nothing of them stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_events import Translator
from atrium.adapters.providers.acp_sizes import LARGEST, cut_arguments
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderCrashed, ProviderError
from atrium.sdk.providers import ProviderEvent, ToolCall, ToolResult, Usage
from tests.providers.test_acp import FIRST, gone, run, said, turn, until_gone

AGENT: dict[str, Any] = {
    "command": [sys.executable, "-m", "tests.providers.hard_agent"],
    "env": {"PYTHONPATH": str(Path(__file__).parents[2])},
}


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = AcpProvider("hard", tmp_path, SystemClock())
    await mine.configure(AGENT)
    yield mine
    await mine.close()


async def test_what_has_left_the_group_of_an_agent_ends_with_it(provider: AcpProvider) -> None:
    stray = int(await said(provider, "stray"))
    assert not gone(stray)
    await provider.close()
    assert gone(stray)


async def test_what_an_agent_started_ends_at_once_where_it_ends_by_itself(provider: AcpProvider) -> None:
    started = [int(await said(provider, script)) for script in ("stray", "child")]
    assert provider._agent is not None
    os.kill(provider._agent.pid, signal.SIGKILL)
    for pid in started:
        await until_gone(pid)


async def test_a_line_without_an_end_is_not_taken(provider: AcpProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.adapters.providers.acp_lines.LONGEST_LINE", 3 << 20)
    with pytest.raises(ProviderError, match="sent a message of more than 3 MB, and was stopped"):
        await asyncio.wait_for(run(provider, turn("spill")), 50)
    assert await said(provider, "say hello") == "hello"


async def test_few_events_that_are_large_are_a_flood_too(
    provider: AcpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atrium.adapters.providers.acp_sizes.MOST_WAITING_CHARACTERS", 100_000)
    with pytest.raises(ProviderError, match="more than could be stored"):
        async for _ in provider.stream_events(FIRST, turn(f"heap 300 {'x' * 1_000}")):
            await asyncio.sleep(0.001)


async def test_of_a_long_call_the_beginning_is_kept(provider: AcpProvider) -> None:
    called, *_, returned, _ = await run(provider, turn(f"terminal {'x' * 1_999}"))
    assert isinstance(called, ToolCall)
    assert len(json.dumps(called.arguments)) < LARGEST * 1.1
    assert "left out" in called.arguments["lines"][-1]
    assert isinstance(returned, ToolResult)
    assert returned.output.startswith("x" * LARGEST)
    assert returned.output.endswith(f"\n… {1_999_000 - LARGEST} characters left out")


@pytest.mark.parametrize(
    "content", [{"content": ["x" * LARGEST, "y"]}, {"x" * 2 * LARGEST: 1}, {"a": {"b": ["c"] * LARGEST}}]
)
def test_arguments_are_cut_wherever_they_are_long(content: dict[str, Any]) -> None:
    cut = json.dumps(cut_arguments(content), ensure_ascii=False)
    assert len(cut) < LARGEST * 1.1
    assert "left out" in cut
    assert cut_arguments({"path": "/a", "lines": [1, None]}) == {"path": "/a", "lines": [1, None]}


def test_an_id_that_is_used_again_is_of_another_call() -> None:
    translator, call = Translator(), {"toolCallId": "1", "title": "look"}
    events: list[ProviderEvent] = []
    for update in (
        {"sessionUpdate": "tool_call", **call, "status": "completed"},
        {"sessionUpdate": "tool_call_update", **call, "status": "in_progress"},  # too late
        {"sessionUpdate": "tool_call", **call, "title": "look again"},
        {"sessionUpdate": "tool_call_update", "toolCallId": "1", "status": "failed"},
    ):
        events += translator.update(update)
    events += translator.asked({**call, "title": "may I look"})
    assert events == [
        ToolCall("1", "look"),
        ToolResult("1", "look", ""),
        ToolCall("1#2", "look again"),
        ToolResult("1#2", "look again", "", "failed"),
        ToolCall("1#3", "may I look", status="waiting"),
    ]


async def test_what_a_cancelled_turn_used_is_counted_once(provider: AcpProvider) -> None:
    counted: list[Usage] = []

    async def count(usage: Usage) -> None:
        counted.append(usage)

    events = provider.stream_events(FIRST, turn("hang", count=count))
    await anext(events)
    await events.aclose()  # type: ignore[attr-defined]  # the suite requires it
    assert counted == [Usage(3, 5)]
    assert (await run(provider, turn("say hello", count=count)))[-1] == Usage(3, 5)
    assert len(counted) == 1


async def test_a_turn_is_cancelled_whose_message_is_not_even_read(
    provider: AcpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atrium.adapters.providers.acp_agent.CANCEL_SECONDS", 0.2)
    await said(provider, "doze")
    assert provider._agent is not None
    deaf = provider._agent
    asking = asyncio.create_task(run(provider, turn("x" * 1_000_000)))
    async with asyncio.timeout(50):
        while not deaf._turns:  # noqa: ASYNC110  # nothing tells when it is asked
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert gone(deaf.pid)
    assert await said(provider, "say hello") == "hello"


async def test_an_agent_that_hangs_is_replaced(provider: AcpProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    await said(provider, "say hello")
    assert provider._agent is not None
    hung = provider._agent.pid
    os.kill(hung, signal.SIGSTOP)
    monkeypatch.setattr("atrium.adapters.providers.acp_agent.FORGET_SECONDS", 0.1)
    await asyncio.wait_for(provider.stop_session(FIRST), 50)
    with monkeypatch.context() as hurried:
        hurried.setattr("atrium.adapters.providers.acp_agent.START_SECONDS", 0.1)
        with pytest.raises(ProviderCrashed, match="did not answer"):
            await said(provider, "say hello")
    assert gone(hung)
    assert await said(provider, "say hello") == "hello"
