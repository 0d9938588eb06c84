"""What connections tell of themselves: `GET /connections`, by stream, and the sums in `GET /status`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from atrium.testing.clock import ManualClock
from tests.gateway.house import House, house_with, until
from tests.gateway.test_falling_behind import by_number
from tests.gateway.test_one_connection import FOLLOW, line_to
from tests.gateway.test_slow_clients import BIG, ROUNDS, server_side, sleeper

NOTHING = {
    "open": 0,
    "opened": 0,
    "behind": 0,
    "timesBehind": 0,
    "timesResumed": 0,
    "bytesWritten": 0,
    "bytesWaiting": 0,
}


async def connections(http: httpx.AsyncClient, **query: Any) -> list[Any]:
    answer = await http.get("/connections", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def followed(http: httpx.AsyncClient, **query: Any) -> Any:
    return (await http.get("/connections/streams", params=query)).json()


async def totals(http: httpx.AsyncClient) -> Any:
    return (await http.get("/status")).json()["core"]["connections"]


@pytest.fixture
async def head(http: httpx.AsyncClient) -> str:
    return str((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])


async def test_each_kind_of_connection_says_what_it_is_and_follows() -> None:
    clock = ManualClock()
    async with house_with(clock=clock) as house, house.http() as http:
        assert (await connections(http), await totals(http)) == ([], NOTHING)
        head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
        async with house.socket() as socket, line_to(house) as sse, line_to(house) as ndjson:
            await socket.ask("subscribe", {"topics": ["notes/n1", "notes"], "streams": {"notes/n1": head}})
            for line, media_type in ((sse, "text/event-stream"), (ndjson, "application/x-ndjson")):
                clock.time += 60
                line.send(house.head("GET", f"{FOLLOW}&after={head}", f"Accept: {media_type}"))
                assert (await line.answer())[0] == 200
            followers = [one.followers["notes/n1"] for one in house.gateway.serving.hub.connections]
            await until(lambda: all(one.live for one in followers))

            found = await connections(http)
            assert [(one["id"], one["kind"]) for one in found] == [("1", "websocket"), ("2", "sse"), ("3", "ndjson")]
            assert [one["topics"] for one in found] == [["notes", "notes/n1"], [], []]
            assert all(one["streams"] == [{"stream": "notes/n1", "lag": 0}] for one in found)
            assert [one["address"].rpartition(":")[0] for one in found] == ["127.0.0.1"] * 3
            assert found[1]["address"] == "{}:{}".format(*sse.writer.get_extra_info("sockname"))
            assert found[0]["since"] < found[1]["since"] < found[2]["since"]
            assert not any(one["behind"] or one["timesBehind"] or one["bytesWaiting"] for one in found)

            before = [one["bytesWritten"] for one in found]
            await http.post("/notes/n1/words", json={"words": ["one"]})
            entry = await ndjson.entry()
            assert entry["data"] == {"word": "one"}
            after = [one["bytesWritten"] for one in await connections(http)]
            assert all(later > earlier for earlier, later in zip(before, after, strict=True))
            assert (await totals(http))["open"] == 3
            written = (await totals(http))["bytesWritten"]
            (stream,) = (await followed(http))["data"]
            assert (stream["stream"], stream["followers"], stream["catchingUp"]) == ("notes/n1", 3, 0)
            assert 0 < stream["bytesWritten"] <= written
            assert written == sum(after)
        await until(lambda: not house.gateway.serving.hub.connections)
        assert await totals(http) == NOTHING | {"opened": 3, "bytesWritten": written}


async def test_a_slow_client_shows_how_far_it_is_behind_and_that_it_has_caught_up(
    house: House, http: httpx.AsyncClient, head: str
) -> None:
    async with sleeper(house) as slow, house.socket() as healthy:
        for socket in (slow, healthy):
            await socket.ask("subscribe", {"streams": {"notes/n1": head}})
        connection = by_number(house, 1)
        await until(lambda: connection.followers["notes/n1"].live)
        for _ in range(ROUNDS):
            await http.post("/notes/n1/words", json={"words": BIG})
            for _ in BIG:
                await healthy.next("stream:chunk")
        await until(lambda: connection.behind)

        shown, _ = await connections(http)
        assert shown["behind"] is True
        assert shown["timesBehind"] == shown["timesResumed"] + 1
        assert shown["bytesWaiting"] > 0
        lag = shown["streams"][0]["lag"]
        assert 0 < lag <= ROUNDS * len(BIG)
        sums = await totals(http)
        assert (sums["behind"], sums["timesBehind"]) == (1, shown["timesBehind"])
        assert sums["bytesWaiting"] == shown["bytesWaiting"]
        (stream,) = (await followed(http))["data"]
        assert (stream["followers"], stream["catchingUp"], stream["lag"]) == (2, 1, lag)
        assert stream["timesBehind"] == shown["timesBehind"]

        await http.post("/notes/n1/words", json={"words": ["one more"]})
        await healthy.next("stream:chunk")
        shown, other = await connections(http)
        assert (shown["streams"][0]["lag"], other["streams"][0]["lag"]) == (lag + 1, 0)

        for _ in range(ROUNDS * len(BIG) + 1):
            await slow.next("stream:chunk")
        await until(lambda: connection.followers["notes/n1"].live and not connection.behind)
        shown, _ = await connections(http)
        assert (shown["behind"], shown["bytesWaiting"], shown["streams"][0]["lag"]) == (False, 0, 0)
        assert shown["timesResumed"] == shown["timesBehind"] >= 1


async def test_how_far_one_is_behind_that_never_was_up_to_date_is_not_known(
    house: House, http: httpx.AsyncClient, head: str
) -> None:
    for _ in range(ROUNDS):
        await http.post("/notes/n1/words", json={"words": BIG})
    async with sleeper(house) as slow:
        await slow.ask("subscribe", {"streams": {"notes/n1": head}})
        await until(lambda: server_side(house).behind)
        (shown,) = await connections(http)
    assert shown["streams"] == [{"stream": "notes/n1"}]


async def test_connections_are_listed_page_by_page(house: House, http: httpx.AsyncClient) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(house.socket())
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await http.get("/connections", params=query)).json()
            seen += [one["id"] for one in page["data"]]
            if "nextCursor" not in page:
                break
            query["cursor"] = page["nextCursor"]
        assert seen == ["1", "2", "3", "4", "5"]


async def test_streams_are_listed_by_how_many_follow_them(http: httpx.AsyncClient, house: House, head: str) -> None:
    await http.post("/notes", json={"noteId": "n2"})
    assert await followed(http) == {"data": [], "total": 0}
    async with house.socket() as first, house.socket() as second:
        await first.ask("subscribe", {"streams": {"notes/n1": head, "notes/n2": None}})
        await second.ask("subscribe", {"streams": {"notes/n2": None}})
        page = await followed(http, limit=1)
        assert ([one["stream"] for one in page["data"]], page["total"]) == (["notes/n2"], 2)
    assert (await http.get("/connections/streams", params={"limit": 0})).status_code == 422


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"cursor": "x"}, {"cursor": "WyJ4Il0"}])
async def test_a_page_that_cannot_be_is_refused(http: httpx.AsyncClient, query: dict[str, Any]) -> None:
    answer = await http.get("/connections", params=query)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


async def test_others_see_their_own_connections_and_no_sums(house: House, http: httpx.AsyncClient) -> None:
    code = house.gateway.serving.identity.issue_code("guest")
    origin = {"Origin": house.address}
    async with house.http(signed_in=False) as guest, house.socket():
        assert (await guest.post("/auth/login", json={"code": code}, headers=origin)).status_code == 204
        ticket = (await guest.post("/auth/ticket", headers=origin)).json()["ticket"]
        async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream?token={ticket}", proxy=None):
            assert [one["id"] for one in await connections(guest)] == ["2"]
            assert [one["id"] for one in await connections(http)] == ["1"]
            assert set((await guest.get("/status")).json()["core"]) == {"version", "uptime", "pid"}
            assert (await totals(http))["open"] == 2
