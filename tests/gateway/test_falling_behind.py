"""Followers of one stream at different speeds: how they part, meet again, and what is left of a stream that ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from atrium.plugins.gateway.hub import Hub
from atrium.plugins.gateway.sink import Sink
from atrium.sdk import StorageFailed
from tests.gateway.house import House, Socket, house_with, until
from tests.gateway.test_one_connection import FOLLOW, LAST_CHUNK, NARROW, line_to
from tests.gateway.test_slow_clients import BIG, ROUNDS, server_side, sleeper
from tests.gateway.unhurried import OWNER, Unhurried, nothing


@pytest.fixture
async def head(http: httpx.AsyncClient) -> str:
    return str((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])


async def entries(socket: Socket, after: str, count: int) -> list[Any]:
    """Return the next entries; each must follow the one before it."""
    found = []
    for _ in range(count):
        entry = (await socket.next("stream:chunk"))["payload"]
        assert entry["prev"] == after
        after = entry["offset"]
        found.append(entry)
    return found


async def follow(house: House, stack: AsyncExitStack, count: int, after: str) -> list[Socket]:
    sockets = [await stack.enter_async_context(house.socket()) for _ in range(count)]
    for socket in sockets:
        await socket.ask("subscribe", {"streams": {"notes/n1": after}})
    return sockets


def by_number(house: House, number: int) -> Sink:
    return next(one for one in house.gateway.serving.hub.connections if one.number == number)


def live(hub: Hub) -> list[bool]:
    return [follower.live for room in hub._rooms.values() for follower in room.followers.values()]


@pytest.mark.parametrize("count", [1500, 5000])
async def test_so_much_at_once_that_the_room_loses_its_place_reaches_everybody_once(
    house: House, http: httpx.AsyncClient, head: str, count: int
) -> None:
    async with AsyncExitStack() as stack:
        sockets = await follow(house, stack, 3, head)
        await until(lambda: live(house.gateway.serving.hub) == [True] * 3)
        for _ in range(2):
            assert (await http.post("/notes/n1/words", json={"words": ["w"] * count})).status_code == 202
            received = await asyncio.gather(*(entries(socket, head, count) for socket in sockets))
            assert received[0] == received[1] == received[2]
            head = received[0][-1]["offset"]
        await until(lambda: live(house.gateway.serving.hub) == [True] * 3)


async def fill(http: httpx.AsyncClient, connection: Sink) -> None:
    for _ in range(ROUNDS):
        await http.post("/notes/n1/words", json={"words": BIG})
    await until(lambda: connection.behind)


async def test_a_slow_follower_of_a_deleted_stream_gets_what_is_still_there_and_the_end(
    house: House, http: httpx.AsyncClient, head: str
) -> None:
    async with sleeper(house) as slow, house.socket() as healthy:
        for socket in (slow, healthy):
            await socket.ask("subscribe", {"streams": {"notes/n1": head}})
        connection = server_side(house)
        last = head
        for _ in range(ROUNDS):
            await http.post("/notes/n1/words", json={"words": BIG})
            last = (await entries(healthy, last, len(BIG)))[-1]["offset"]
        await until(lambda: any(one.behind for one in house.gateway.serving.hub.connections))
        await http.delete("/notes/n1")
        (end,) = await entries(healthy, last, 1)

        offsets = [int(head)]
        while offsets[-1] != int(end["offset"]):
            offsets.append(int((await slow.next("stream:chunk"))["payload"]["offset"]))
        assert offsets == sorted(set(offsets))
        assert (await slow.ask("ping"))["type"] == "pong"
        assert not connection.followers
    assert not house.gateway.serving.hub._rooms


async def test_a_slow_answer_about_a_deleted_stream_ends_with_its_last_entry(
    house: House, http: httpx.AsyncClient, head: str
) -> None:
    async with line_to(house, NARROW) as line:
        line.send(house.head("GET", f"{FOLLOW}&after={head}"))
        assert (await line.answer())[0] == 200
        (connection,) = house.gateway.serving.hub.connections
        await fill(http, connection)
        await http.delete("/notes/n1")
        received = await line.until(LAST_CHUNK)
    assert b"notes.note.deleted.v1" in received[-1000:]
    assert not house.gateway.serving.hub._rooms


async def test_a_client_is_not_pinged_while_it_is_behind(house: House, http: httpx.AsyncClient, head: str) -> None:
    async with sleeper(house) as slow:
        await slow.ask("subscribe", {"streams": {"notes/n1": head}})
        connection = server_side(house)
        await fill(http, connection)
        before = connection.buffered
        connection.ping(float("-inf"))
        assert connection.buffered == before


async def test_one_that_follows_nothing_is_behind_with_its_answers_and_resumes(house: House) -> None:
    async with sleeper(house) as slow:
        await slow.ask("ping")
        connection = server_side(house)

        async def ask() -> None:
            for number in range(700):
                await slow.send("notes:shout", {"text": "x" * 10_000}, id=number)

        asking = asyncio.create_task(ask())
        await until(lambda: connection.behind)
        assert [(await slow.next())["id"] for _ in range(700)] == list(range(700))
        await asking
        await until(lambda: not connection.behind)
        assert connection.times_resumed == connection.times_behind > 0


async def test_a_large_entry_is_one_frame(house: House, http: httpx.AsyncClient, head: str) -> None:
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": head}})
        await http.post("/notes/n1/words", json={"words": ["x" * 100_000]})
        (entry,) = await entries(socket, head, 1)
    assert entry["data"]["word"] == "x" * 100_000


async def test_a_format_that_nobody_wants_any_more_costs_nothing(
    house: House, http: httpx.AsyncClient, head: str
) -> None:
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": head}})
        async with http.stream("GET", "/notes/n1/entries", params={"follow": "true", "after": head}):
            await until(lambda: live(house.gateway.serving.hub) == [True] * 2)
        await until(lambda: live(house.gateway.serving.hub) == [True])
        async with house.http() as other:
            await other.post("/notes/n1/words", json={"words": ["left"]})
        assert (await entries(socket, head, 1))[0]["data"] == {"word": "left"}


def broken(data: object) -> None:
    """Fail as a transport may."""
    raise RuntimeError("the transport is broken")


async def test_a_transport_that_fails_costs_its_own_connection_only(
    house: House, http: httpx.AsyncClient, head: str, caplog: pytest.LogCaptureFixture
) -> None:
    hub = house.gateway.serving.hub
    async with AsyncExitStack() as stack:
        healthy = (await follow(house, stack, 1, head))[0]
        connection = server_side(house)
        await follow(house, stack, 2, head)
        await until(lambda: live(hub) == [True] * 3)
        first, second = (one for one in hub.connections if one is not connection)
        first.transport_write = broken
        await http.post("/notes/n1/words", json={"words": ["one"]})
        await until(lambda: len(hub.connections) == 2)
        second.transport_write = broken
        await healthy.send("notes:rename", {"noteId": "n1", "title": "new"})
        assert (await healthy.next("notes:update"))["payload"]["title"] == "new"
        await until(lambda: len(hub.connections) == 1)
    assert caplog.messages.count("connection is cut: it could not be written to") == 2


@pytest.mark.usefixtures("unhurried")
async def test_all_who_come_at_once_share_one_room(house: House, http: httpx.AsyncClient, head: str) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(house.socket()) for _ in range(3)]
        answers = await asyncio.gather(*(one.ask("subscribe", {"streams": {"notes/n1": head}}) for one in sockets))
        assert [answer["type"] for answer in answers] == ["ack"] * 3, answers
        (room,) = house.gateway.serving.hub._rooms.values()
        assert len(room.followers) == 3
        for count in (1, 5000):
            await http.post("/notes/n1/words", json={"words": ["w"] * count})
            received = await asyncio.gather(*(entries(socket, head, count) for socket in sockets))
            head = received[0][-1]["offset"]


async def test_a_stream_deleted_while_one_begins_to_follow_it_is_not_there(
    house: House, http: httpx.AsyncClient, head: str, unhurried: Unhurried
) -> None:
    async with house.socket() as socket:
        unhurried.meanwhile = [nothing, partial(http.delete, "/notes/n1")]
        refused = await socket.ask("subscribe", {"streams": {"notes/n1": head}})
        assert [error["field"] for error in refused["payload"]["errors"]] == ["streams.notes/n1"]
        assert not house.gateway.serving.hub._rooms


async def test_one_that_leaves_while_it_begins_to_follow_is_forgotten(
    house: House, http: httpx.AsyncClient, head: str, unhurried: Unhurried
) -> None:
    hub = house.gateway.serving.hub
    left = asyncio.Event()

    async def leave() -> None:
        socket.connection.transport.abort()
        await until(lambda: not hub.connections)
        left.set()

    async with house.socket() as socket:
        unhurried.meanwhile = [leave]
        await socket.send("subscribe", {"streams": {"notes/n1": head}})
        await asyncio.wait_for(left.wait(), 50)
        await until(lambda: not house.gateway.serving.server.server_state.tasks)
    assert not hub._rooms


async def test_a_topic_that_cannot_be_read_is_not_subscribed_to(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    async def fail() -> None:
        raise StorageFailed("the disk is gone")

    async with house.socket() as socket:
        unhurried.meanwhile = [fail]
        assert (await socket.ask("subscribe", {"topics": ["notes"]}))["payload"]["code"] == "STORAGE_FAILED"
        assert not house.gateway.serving.hub._feeds
        assert (await socket.ask("subscribe", {"topics": ["notes"]}))["type"] == "ack"


async def test_of_two_who_watch_a_topic_one_may_stop(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as leaving, house.socket() as staying:
        for socket in (leaving, staying):
            await socket.ask("subscribe", {"topics": ["notes"]})
        await leaving.ask("unsubscribe", {"topics": ["notes", "never"], "streams": {"notes/never": None}})
        await http.post("/notes", json={"noteId": "n1"})
        assert (await staying.next("sync:invalidate"))["payload"]["topic"] == "notes"
        assert (await leaving.ask("ping"))["type"] == "pong"


async def test_who_stops_in_the_turn_in_which_a_topic_changes_is_told_nothing(
    house: House, http: httpx.AsyncClient
) -> None:
    hub = house.gateway.serving.hub
    async with house.socket() as socket:
        await socket.ask("subscribe", {"topics": ["notes"]})
        connection = server_side(house)
        storage = hub._storage_of(OWNER.space)

        def stop(revision: int) -> None:
            hub.unsubscribe(connection, "notes")

        unwatch = storage.watch("notes", stop)
        await http.post("/notes", json={"noteId": "n1"})
        unwatch()
        await socket.send("ping")
        assert (await socket.next())["type"] == "pong"


async def test_who_stops_to_follow_while_it_catches_up_gets_no_more(
    house: House, http: httpx.AsyncClient, head: str, unhurried: Unhurried
) -> None:
    async with sleeper(house) as slow:
        await slow.ask("subscribe", {"streams": {"notes/n1": head}})
        connection = server_side(house)
        await fill(http, connection)

        async def stop() -> None:
            house.gateway.serving.hub.unfollow(connection, "notes/n1")
            await slow.send("ping", id="last")

        unhurried.meanwhile = [stop]
        received = [await slow.next()]
        while received[-1].get("id") != "last":
            received.append(await slow.next())
        assert not unhurried.meanwhile
        assert 0 < len(received) < ROUNDS * len(BIG)
    assert not house.gateway.serving.hub._rooms


async def test_a_push_about_a_stream_that_nobody_follows_is_dropped(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as socket:
        assert (await socket.ask("notes:rename", {"noteId": "n1", "title": "new"}))["type"] == "ack"
        await socket.send("ping")
        assert (await socket.next())["type"] == "pong"


async def test_a_follower_is_pinged_by_the_clock_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.plugins.gateway.hub.PINGED_AT_ONCE", 1)
    async with house_with(heartbeat=0.01) as house, house.http() as http, house.socket() as socket:
        head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
        query = {"follow": "true", "after": head}
        async with http.stream("GET", "/notes/n1/entries", params=query) as answer:
            pieces = answer.aiter_bytes()
            assert [await anext(pieces) for _ in range(2)] == [b"\n", b"\n"]
        assert (await socket.ask("ping"))["type"] == "pong"
