"""What real agents said over ACP, replayed: each in its own way, and the same unified events for all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_places import Place
from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.clock import SystemClock
from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult, TurnRequest, Usage

HERE = Path(__file__).parent
SESSION = "0193a1b2-0000-7000-8000-000000000000"
COMMAND = "echo hello-from-tool > made_by_tool.txt && cat made_by_tool.txt"


class Person:
    """Notes what is asked, and allows it or does not."""

    def __init__(self, *, allows: bool = True) -> None:
        self.allows = allows
        self.asked: list[ApprovalRequest] = []

    async def answer(self, request: ApprovalRequest) -> Decision:
        self.asked.append(request)
        return Decision(
            approval_id="1",
            allowed=self.allows,
            digest=request.act.digest(),
            status="allowed" if self.allows else "rejected",
        )


async def replayed(
    recording: str, folder: Path, person: Person, **settings: Any
) -> tuple[list[ProviderEvent], list[dict[str, Any]]]:
    """Run the recorded turn; return its events and what the agent was answered."""
    answers = folder / "answers"
    command = [sys.executable, str(HERE / "replaying_agent.py"), str(HERE / "acp_recordings" / recording), str(answers)]
    provider = AcpProvider("agent", folder, SystemClock())
    await provider.configure({"command": command, **settings})
    if "load" in recording:
        first = json.loads((HERE / "acp_recordings" / recording).read_text().splitlines()[2])["msg"]
        provider._places.keep(SESSION, Place(first["params"]["sessionId"], str(folder)))
    try:
        turn = TurnRequest(SESSION, "turn", "make", ask=person.answer)
        events = [event async for event in provider.stream_events(SESSION, turn)]
    finally:
        await provider.close()
    return events, [json.loads(line) for line in answers.read_text().splitlines()] if answers.exists() else []


def words(events: list[ProviderEvent], kind: type[TextDelta] | type[ThinkingDelta]) -> str:
    return "".join(event.content for event in events if isinstance(event, kind))


CASES = [
    pytest.param("claude.jsonl", {}, "allow", (50, 84), id="claude"),
    pytest.param("claude_newer.jsonl", {}, "allow-once", (50, 84), id="claude, newer"),
    pytest.param("claude_signed_in.jsonl", {}, "allow", (50, 84), id="claude, signed in"),
    pytest.param("claude_load.jsonl", {}, "allow", (50, 84), id="claude, loaded"),
    pytest.param("codex.jsonl", {"mode": "agent"}, "allow_once", None, id="codex"),
    pytest.param("codex_workspace.jsonl", {"mode": "workspace-write"}, "allow_once", (200, 40), id="codex, workspace"),
    pytest.param("gemini.jsonl", {}, "proceed_once", (22, 14), id="gemini"),
    pytest.param("gemini_load.jsonl", {}, "proceed_once", None, id="gemini, loaded"),
    pytest.param("opencode.jsonl", {}, "once", None, id="opencode"),
]


@pytest.mark.parametrize(("recording", "settings", "option", "tokens"), CASES)
async def test_a_turn_with_a_tool(
    recording: str, settings: dict[str, str], option: str, tokens: tuple[int, int] | None, tmp_path: Path
) -> None:
    person = Person()
    events, answers = await replayed(recording, tmp_path, person, **settings)
    [asked] = person.asked
    assert asked.act.argv == ("sh", "-c", COMMAND)
    assert asked.risk == "high"
    assert answers == [{"outcome": {"outcome": "selected", "optionId": option}}]
    assert words(events, TextDelta).strip()
    waiting = [event for event in events if isinstance(event, ToolCall) and event.status == "waiting"]
    assert [event.name for event in waiting] == [COMMAND]
    if recording != "gemini_load.jsonl":  # its recording ends with the question
        [result] = [event for event in events if isinstance(event, ToolResult)]
        status = "failed" if recording == "claude_load.jsonl" else "completed"  # it was rejected then
        assert (result.status, result.id) == (status, waiting[0].id)
    if tokens is not None:
        [usage] = [event for event in events if isinstance(event, Usage)]
        assert (usage.input_tokens, usage.output_tokens) == tokens


@pytest.mark.parametrize("recording", ["claude.jsonl", "codex_workspace.jsonl", "opencode.jsonl"])
async def test_what_a_tool_put_out_is_there(recording: str, tmp_path: Path) -> None:
    settings = {"mode": "workspace-write"} if "codex" in recording else {}
    events, _ = await replayed(recording, tmp_path, Person(), **settings)
    [result] = [event for event in events if isinstance(event, ToolResult)]
    assert "hello-from-tool" in result.output


async def test_what_was_asked_is_not_what_the_tool_put_out(tmp_path: Path) -> None:
    events, _ = await replayed("gemini.jsonl", tmp_path, Person())
    [result] = [event for event in events if isinstance(event, ToolResult)]
    assert (result.name, result.output) == (COMMAND, "")  # it sends none


async def test_thinking_and_cost_are_told(tmp_path: Path) -> None:
    events, _ = await replayed("claude.jsonl", tmp_path, Person())
    assert words(events, ThinkingDelta).startswith("I ")
    [usage] = [event for event in events if isinstance(event, Usage)]
    assert usage.cost == pytest.approx(0.00235)


async def test_what_is_loaded_is_not_said_again(tmp_path: Path) -> None:
    events, _ = await replayed("claude_load.jsonl", tmp_path, Person())
    assert len([event for event in events if isinstance(event, ToolResult)]) == 1


@pytest.mark.parametrize(
    ("recording", "option"),
    [pytest.param("claude.jsonl", "reject", id="claude"), pytest.param("gemini.jsonl", "cancel", id="gemini")],
)
async def test_a_rejection_is_told_in_the_agents_own_option(recording: str, option: str, tmp_path: Path) -> None:
    _, answers = await replayed(recording, tmp_path, Person(allows=False))
    assert answers == [{"outcome": {"outcome": "selected", "optionId": option}}]
