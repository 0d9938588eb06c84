"""A summary on its way through real providers: who writes it, how it is told, and that it is counted."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_history import LONGEST_HISTORY, unheard, with_history
from atrium.adapters.providers.acp_servers import McpServer
from atrium.adapters.providers.local_prompt import fit_prompt
from atrium.adapters.providers.model import ModelProvider
from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.providers.reading import Window, reading_of, window_in
from atrium.plugins.usage import Usages
from atrium.sdk.clock import SystemClock
from atrium.sdk.providers import ChatMessage, Note, Provider, ProviderInfo, TextDelta, Usage
from atrium.sdk.summaries import Held, Reading, Summarising, Summary
from atrium.testing.provider_suite import run_turn, text_of, turn
from tests.providers.endpoint import KEY, Endpoint, endpoint
from tests.sessions.failing import FailingHub, Flaky
from tests.sessions.hub import ALICE, ends

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
SUMMARY = ChatMessage("user", "[a summary of the beginning]", "other", is_summary=True)


class CountingHub(FailingHub):
    """A hub that counts what is used, and has a real provider besides."""

    def __init__(self, provider: Provider, *flaky: Flaky) -> None:
        super().__init__(MemoryStorageAdapter(), *flaky)
        self.runtime.extensions.contribute("providers.provider", "test", provider)
        self.usages = Usages(self.runtime)

    async def start(self) -> CountingHub:
        for plugin in (self.providers, self.sessions, self.usages):
            await self.runtime.plugin_manager.load_plugin(plugin)
        await self.runtime.start()
        return self


@asynccontextmanager
async def counting_hub(provider: Provider, *flaky: Flaky) -> AsyncIterator[CountingHub]:
    hub = await CountingHub(provider, *flaky).start()
    try:
        yield hub
    finally:
        await hub.stop()


async def moved(hub: CountingHub, provider_id: str, questions: int, length: int) -> str:
    """Return a session whose conversation with `one` goes on with another provider."""
    session_id = await hub.create(provider_id="one")
    for number in range(1, questions + 1):
        await hub.ask(session_id, f"question {number} {'x' * length}")
    await hub.sessions.switch_provider(ALICE, session_id, provider_id)
    return session_id


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint() as state:
        yield state


class Configured(ModelProvider):
    """A model whose settings are a test's, whatever the hub's are."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__("model", {})
        self._given = settings

    async def configure(self, settings: Any) -> None:
        await super().configure(self._given)


async def test_a_model_summarises_what_it_cannot_read_and_both_requests_are_counted(server: Endpoint) -> None:
    model = Configured({"baseUrl": server.address, "apiKey": KEY, "model": "m", "contextWindow": 2_000})
    async with counting_hub(model, Flaky("one")) as hub:
        session_id = await moved(hub, "model", questions=6, length=600)
        await hub.ask(session_id, "and now?")
        assert ends(await hub.types(session_id))[-1] == "turn.completed"
        asking, answering = server.requests
        [asked] = asking["messages"]
        assert "question 1" in asked["content"]
        roles = [message["role"] for message in answering["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"], "a summary is no message of its own"
        assert "> Hello there." in answering["messages"][0]["content"]
        assert "question" in answering["messages"][0]["content"]
        assert answering["messages"][-1]["content"] == "and now?"
        [summarised] = await hub.told(session_id, "conversation.summarised")
        assert (summarised["providerId"], summarised["content"]) == ("model", "Hello there.")
        used = await hub.service("usage.session", ALICE, session_id)
        assert (used.turns, used.input_tokens, used.output_tokens) == (2, 22, 6)


async def test_a_budget_that_is_used_up_by_the_summary_stops_the_turn_as_ever(server: Endpoint) -> None:
    model = Configured({"baseUrl": server.address, "apiKey": KEY, "model": "m", "contextWindow": 2_000})
    async with counting_hub(model, Flaky("one")) as hub:
        session_id = await moved(hub, "model", questions=6, length=600)
        await hub.service("usage.set_budget", ALICE, "model", "day", "tokens", 10)
        await hub.ask(session_id, "and now?")
        [failed] = await hub.told(session_id, "turn.failed")
        assert failed["problem"]["code"] == "BUDGET_REACHED"
        assert len(await hub.told(session_id, "conversation.summarised")) == 1, "what was paid for is kept"


class Agent(AcpProvider):
    """The scripted agent with a server for its tools."""

    def __init__(self, home: Path) -> None:
        servers = {"tools": McpServer.model_validate({"command": [sys.executable, "serve-tools"]})}
        super().__init__("agent", home, SystemClock(), servers=servers)

    async def configure(self, settings: Any) -> None:
        await super().configure({"command": AGENT, "mode": "quick"})


async def test_an_agent_summarises_in_a_session_that_nothing_is_kept_of(tmp_path: Path) -> None:
    async with counting_hub(Agent(tmp_path), Flaky("one")) as hub:
        session_id = await moved(hub, "agent", questions=12, length=10_000)
        await hub.ask(session_id, "place")
        [summarised] = await hub.told(session_id, "conversation.summarised")
        assert (summarised["providerId"], len(summarised["content"])) == ("agent", 8_000)
        kept = [path.stem for path in (tmp_path / "providers" / "agent" / "sessions").glob("*.json")]
        assert kept == [session_id]
        [answer] = [one["content"] for one in (await hub.told(session_id, "message.completed"))[-1:]]
        assert answer.startswith("agent-")
        await hub.ask(session_id, "place")
        assert len(await hub.told(session_id, "conversation.summarised")) == 1


async def test_where_words_alone_are_asked_for_an_agent_has_no_tools_of_the_users(tmp_path: Path) -> None:
    agent = Agent(tmp_path)
    await agent.configure({})
    try:
        assert "serve-tools" in text_of(await run_turn(agent, turn("servers")))
        own = replace(turn("servers", session="session-2"), text_only=True)
        assert text_of(await run_turn(agent, own)) == "[]"
        assert text_of(await run_turn(agent, turn("mode"))) == "quick"
        assert text_of(await run_turn(agent, replace(own, content="mode"))) == "careful", "the agent's own mode"
    finally:
        await agent.close()


async def test_a_model_that_trims_keeps_the_summary(server: Endpoint) -> None:
    model = Configured({"baseUrl": server.address, "apiKey": KEY, "model": "m", "contextWindow": 1_024})
    await model.configure({})
    pairs = [ChatMessage(role, f"{role} {n} {'x' * 600}") for n in range(4) for role in ("user", "assistant")]
    try:
        events = await run_turn(model, turn("go on", SUMMARY, *pairs))
    finally:
        await model.close()
    notes = [event for event in events if isinstance(event, Note)]
    assert "first 6 messages were left out" in notes[0].content
    first = server.requests[0]["messages"][0]["content"]
    assert first.startswith(f"{SUMMARY.content}\n\nuser 3 ")


async def test_a_model_with_room_is_told_the_summary_before_a_message_that_follows_nothing(server: Endpoint) -> None:
    model = Configured({"baseUrl": server.address, "apiKey": KEY, "model": "m"})
    await model.configure({})
    try:
        events = await run_turn(model, turn("go on", SUMMARY))
    finally:
        await model.close()
    assert [type(event) for event in events] == [TextDelta, TextDelta, Usage]
    assert server.requests[0]["messages"] == [{"role": "user", "content": f"{SUMMARY.content}\n\ngo on"}]


async def test_the_answering_provider_writes_and_says_how_far_it_is(server: Endpoint) -> None:
    model = Configured({"baseUrl": server.address, "apiKey": KEY, "model": "m", "contextWindow": 2_000})
    async with counting_hub(model, Flaky("one")) as hub:
        said = [ChatMessage("user", f"{n} {'x' * 1_000}", "one") for n in range(5)]
        reading: Reading = await hub.service("providers.reading", "model", Held(said))
        assert (reading.writer, reading.cut) == ("model", 4)
        request = replace(turn("", *said[: reading.cut]), by=ALICE)
        stream = hub.runtime.service_registry.stream("providers.summarise", "model", request, reading.room)
        async with stream as events:
            told = [event async for event in events]
        assert told[:2] == [Summarising("model", 1, 2), Summarising("model", 2, 2)]
        assert told[2:] == [Summary("model", "Hello there.")]
        assert "Hello there." in server.requests[1]["messages"][0]["content"], "the second part goes on from the first"


def test_an_agent_is_told_the_summary_whatever_is_cut() -> None:
    told = with_history([SUMMARY, ChatMessage("user", "x" * LONGEST_HISTORY)], "go on")
    assert f"What was said:\n\n{SUMMARY.content}\n\n[the beginning is left out]\nxxx" in told
    assert len(told) < LONGEST_HISTORY + 300
    assert "left out" not in with_history([SUMMARY, ChatMessage("user", "hello")], "go on")


def test_an_agent_is_not_told_a_summary_of_what_it_has_heard() -> None:
    mine = [ChatMessage("user", "mine", "agent"), ChatMessage("assistant", "yes", "agent")]
    later = [ChatMessage("user", "later", "other")]
    assert unheard([SUMMARY, *mine], "agent") == []
    assert unheard([SUMMARY, *later], "agent") == [SUMMARY, *later]


@pytest.mark.parametrize(("budget", "keeps"), [(400, True), (60, True), (25, False)])
async def test_the_local_model_keeps_a_summary_that_fits(budget: int, keeps: bool) -> None:
    async def words(text: str) -> int:
        return len(text.split())

    history = [SUMMARY, *(ChatMessage("assistant" if n % 2 else "user", "word " * 10) for n in range(8))]
    messages = await fit_prompt("be brief", history, "and now?", budget, words)
    assert [message["role"] for message in messages][1:2] == ["user"]
    assert messages[1]["content"].startswith(SUMMARY.content) == keeps
    assert sum([await words(message["content"]) for message in messages]) <= budget


def held(*lengths: int, summary: int = 0, covered: int = 0) -> Held:
    messages = [ChatMessage("user", "x" * length, "other") for length in lengths]
    before = ChatMessage("user", "s" * summary, "other", is_summary=True) if summary else None
    return Held(messages, before, covered)


def reader(*, remembers: bool = False, **limits: int) -> ProviderInfo:
    return ProviderInfo("reader", "Reader", "1", {"remembers": remembers}, limits)


@pytest.mark.parametrize(
    ("given", "info", "expected"),
    [
        (held(*[80] * 100), reader(), Reading()),
        (held(80, 80), reader(historyCharacters=200), Reading()),
        (held(81, 80), reader(historyCharacters=200), Reading(cut=1, room=50)),
        (held(81, 80, 30), reader(historyCharacters=200), Reading(cut=2, room=50)),
        (held(81, 80, 30, summary=40, covered=2), reader(historyCharacters=200), Reading(uses_summary=True)),
        (held(81, 80, 30, summary=400, covered=2), reader(historyCharacters=200), Reading(True, 2, True, room=50)),
        (held(30, 30, summary=20), reader(historyCharacters=200), Reading(uses_summary=True)),
        (held(30, summary=400), reader(historyCharacters=200), Reading(True, 0, True, room=50)),
        (held(*[80] * 9, summary=10, covered=9), reader(historyCharacters=400), Reading(True, 7, room=100)),
        (held(*[9_000] * 9), reader(historyCharacters=80_000), Reading(cut=5, room=8_000)),
    ],
)
def test_what_is_decided_of_a_conversation(given: Held, info: ProviderInfo, expected: Reading) -> None:
    assert reading_of(given, info) == expected


def test_one_that_remembers_needs_what_it_has_not_heard() -> None:
    mine = ChatMessage("user", "x" * 50, "reader")
    info = reader(remembers=True, historyCharacters=200)
    first: Sequence[ChatMessage] = held(100, 100).messages
    assert reading_of(Held([*first, mine]), info) == Reading()
    assert reading_of(Held([mine, *first]), info).cut is not None
    assert reading_of(Held([*first, mine]), reader(historyCharacters=200)).cut is not None


def test_a_window_in_tokens_is_counted_in_bytes() -> None:
    assert window_in(reader(contextSize=1_000)) == Window(1_500, in_bytes=True)
    assert Window(10, in_bytes=True).size("жж") == 4
    assert Window(10).size("жж") == 2
    assert window_in(reader()) is None
