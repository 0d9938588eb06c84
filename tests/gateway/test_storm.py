"""Many followers of one stream, cut and resumed while it grows; and one that does not read."""

from __future__ import annotations

import asyncio
import json
import random
import resource

import httpx
import pytest

from tests.gateway.follower import StreamFollower, Transport
from tests.gateway.house import House, until


@pytest.fixture(autouse=True)
def many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
async def head(house: House, http: httpx.AsyncClient) -> int:
    return int((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])


async def say(http: httpx.AsyncClient, round_: int, *, hints: bool, count: int) -> None:
    words = [f"{round_}.{number} " for number in range(count)]
    answer = await http.post("/notes/n1/words", json={"words": words, "hints": hints})
    assert answer.status_code == 202


async def head_of(http: httpx.AsyncClient, after: int) -> int:
    lines = (await http.get("/notes/n1/entries", params={"after": after})).text.splitlines()
    return int(json.loads(lines[-1])["offset"])


@pytest.mark.parametrize(("transport", "count"), [("websocket", 1000), ("sse", 200), ("ndjson", 200)])
async def test_all_who_are_cut_and_resume_by_cursor_end_with_the_same(
    house: House, http: httpx.AsyncClient, head: int, transport: Transport, count: int
) -> None:
    clients = [StreamFollower(house, "n1", transport) for _ in range(count)]
    chance = random.Random(7)
    expected = ""
    for round_ in range(3):
        for start in range(0, count, 50):
            await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))
        reading = [asyncio.create_task(client.read(1 << 62)) for client in clients]
        for step in range(4):
            await say(http, 10 * round_ + step, hints=step % 2 == 0, count=5)
            for client in chance.sample(clients, count // 4):
                client.cut()
        for client in clients:
            client.cut()
        await asyncio.gather(*reading)
        expected += "".join(f"{10 * round_ + step}.{number} " for step in (0, 2) for number in range(5))
    await say(http, 99, hints=False, count=1)

    last = await head_of(http, head)
    for start in range(0, count, 50):
        await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))
    await asyncio.wait_for(asyncio.gather(*(client.read(last) for client in clients)), 50)
    first = clients[0]
    assert len(first.durable) == 1 + 3 * 2 * 5 + 1
    assert first.durable[0] == str(head)
    assert first.text == expected
    assert all(client.durable == first.durable and client.text == first.text for client in clients)
    for client in clients:
        client.cut()
    await until(lambda: not house.gateway.serving.hub.connections)


async def test_one_that_does_not_read_costs_nothing_and_catches_up(
    house: House, http: httpx.AsyncClient, head: int
) -> None:
    stalled, *healthy = [StreamFollower(house, "n1", "websocket") for _ in range(21)]
    for client in (stalled, *healthy):
        client.cursor, client._last_durable = head, str(head)
        await client.connect()
    last = head
    for round_ in range(40):
        words = ["x" * 1000] * 200
        await http.post("/notes/n1/words", json={"words": words})
        last = await head_of(http, last)
        await asyncio.gather(*(client.read(last) for client in healthy))
        assert sum(connection.buffered for connection in house.gateway.serving.hub.connections) < 4 * 65536, round_
    assert any(connection.behind for connection in house.gateway.serving.hub.connections)
    assert all(len(client.durable) == 8000 for client in healthy)

    await stalled.read(last)
    assert stalled.durable == healthy[0].durable
    assert not any(connection.behind for connection in house.gateway.serving.hub.connections)
    for client in (stalled, *healthy):
        client.cut()
