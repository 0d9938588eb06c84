"""Many followers of one stream, cut and resumed while it grows; and one that does not read."""

from __future__ import annotations

import asyncio
import json
import random
import resource
from functools import partial

import httpx
import pytest

from atrium.testing.history import HINTS, durable, stream_violations
from tests.gateway.house import House, until
from tests.network.place import note_place
from tests.network.screens import Screen, Transport


@pytest.fixture(autouse=True)
def many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
async def head(house: House, http: httpx.AsyncClient) -> int:
    return int((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])


def screen_on(house: House, transport: Transport, after: int = 0) -> Screen:
    return Screen(partial(note_place, house.port, house.gateway.token, "n1"), transport, after)


def text_of(screen: Screen) -> str:
    return "".join(entry["data"]["content"] for entry in screen.seen if entry["type"] in HINTS)


async def say(http: httpx.AsyncClient, round_: int, *, hints: bool, count: int) -> None:
    words = [f"{round_}.{number} " for number in range(count)]
    answer = await http.post("/notes/n1/words", json={"words": words, "hints": hints})
    assert answer.status_code == 202


async def head_of(http: httpx.AsyncClient, after: int) -> int:
    lines = (await http.get("/notes/n1/entries", params={"after": after})).text.splitlines()
    return int(json.loads(lines[-1])["offset"])


async def all_connected(screens: list[Screen]) -> None:
    for start in range(0, len(screens), 50):
        await asyncio.gather(*(screen.connect() for screen in screens[start : start + 50]))


@pytest.mark.parametrize(("transport", "count"), [("websocket", 1000), ("sse", 200), ("ndjson", 200)])
async def test_all_who_are_cut_and_resume_by_cursor_end_with_the_same(
    house: House, http: httpx.AsyncClient, head: int, transport: Transport, count: int
) -> None:
    screens = [screen_on(house, transport) for _ in range(count)]
    chance = random.Random(7)
    expected = ""
    for round_ in range(3):
        await all_connected(screens)
        reading = [asyncio.create_task(screen.read()) for screen in screens]
        for step in range(4):
            await say(http, 10 * round_ + step, hints=step % 2 == 0, count=5)
            for screen in chance.sample(screens, count // 4):
                screen.cut()
        for screen in screens:
            screen.cut()
        await asyncio.gather(*reading)
        expected += "".join(f"{10 * round_ + step}.{number} " for step in (0, 2) for number in range(5))
    await say(http, 99, hints=False, count=1)

    last = await head_of(http, head)
    await all_connected(screens)
    await asyncio.wait_for(asyncio.gather(*(screen.read(last) for screen in screens)), 50)
    kept = durable(screens[0].seen)
    assert len(kept) == 1 + 3 * 2 * 5 + 1
    assert kept[0]["offset"] == str(head)
    for screen in screens:
        assert stream_violations(screen.seen) == []
        assert (durable(screen.seen), text_of(screen)) == (kept, expected)
        screen.cut()
    await until(lambda: not house.gateway.serving.hub.connections)


async def test_one_that_does_not_read_costs_nothing_and_catches_up(
    house: House, http: httpx.AsyncClient, head: int
) -> None:
    stalled, *healthy = [screen_on(house, "websocket", head) for _ in range(21)]
    await all_connected([stalled, *healthy])
    last = head
    for round_ in range(40):
        words = ["x" * 1000] * 200
        await http.post("/notes/n1/words", json={"words": words})
        last = await head_of(http, last)
        await asyncio.gather(*(screen.read(last) for screen in healthy))
        assert sum(connection.buffered for connection in house.gateway.serving.hub.connections) < 4 * 65536, round_
    assert any(connection.behind for connection in house.gateway.serving.hub.connections)
    assert all(len(screen.seen) == 8000 for screen in healthy)

    await stalled.read(last)
    assert stream_violations(stalled.seen, after=head) == []
    assert stalled.seen == healthy[0].seen
    assert not any(connection.behind for connection in house.gateway.serving.hub.connections)
    for screen in (stalled, *healthy):
        screen.cut()
