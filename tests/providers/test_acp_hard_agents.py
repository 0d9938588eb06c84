"""Agents that make it hard: whatever they do, the hub goes on, and nothing of them stays."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.providers.acp import AcpProvider
from tests.providers.test_acp import agent, gone, said, until_gone


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = await agent(tmp_path)
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
