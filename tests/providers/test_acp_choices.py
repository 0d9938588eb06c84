"""Which models and modes agents offer, in each of their ways, and what becomes of a session's choice."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.agents import find_recipes
from atrium.adapters.agents.recipes import Recipe
from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_choices import offer_of
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import InvalidInput, ProviderRejected
from atrium.sdk.providers import Choice, Choices, Command, ModeChanged, TextDelta, TurnRequest
from atrium.testing.clock import ManualClock
from atrium.testing.provider_suite import text_of

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
RECORDINGS = Path(__file__).parent / "acp_recordings"
SESSION = "0193a1b2-0000-7000-8000-000000000001"


async def agent(folder: Path, *arguments: str, **settings: Any) -> AcpProvider:
    provider = AcpProvider("scripted", folder, SystemClock())
    await provider.configure({"command": [*AGENT, *arguments], **settings})
    return provider


async def said(provider: AcpProvider, content: str, **settings: str) -> str:
    request = TurnRequest(SESSION, "turn", content, settings=settings)
    return text_of([event async for event in provider.stream_events(SESSION, request)])


def recorded(name: str) -> Choices:
    """Return what a real agent offered when its session began."""
    for line in (RECORDINGS / name).read_text().splitlines():
        result = json.loads(line)["msg"].get("result") or {}
        if "modes" in result:
            return offer_of(result).choices
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("recording", "modes", "mode", "models", "model"),
    [
        ("claude_newer.jsonl", ["default", "acceptEdits", "plan", "auto"], "default", [], None),
        (
            "codex.jsonl",
            ["read-only", "workspace-write", "agent", "agent-full-access"],
            "agent",
            ["gpt-6.1-sol[low]", "gpt-6.1-sol[medium]"],
            "gpt-5[medium]",
        ),
        (
            "gemini.jsonl",
            ["default", "autoEdit", "yolo", "plan"],
            "default",
            ["auto", "gemini-3.1-pro-preview-customtools"],
            "auto",
        ),
    ],
)
def test_what_real_agents_offer(
    recording: str, modes: list[str], mode: str, models: list[str], model: str | None
) -> None:
    choices = recorded(recording)
    assert [one.id for one in choices.modes] == modes
    assert [one.id for one in choices.models] == models
    assert (choices.mode, choices.model) == (mode, model)


def test_options_of_a_session_are_choices_too() -> None:
    groups = [{"group": "new", "name": "New", "options": [{"value": "opus", "name": "Opus"}]}]
    models = {"id": "m", "category": "model", "name": "Model", "currentValue": "opus", "options": groups}
    values = [{"value": "plan", "name": "Plan"}, {"value": "act"}]
    modes = {"id": "mode", "name": "Mode", "currentValue": "act", "options": values}
    offer = offer_of({"configOptions": [models, modes]})
    assert (offer.model_option, offer.mode_option) == ("m", "mode")
    assert [(one.id, one.name) for one in offer.choices.modes] == [("plan", "Plan"), ("act", "act")]
    changed = {**models, "currentValue": "sonnet"}
    after = offer.updated({"sessionUpdate": "config_option_update", "configOptions": [changed]})
    assert (after.choices.model, after.choices.mode) == ("sonnet", "act")
    assert after.updated({"sessionUpdate": "current_mode_update", "currentModeId": "plan"}).choices.mode == "plan"


def test_an_option_that_is_no_model_and_no_mode_is_none_of_a_sessions_choices() -> None:
    modes = {"currentModeId": "ask", "availableModes": [{"id": "ask", "name": "Ask"}]}
    other = {"id": "mode", "currentValue": "x", "options": [{"value": "x"}]}
    effort = {"id": "effort", "category": "thought_level", "currentValue": "high", "options": [{"value": "high"}]}
    empty = {"id": "model", "currentValue": None, "options": None}
    offer = offer_of({"modes": modes, "configOptions": [effort, other, empty]})
    assert [one.id for one in offer.choices.modes] == ["ask"], "what has a method of its own is set with that"
    assert (offer.choices.models, offer.mode_option, offer.model_option) == ((), None, None)
    assert offer.updated({"sessionUpdate": "plan"}) is offer


async def test_models_and_modes_are_set_in_the_agents_own_way(tmp_path: Path) -> None:
    by_options = await agent(tmp_path / "options", "--options")
    names_none = await agent(tmp_path / "bare", "--bare")
    try:
        assert await said(by_options, "mode", mode="quick") == "quick"
        assert await said(by_options, "model", model="large") == "large"
        assert by_options.choices.models == (Choice("small", "small"), Choice("large", "large"))
        assert await said(names_none, "model", model="any") == "any", "Claude Code names no models and takes one"
        with pytest.raises(ProviderRejected, match="no mode 'quick'; there is none"):
            await said(names_none, "mode", mode="quick")
    finally:
        await by_options.close()
        await names_none.close()


async def test_a_recipe_says_in_which_mode_its_sessions_begin(tmp_path: Path) -> None:
    recipe = Recipe.model_validate(
        {"id": "kit", "name": "Kit", "about": "A kit.", "licence": "MIT", "homepage": "https://example.org"}
        | {"command": AGENT, "mode": "quick"}
    )
    provider = AcpProvider("kit", tmp_path, SystemClock(), recipe)
    await provider.configure({})
    try:
        assert (provider.availability.status, provider.choices.mode) == ("active", "quick")
        assert await said(provider, "mode") == "quick"
        assert await said(provider, "mode", mode="careful") == "careful"
    finally:
        await provider.close()


def test_codex_asks_a_person_and_not_its_own_model(tmp_path: Path) -> None:
    assert find_recipes(tmp_path)["codex"].mode == "workspace-write"


async def test_a_mode_is_set_while_a_turn_runs(tmp_path: Path) -> None:
    provider = await agent(tmp_path)
    try:
        heard = []
        async for event in provider.stream_events(SESSION, TurnRequest(SESSION, "turn", "until quick")):
            heard.append(event)
            if event == TextDelta("waiting "):  # held for a moment: it could be the words of a failure
                await provider.control(SESSION, Command("mode", {"id": "quick"}))
        assert text_of(heard) == "waiting quick"
        with pytest.raises(InvalidInput, match="takes no command 'volume'"):
            await provider.control(SESSION, Command("volume"))
    finally:
        await provider.close()


async def test_an_agent_that_is_only_told_a_mode_stops_when_idle(tmp_path: Path) -> None:
    provider = AcpProvider("scripted", tmp_path, ManualClock())
    await provider.configure({"command": AGENT})
    await provider.control(SESSION, Command("mode", {"id": "quick"}))
    idle = provider._idle
    assert idle is not None
    await idle
    assert provider._agent is None


async def test_a_choice_holds_until_it_is_taken_back(tmp_path: Path) -> None:
    provider = await agent(tmp_path)
    try:
        assert await said(provider, "model") == "none"
        assert await said(provider, "model", model="large", mode="quick") == "large"
        assert await said(provider, "mode", model="large", mode="quick") == "quick"
        assert await said(provider, "model", mode="quick") == "small"
        assert await said(provider, "mode") == "careful"
        with pytest.raises(ProviderRejected, match="no model 'huge'; there is small, large"):
            await said(provider, "model", model="huge")
    finally:
        await provider.close()


async def test_what_was_offered_is_known_before_the_agent_runs_again(tmp_path: Path) -> None:
    provider = await agent(tmp_path)
    assert provider.choices == Choices()
    try:
        learned = await provider.learn_choices(SESSION, {})
        await said(provider, "mode", mode="quick")
    finally:
        await provider.close()
    again = await agent(tmp_path, model="large")
    assert [one.id for one in again.choices.modes] == ["careful", "quick"]
    assert (again.choices.mode, again.choices.model) == ("careful", "large")
    assert again.choices.models == learned.models
    (tmp_path / "providers" / "scripted" / "choices.json").write_text("{")
    assert (await agent(tmp_path)).choices == Choices()


async def test_a_mode_that_the_agent_chose_is_told(tmp_path: Path) -> None:
    provider = await agent(tmp_path)
    try:
        request = TurnRequest(SESSION, "turn", "go quick")
        events = [event async for event in provider.stream_events(SESSION, request)]
    finally:
        await provider.close()
    assert ModeChanged("quick") in events
