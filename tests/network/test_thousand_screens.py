"""A thousand screens on one session, cut and resumed while answers stream."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from atrium.testing.history import Fold, follower_violations
from tests.network.hub import calls, hub_at, new_session, rested, say, session_at
from tests.network.screens import TRANSPORTS, Screen, Transport

ROUNDS, MESSAGES = 3, 4


async def connect_all(screens: list[Screen], at_once: int = 100) -> None:
    for start in range(0, len(screens), at_once):
        await asyncio.gather(*(screen.connect() for screen in screens[start : start + at_once]))


async def one_round(http: httpx.AsyncClient, session_id: str, screens: list[Screen], dice: random.Random) -> None:
    """Let all of them read while answers stream, and cut each somewhere in the middle."""
    await connect_all(screens)
    reading = [asyncio.create_task(screen.read()) for screen in screens]
    for _ in range(MESSAGES):
        await say(http, session_id, "/tokens 30")
        for screen in dice.sample(screens, len(screens) // MESSAGES):
            screen.cut()
    for screen in screens:
        screen.cut()
    await asyncio.gather(*reading)


@pytest.mark.storm
@pytest.mark.timeout(120)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_thousand_screens_that_are_cut_three_times_end_with_the_same(
    tmp_path: Path, transport: Transport
) -> None:
    dice = random.Random(3)
    async with hub_at(tmp_path) as daemon, calls(daemon) as http:
        session_id = await new_session(http)
        screens = [Screen(session_at(daemon, session_id), transport) for _ in range(1000)]
        for _ in range(ROUNDS):
            await one_round(http, session_id, screens, dice)
        told = await rested(http, session_id, ROUNDS * MESSAGES)
        await asyncio.gather(*(screen.follow(int(told[-1]["offset"])) for screen in screens))
        texts = Fold().apply_all(told).texts
        assert len(texts) == 2 * ROUNDS * MESSAGES
        for screen in screens:
            assert follower_violations(screen.seen, told) == []
            assert Fold().apply_all(screen.seen).texts == texts
            assert screen.connections >= ROUNDS
