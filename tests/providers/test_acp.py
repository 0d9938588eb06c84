"""The `acp` providers against an agent that does what it is told, good and bad, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_events import PLAN
from atrium.adapters.providers.acp_history import LONGEST_HISTORY, unheard, with_history
from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import (
    InvalidInput,
    ProviderAuthFailed,
    ProviderCrashed,
    ProviderError,
    ProviderNotInstalled,
    ProviderRateLimited,
    ProviderStopped,
)
from atrium.sdk.providers import (
    ChatMessage,
    Command,
    Provider,
    ProviderEvent,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResult,
    ToolUse,
    TurnRequest,
    Usage,
)
from atrium.testing.clock import ManualClock
from atrium.testing.provider_suite import ProviderSuite, text_of

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
FIRST = "0193a1b2-0000-7000-8000-000000000001"
SECOND = "0193a1b2-0000-7000-8000-000000000002"


async def agent(folder: Path, *arguments: str, clock: Any = None, **settings: Any) -> AcpProvider:
    provider = AcpProvider("scripted", folder, clock or SystemClock())
    await provider.configure({"command": [*AGENT, *arguments], **settings})
    return provider


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = await agent(tmp_path)
    yield mine
    await mine.close()


def turn(content: str, session: str = FIRST, **more: Any) -> TurnRequest:
    return TurnRequest(session, "turn-1", content, **more)


async def run(provider: Provider, request: TurnRequest) -> list[ProviderEvent]:
    return [event async for event in provider.stream_events(request.session_id, request)]


async def said(provider: Provider, content: str, session: str = FIRST, **more: Any) -> str:
    return text_of(await run(provider, turn(content, session, **more)))


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(50):
        while not gone(pid):  # noqa: ASYNC110  # another process: nothing tells
            await asyncio.sleep(0.01)


class TestAgainstTheContract(ProviderSuite):
    """An agent keeps what every provider promises."""

    long = "count 1000"

    @pytest.fixture
    async def provider(self, tmp_path: Path) -> AsyncIterator[Provider]:
        mine = await agent(tmp_path, "--images")
        yield mine
        await mine.close()

    @pytest.fixture
    async def unavailable(self, tmp_path: Path) -> Provider:
        return AcpProvider("scripted", tmp_path, SystemClock())

    async def nothing_runs(self, provider: Provider) -> None:
        assert isinstance(provider, AcpProvider)
        async with asyncio.timeout(50):
            while provider._running:  # noqa: ASYNC110  # the turn ends when the agent says so
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)  # and so does the task that closed it


async def answer(request: ApprovalRequest, *, allowed: bool) -> Decision:
    digest = request.act.digest()
    return Decision(approval_id="1", allowed=allowed, digest=digest, status="allowed" if allowed else "rejected")


async def test_text_thinking_usage_and_a_plan(provider: AcpProvider) -> None:
    events = await run(provider, turn("think about it"))
    assert [type(event) for event in events] == [ThinkingDelta, TextDelta, Usage]
    assert events[-1] == Usage(3, 5)
    called, returned, _ = await run(provider, turn("plan"))
    assert isinstance(called, ToolCall)
    assert (called.id, called.arguments["entries"][0]["content"]) == (PLAN, "first")
    assert isinstance(returned, ToolResult)


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_file_is_written_after_leave_only(provider: AcpProvider, tmp_path: Path, allowed: bool) -> None:
    asked: list[ApprovalRequest] = []

    async def ask(request: ApprovalRequest) -> Decision:
        asked.append(request)
        assert not (tmp_path / "made").exists()
        return await answer(request, allowed=allowed)

    events = await run(provider, turn(f"write {tmp_path / 'made'}", ask=ask))
    assert (tmp_path / "made").exists() is allowed
    [request] = asked
    assert (request.risk, request.act.tool, request.act.paths) == ("medium", "edit", (str(tmp_path / "made"),))
    assert request.act.arguments["changes"][0]["newText"] == "written"
    waiting, result, _ = events
    assert isinstance(waiting, ToolCall)
    assert waiting.status == "waiting"
    assert isinstance(result, ToolResult)
    assert result.status == ("completed" if allowed else "failed")


async def test_a_question_says_what_was_told_of_the_tool_before(provider: AcpProvider) -> None:
    asked: list[ApprovalRequest] = []

    async def ask(request: ApprovalRequest) -> Decision:
        asked.append(request)
        return await answer(request, allowed=True)

    await run(provider, turn("look", ask=ask))
    [request] = asked
    assert (request.title, request.risk) == ("mcp.notes.look_up", "high")
    assert (request.act.arguments, request.act.argv) == ({"tool": "look_up"}, ())


async def test_an_answer_about_another_act_permits_nothing(provider: AcpProvider) -> None:
    async def ask(request: ApprovalRequest) -> Decision:
        decision = await answer(request, allowed=True)
        return decision.model_copy(update={"digest": "0" * 64})

    assert json.loads(await said(provider, "ask", ask=ask)) == {"outcome": "selected", "optionId": "no"}


async def test_without_anybody_to_ask_nothing_is_permitted(provider: AcpProvider) -> None:
    assert json.loads(await said(provider, "ask")) == {"outcome": "cancelled"}


async def test_leaving_while_asked_withdraws_the_question(provider: AcpProvider) -> None:
    asked, withdrawn = asyncio.Event(), asyncio.Event()

    async def ask(request: ApprovalRequest) -> Decision:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            withdrawn.set()
        raise AssertionError

    events = provider.stream_events(FIRST, turn("ask", ask=ask))
    await anext(events)
    await asked.wait()
    await events.aclose()  # type: ignore[attr-defined]  # the suite requires it
    await asyncio.wait_for(withdrawn.wait(), 50)
    assert await said(provider, "say again") == "again"


@pytest.mark.parametrize(
    ("script", "error", "detail"),
    [
        pytest.param("rate", ProviderRateLimited, "try at 5", id="rate limit"),
        pytest.param("auth", ProviderAuthFailed, "sign in", id="not signed in"),
        pytest.param("refuse", ProviderError, "refused", id="refusal"),
        pytest.param("crash", ProviderCrashed, "ended with 3: out of luck", id="crash"),
        pytest.param("flood 30000", ProviderError, "more than could be stored", id="flood"),
    ],
)
async def test_failures_are_told_apart_and_the_next_turn_runs(
    provider: AcpProvider, script: str, error: type[ProviderError], detail: str
) -> None:
    await said(provider, "say hello")
    with pytest.raises(error, match=detail):
        async for _ in provider.stream_events(FIRST, turn(script)):
            await asyncio.sleep(0.001)
    assert await said(provider, "say hello") == "hello"


async def test_an_agent_that_does_not_stop_is_ended(provider: AcpProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.adapters.providers.acp_agent.CANCEL_SECONDS", 0.2)
    events = provider.stream_events(FIRST, turn("deaf"))
    await anext(events)
    assert provider._agent is not None
    pid = provider._agent.pid
    await events.aclose()  # type: ignore[attr-defined]  # the suite requires it
    await until_gone(pid)
    assert await said(provider, "say hello") == "hello"


async def test_what_an_agent_started_ends_with_it(provider: AcpProvider) -> None:
    child = int(await said(provider, "child"))
    assert not gone(child)
    await provider.close()
    await until_gone(child)


async def test_an_idle_agent_stops_and_takes_its_session_up_again(tmp_path: Path) -> None:
    provider = await agent(tmp_path, clock=ManualClock())
    try:
        place = await said(provider, "place")
        idle = provider._idle
        assert idle is not None
        await idle
        assert provider._agent is None
        assert await said(provider, "place") == place
    finally:
        await provider.close()


async def test_a_session_survives_the_hub(tmp_path: Path) -> None:
    first = await agent(tmp_path)
    place = await said(first, "place")
    await first.close()
    second = await agent(tmp_path)
    assert await said(second, "place", history=(ChatMessage("user", "before"),)) == place
    await second.close()


async def test_an_agent_without_memory_is_told_the_conversation(tmp_path: Path) -> None:
    first = await agent(tmp_path, "--no-load")
    await said(first, "say one")
    await first.close()
    second = await agent(tmp_path, "--no-load")
    history = (ChatMessage("user", "My cat is Tom."), ChatMessage("assistant", "Noted."))
    assert "My cat is Tom." in await said(second, "Which cat?", history=history)
    assert "My cat is Tom." not in await said(second, "And now?", history=history)
    await second.close()


async def test_a_damaged_note_of_a_session_begins_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "providers" / "scripted" / "sessions" / f"{FIRST}.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"agentSess')
    provider = await agent(tmp_path)
    assert await said(provider, "say hello") == "hello"
    assert json.loads(file.read_text())["agentSession"].startswith("agent-")
    await provider.stop_session(FIRST)
    assert not file.exists()
    await provider.close()


async def test_sessions_share_a_process_and_nothing_else(provider: AcpProvider) -> None:
    places = await asyncio.gather(said(provider, "place"), said(provider, "place", SECOND))
    assert len(set(places)) == 2
    assert len({place.rpartition("-")[0] for place in places}) == 1


async def test_modes_are_set_and_named(tmp_path: Path) -> None:
    provider = await agent(tmp_path, mode="quick")
    try:
        assert await said(provider, "mode") == "quick"
        assert await said(provider, "mode", SECOND, settings={"mode": "careful"}) == "careful"
        await provider.control(FIRST, Command("mode", {"id": "careful"}))
        assert await said(provider, "mode") == "careful"
        with pytest.raises(ProviderError, match="there is careful, quick"):
            await provider.control(FIRST, Command("mode", {"id": "reckless"}))
    finally:
        await provider.close()


async def test_the_environment_is_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHERS_KEY", "secret")
    monkeypatch.setenv("MY_KEY", "mine")
    provider = await agent(tmp_path, env={"KEY": {"env": "MY_KEY"}, "PLAIN": "yes"})
    try:
        assert [await said(provider, f"env {name}") for name in ("KEY", "PLAIN", "OTHERS_KEY")] == [
            "mine", "yes", "not set",
        ]  # fmt: skip
    finally:
        await provider.close()


async def test_a_session_works_where_it_says(provider: AcpProvider, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = str(tmp_path_factory.mktemp("project"))
    with pytest.raises(InvalidInput, match=r"settings\.cwd"):
        await provider.start_session(FIRST, {"cwd": f"{project}/nowhere"})
    await provider.start_session(FIRST, {"cwd": project})
    asked: list[ApprovalRequest] = []

    async def ask(request: ApprovalRequest) -> Decision:
        asked.append(request)
        return await answer(request, allowed=True)

    await run(provider, turn("ask", ask=ask, settings={"cwd": project}))
    assert (asked[0].act.cwd, asked[0].project) == (project, project)


async def test_no_session_works_in_the_home_of_the_hub(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "core").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(home)
    provider = await agent(home)
    for folder in (tmp_path, home, home / "core", tmp_path / "linked", home / "providers" / "scripted"):
        folder.mkdir(parents=True, exist_ok=True)
        with pytest.raises(InvalidInput, match="apart from it"):
            await provider.start_session(FIRST, {"cwd": str(folder)})
    own = home / "providers" / "scripted" / "work"
    for session_id in (FIRST, SECOND):
        (own / session_id).mkdir(parents=True)
    await provider.start_session(FIRST, {"cwd": str(own / FIRST)})
    with pytest.raises(InvalidInput, match="apart from it"):
        await provider.start_session(FIRST, {"cwd": str(own / SECOND)})


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param({}, "providers.scripted.command", id="no command"),
        pytest.param({"command": ["no-such-agent"]}, "no-such-agent is not on the PATH", id="not there"),
        pytest.param({"command": AGENT, "env": {"K": {"env": "NOT_SET_AT_ALL"}}}, "NOT_SET_AT_ALL", id="no key"),
    ],
)
async def test_what_is_missing_is_said(settings: dict[str, Any], reason: str, tmp_path: Path) -> None:
    provider = AcpProvider("scripted", tmp_path, SystemClock())
    await provider.configure(settings)
    assert reason in str(provider.availability.reason)
    with pytest.raises(ProviderNotInstalled, match=reason):
        await said(provider, "say hello")


async def test_a_program_that_is_no_agent_is_said_to_be_none(tmp_path: Path) -> None:
    provider = AcpProvider("scripted", tmp_path, SystemClock())
    await provider.configure({"command": [sys.executable, "-c", "import sys; sys.exit('I am no agent')"]})
    with pytest.raises(ProviderCrashed, match="I am no agent"):
        await said(provider, "say hello")
    await provider.close()


def test_a_long_conversation_is_told_from_its_end() -> None:
    told = with_history([ChatMessage("user", "x" * LONGEST_HISTORY), ChatMessage("assistant", "the end")], "go on")
    assert len(told) < LONGEST_HISTORY + 300
    assert "the end" in told
    assert "left out" in told
    assert with_history((), "go on") == "go on"


async def test_the_hub_leaves_no_agent_behind_when_it_is_killed(provider: AcpProvider) -> None:
    await said(provider, "say hello")
    assert provider._agent is not None
    pid = provider._agent.pid
    provider._agent._process.writer.close()  # what the kernel does for a hub that was killed
    await until_gone(pid)
    assert os.getpid() != pid


def test_an_agent_that_comes_back_is_told_what_was_said_without_it() -> None:
    tools = (ToolUse("search", {"q": "x"}, "found", "completed"),)
    mine = [ChatMessage("user", "one", "acp"), ChatMessage("assistant", "first", "acp")]
    others = [ChatMessage("user", "two", "other"), ChatMessage("assistant", "second", "other", tools)]
    assert unheard(mine, "acp") == []
    assert unheard([*mine, *others], "acp") == others
    assert unheard(others, "acp") == others
    assert unheard([ChatMessage("user", "of an older hub")], "acp") == []
    told = with_history(others, "go on")
    assert 'Assistant: [tool search {"q": "x"}, completed: found]\nsecond' in told


@pytest.mark.parametrize(
    ("script", "why"), [("tire", "stopped at its limit of tokens"), ("give up", "scripted stopped by itself")]
)
async def test_a_turn_that_the_agent_ends_early_is_stopped(provider: AcpProvider, script: str, why: str) -> None:
    with pytest.raises(ProviderStopped, match=why):
        await run(provider, turn(script))
