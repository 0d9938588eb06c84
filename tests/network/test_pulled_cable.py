"""R08: a link goes without a word. The hub notices in time and keeps nothing, and who comes back misses nothing."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.network.far_side import FarSide, far_side
from tests.network.hub import calls, history, hub_at, port_of, token_of
from tests.network.place import note_place
from tests.network.screens import TRANSPORTS, Screen

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

INTERVAL = 1.0
"""Seconds between two signs of life. One is cut at the first that finds two intervals without an answer."""
PATIENCE = 4 * INTERVAL
EACH = 20


def people(hub: psutil.Process, side: FarSide) -> int:
    """Return how many connections from the other side the hub's process holds."""
    return sum(1 for one in hub.net_connections(kind="tcp4") if one.raddr and one.raddr.ip == side.there)


async def gone(hub: psutil.Process, side: FarSide) -> float:
    """Wait until the hub holds none of them; return the seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(10 * INTERVAL):
        while people(hub, side):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def have_seen(screens: list[Screen], entries: int) -> None:
    """Wait until every screen has so many entries."""
    async with asyncio.timeout(PATIENCE):
        for screen in screens:
            while len(screen.seen) < entries:
                screen.looked_up.clear()
                await screen.looked_up.wait()


async def test_half_open_connections_end_in_time_and_resume_without_a_gap(tmp_path: Path) -> None:
    with far_side() as side:
        environment = {"ATRIUM_CORE__HOST": side.address}
        running = hub_at(tmp_path, environment=environment, ping_interval=INTERVAL, heartbeat=INTERVAL)
        async with running as daemon, calls(daemon) as http:
            await http.post("/notes", json={"noteId": "n1"})
            find = partial(note_place, port_of(daemon), token_of(daemon), "n1", side.address)
            screens = [Screen(find, kind, patience=PATIENCE, new_socket=side.new_socket) for kind in TRANSPORTS * EACH]
            hub = psutil.Process(daemon.pid)
            before = hub.num_fds()
            following = [asyncio.create_task(screen.follow()) for screen in screens]
            await http.post("/notes/n1/words", json={"words": ["before"] * 10})
            await have_seen(screens, 11)
            await asyncio.sleep(3 * INTERVAL)
            assert people(hub, side) == len(screens)

            side.pull()
            await http.post("/notes/n1/words", json={"words": ["nobody hears"] * 10})
            assert await gone(hub, side) < 3 * INTERVAL + 1
            assert hub.num_fds() <= before
            side.plug()

            told = await history(http, "/notes/n1/entries")
            for screen in screens:
                screen.goal = int(told[-1]["offset"])
            async with asyncio.timeout(PATIENCE * 5):
                await asyncio.gather(*following)
            for screen in screens:
                assert screen.seen == told
                assert screen.connections == 2
