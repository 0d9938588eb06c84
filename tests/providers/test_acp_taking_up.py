"""Sessions of an earlier process: what becomes of one that the agent has lost, or that ends the agent."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_places import Place, Places
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderCrashed, ProviderError
from atrium.sdk.providers import ChatMessage, TurnRequest
from atrium.testing.provider_suite import text_of

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
SESSION = "0193a1b2-0000-7000-8000-000000000001"


async def agent_that_knew(folder: Path, agent_session: str, *arguments: str) -> AcpProvider:
    """Return an agent whose earlier process had a session under this name."""
    Places(folder / "providers" / "scripted").keep(SESSION, Place(agent_session, str(folder)))
    provider = AcpProvider("scripted", folder, SystemClock())
    await provider.configure({"command": [*AGENT, *arguments]})
    return provider


async def said(provider: AcpProvider, content: str, *history: ChatMessage) -> str:
    request = TurnRequest(SESSION, "turn", content, history)
    return text_of([event async for event in provider.stream_events(SESSION, request)])


async def test_a_session_that_the_agent_has_lost_begins_anew_and_is_told_what_was_said(tmp_path: Path) -> None:
    provider = await agent_that_knew(tmp_path, "lost")
    earlier = ChatMessage("user", "My cat is Tom.", "scripted"), ChatMessage("assistant", "Noted.", "scripted")
    try:
        assert "My cat is Tom." in await said(provider, "Which cat?", *earlier)
        place = await said(provider, "place", *earlier)
    finally:
        await provider.close()
    kept = json.loads((tmp_path / "providers" / "scripted" / "sessions" / f"{SESSION}.json").read_text())
    assert kept["agentSession"] == place


async def test_an_agent_that_a_session_ends_has_crashed(tmp_path: Path) -> None:
    provider = await agent_that_knew(tmp_path, "lethal")
    with pytest.raises(ProviderCrashed, match="ended with 4"):
        await said(provider, "say hello")
    await provider.stop_session(SESSION)
    assert await said(provider, "say hello") == "hello"
    await provider.close()


async def test_an_agent_that_does_not_name_its_session_is_told_apart(tmp_path: Path) -> None:
    provider = await agent_that_knew(tmp_path, "lost", "--mute")
    with pytest.raises(ProviderError, match="scripted does not say which session it has begun"):
        await said(provider, "say hello")
    await provider.close()


async def test_a_session_ends_without_the_agent_too(tmp_path: Path) -> None:
    provider = await agent_that_knew(tmp_path, "lost")
    with pytest.raises(ProviderCrashed):
        await said(provider, "crash")
    await provider.stop_session(SESSION)
    assert not list((tmp_path / "providers" / "scripted" / "sessions").iterdir())
    await provider.close()
