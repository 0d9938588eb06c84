"""An agent that says why it fails before it fails has not answered: the hub may ask another one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderError, ProviderQuotaExceeded, ProviderRateLimited
from atrium.sdk.providers import ProviderEvent, TextDelta, TurnRequest

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
SESSION = "0193a1b2-0000-7000-8000-000000000001"


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = AcpProvider("scripted", tmp_path, SystemClock())
    await mine.configure({"command": AGENT})
    yield mine
    await mine.close()


@pytest.mark.parametrize(
    ("script", "answer", "error"),
    [
        pytest.param("limit", [], ProviderQuotaExceeded, id="the words of the failure"),
        pytest.param("half Rate", [], ProviderRateLimited, id="a part of them"),
        pytest.param("half an answer", [TextDelta("an answer")], ProviderRateLimited, id="other words"),
    ],
)
async def test_the_words_of_a_failure_are_no_answer(
    provider: AcpProvider, script: str, answer: list[ProviderEvent], error: type[ProviderError]
) -> None:
    events: list[ProviderEvent] = []
    with pytest.raises(error):
        async for event in provider.stream_events(SESSION, TurnRequest(SESSION, "turn-1", script)):
            events.append(event)  # noqa: PERF401  # what came before the error counts
    assert events == answer
