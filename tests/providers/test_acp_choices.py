"""Which models and modes agents offer, in each of their ways, and what becomes of a session's choice."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_choices import offer_of
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderRejected
from atrium.sdk.providers import Choices, ModeChanged, TurnRequest
from atrium.testing.provider_suite import text_of

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
RECORDINGS = Path(__file__).parent / "acp_recordings"
SESSION = "0193a1b2-0000-7000-8000-000000000001"


async def agent(folder: Path, **settings: Any) -> AcpProvider:
    provider = AcpProvider("scripted", folder, SystemClock())
    await provider.configure({"command": AGENT, **settings})
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
