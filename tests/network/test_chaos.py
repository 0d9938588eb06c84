"""Behind every bad network each client ends with the same entries and the same text."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from atrium.client import Pace, attach
from atrium.testing.daemon import DaemonProcess
from atrium.testing.history import Fold, follower_violations
from tests.network.chaos_proxy import FAULTS, ChaosProxy, chaos
from tests.network.hub import calls, hub_at, new_session, rested, say, session_at, token_of
from tests.network.screens import FIELDS, TRANSPORTS, Entry, Screen

MESSAGES = ("/tokens 60", "/think 5", "/tool weather", "/big 20000", "héllo \u2028 wörld", "/fail crash", "/tokens 30")
QUICK = Pace(sleep=lambda seconds: asyncio.sleep(min(seconds, 0.05)))


@dataclass
class Wilderness:
    """A hub that is reached through a proxy."""

    daemon: DaemonProcess
    proxy: ChaosProxy
    http: httpx.AsyncClient


@asynccontextmanager
async def wilderness(home: Path, fault: str, seed: int, faulty: int) -> AsyncIterator[Wilderness]:
    async with chaos(seed, FAULTS[fault], faulty) as proxy:
        hosts = [f"127.0.0.1:{proxy.port}"]
        async with hub_at(home, allowed_hosts=hosts, heartbeat=0.3, ping_interval=0.3) as daemon:
            proxy.upstream = int(daemon.url.rpartition(":")[2])
            async with calls(daemon) as http:
                yield Wilderness(daemon, proxy, http)


async def follow_by_client(url: str, token: str, session_id: str, last: asyncio.Future[int]) -> list[Entry]:
    """Follow with the client that ships."""
    seen: list[Entry] = []
    async with attach(url=url, token=token, pace=QUICK) as client:
        async for entry in client.follow(session_id):
            seen.append({name: entry.raw[name] for name in FIELDS})
            if last.done() and entry.offset >= last.result():
                break
    return seen


async def converse(http: httpx.AsyncClient, session_id: str, dice: random.Random) -> list[Entry]:
    for content in dice.sample(MESSAGES, len(MESSAGES)):
        await say(http, session_id, content)
        await asyncio.sleep(dice.uniform(0, 0.02))
    return await rested(http, session_id, len(MESSAGES))


async def judge(place: Wilderness, seed: int, *, shipped: bool) -> None:
    """Let clients follow one session through the proxy while it grows, and hold what each saw to the history."""
    session_id = await new_session(place.http)
    find = session_at(place.daemon, session_id, place.proxy.port)
    early, late = ([Screen(find, transport, patience=1.5) for transport in TRANSPORTS * 3] for _ in range(2))
    last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    url = f"http://127.0.0.1:{place.proxy.port}"
    client = follow_by_client(url, token_of(place.daemon), session_id, last) if shipped else asyncio.sleep(0, [])
    async with asyncio.timeout(50), asyncio.TaskGroup() as group:
        following = [group.create_task(screen.follow()) for screen in early]
        by_client = group.create_task(client)
        told = await converse(place.http, session_id, random.Random(seed))
        last.set_result(int(told[-1]["offset"]))
        for screen in early:
            screen.goal = last.result()
        await say(place.http, session_id, "whoever waits for news looks up")
        await asyncio.gather(*following, *(screen.follow(last.result()) for screen in late))
    views = [screen.seen for screen in (*early, *late)] + ([by_client.result()] if shipped else [])
    for view in views:
        seen = [entry for entry in view if int(entry["offset"]) <= last.result()]
        assert follower_violations(seen, told) == []
        assert Fold().apply_all(seen).texts == Fold().apply_all(told).texts


@pytest.mark.parametrize("fault", ["all", "half-open"])
async def test_all_clients_end_with_the_same_behind_a_bad_network(tmp_path: Path, fault: str) -> None:
    async with wilderness(tmp_path, fault, seed=1, faulty=25) as place:
        await judge(place, 1, shipped=fault == "all")
        assert place.proxy.harmed > 0


@pytest.mark.storm
@pytest.mark.timeout(200)
@pytest.mark.parametrize("fault", list(FAULTS))
async def test_all_clients_end_with_the_same_behind_every_fault_and_many_seeds(tmp_path: Path, fault: str) -> None:
    for seed in range(3 if fault == "half-open" else 6):
        # A half-open link is noticed by the shipped client after its own pings: once is enough of that.
        async with wilderness(tmp_path / str(seed), fault, seed, faulty=40) as place:
            await judge(place, seed, shipped=fault != "half-open" or seed == 0)
            assert place.proxy.harmed > 0 or fault in {"delay", "throttle", "pieces"}
