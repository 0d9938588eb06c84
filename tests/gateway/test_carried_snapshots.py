"""Snapshots that go along with invalidations: to whom, how often they are read, and when they stay behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from atrium.plugins.gateway.connection import Connection
from atrium.sdk import StorageFailed
from tests.gateway.house import House, Socket, house_with, until
from tests.gateway.unhurried import Unhurried, slow_down

TAKEN = {"topics": ["notes"], "snapshots": True}


async def told(socket: Socket) -> Any:
    return (await socket.next("sync:invalidate"))["payload"]


def by_number(house: House, number: int) -> Connection:
    (found,) = (one for one in house.gateway.serving.hub.connections if one.number == number)
    assert isinstance(found, Connection)
    return found


async def add(http: httpx.AsyncClient, note: str, text: str = "") -> None:
    assert (await http.post("/notes", json={"noteId": note, "text": text})).status_code == 201


async def test_who_asks_for_it_gets_what_a_request_would_answer(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as taker, house.socket() as other:
        answer = await taker.ask("subscribe", TAKEN)
        assert answer["payload"]["topics"].keys() == {"notes"}
        await other.ask("subscribe", {"topics": ["notes"]})
        await add(http, "n1", "hé")
        event, plain = await told(taker), await told(other)
        snapshot = (await http.get("/topics/notes")).json()

    assert event["snapshot"] == snapshot
    assert event["revision"] == plain["revision"] == snapshot["revision"]
    assert "snapshot" not in plain


async def test_all_who_take_it_get_the_same_bytes_of_one_read(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(house.socket()) for _ in range(5)]
        for socket in sockets:
            await socket.ask("subscribe", TAKEN)
        before = unhurried.snapshots
        await add(http, "n1")
        frames = {await socket.connection.recv() for socket in sockets}
        assert len(frames) == 1
        assert unhurried.snapshots == before + 1


async def test_nothing_is_read_when_nobody_takes_it(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    async with house.socket() as socket:
        await socket.ask("subscribe", TAKEN)
        await socket.ask("subscribe", {"topics": ["notes"], "snapshots": False})
        before = unhurried.snapshots
        await add(http, "n1")
        assert "snapshot" not in await told(socket)
        assert unhurried.snapshots == before


async def test_subscribing_again_without_a_word_changes_nothing(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as socket:
        await socket.ask("subscribe", TAKEN)
        await socket.ask("subscribe", {"topics": ["notes"]})
        await add(http, "n1")
        assert "snapshot" in await told(socket)
        await socket.ask("unsubscribe", {"topics": ["notes"]})
        await socket.ask("subscribe", {"topics": ["notes"]})
        await add(http, "n2")
        assert "snapshot" not in await told(socket)


async def test_changes_during_a_read_cost_one_more(house: House, http: httpx.AsyncClient, unhurried: Unhurried) -> None:
    async def change_twenty_times() -> None:
        for number in range(20):
            await add(http, f"m{number}")

    async with house.socket() as socket:
        await socket.ask("subscribe", TAKEN)
        before, unhurried.meanwhile = unhurried.snapshots, [change_twenty_times]
        await add(http, "n1")
        events = [await told(socket)]
        while len(events[-1]["snapshot"]["data"]) < 21:
            events.append(await told(socket))
        assert unhurried.snapshots - before == len(events) <= 2
    assert [event["revision"] for event in events] == [event["snapshot"]["revision"] for event in events]


async def test_a_large_one_stays_behind_and_is_not_read_again_until_somebody_comes() -> None:
    async with house_with(write_buffer_limit=1024) as house, house.http() as http:
        storage = slow_down(house.gateway.serving.hub)
        async with house.socket() as socket, house.socket() as late:
            await socket.ask("subscribe", TAKEN)
            for number in range(9):
                await add(http, f"n{number}", "x" * 100)
            revision = (await http.get("/topics/notes")).json()["revision"]
            while (event := await told(socket))["revision"] != revision:
                continue
            assert "snapshot" not in event
            before = storage.snapshots
            await add(http, "one-more")
            assert "snapshot" not in await told(socket)
            assert storage.snapshots == before

            for number in range(9):
                await http.delete(f"/notes/n{number}")
            await late.ask("subscribe", TAKEN)
            await add(http, "small-again")
            assert "snapshot" in await told(late)


async def test_one_that_cannot_be_read_does_not_keep_the_event_back(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    async def fail() -> None:
        raise StorageFailed("the disk is gone")

    async def fail_badly() -> None:
        raise RuntimeError("a fault of ours")

    async with house.socket() as socket:
        await socket.ask("subscribe", TAKEN)
        for number, failure in enumerate((fail, fail_badly)):
            unhurried.meanwhile = [failure]
            await add(http, f"n{number}")
            event = await told(socket)
            assert "snapshot" not in event
            assert event["revision"] == (await http.get("/topics/notes")).json()["revision"]
        await add(http, "n3")
        assert "snapshot" in await told(socket)


async def test_what_is_deleted_is_told_without_one(house: House, http: httpx.AsyncClient) -> None:
    await add(http, "n1")
    async with house.socket() as socket:
        await socket.ask("subscribe", {"topics": ["notes/n1"], "snapshots": True})
        await http.delete("/notes/n1")
        event = await told(socket)
    assert event["topic"] == "notes/n1"
    assert "snapshot" not in event


async def test_for_who_is_behind_only_the_latest_revision_is_kept(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    async with house.socket() as slow, house.socket() as healthy:
        await slow.ask("subscribe", TAKEN)
        connection = by_number(house, 1)
        await healthy.ask("subscribe", TAKEN)
        connection.paused()
        last = ""
        for number in range(5):
            await add(http, f"n{number}")
            last = (await told(healthy))["revision"]
        await healthy.ask("unsubscribe", {"topics": ["notes"]})
        before = unhurried.snapshots
        await add(http, "n5")
        await until(lambda: json.loads(connection.pending["topic", "notes"][4:])["payload"]["revision"] != last)
        assert unhurried.snapshots == before
        assert len(connection.pending) == 1
        connection.resumed()
        event = await told(slow)
        assert "snapshot" not in event
        assert event["revision"] == (await http.get("/topics/notes")).json()["revision"]
        await add(http, "n6")
        assert len((await told(slow))["snapshot"]["data"]) == 7


async def test_a_read_ends_when_nobody_waits_for_it_any_more(
    house: House, http: httpx.AsyncClient, unhurried: Unhurried
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def take_for_ever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with house.socket() as socket:
        await socket.ask("subscribe", TAKEN)
        unhurried.meanwhile = [take_for_ever]
        await add(http, "n1")
        await asyncio.wait_for(begun.wait(), 50)
    await asyncio.wait_for(ended.wait(), 50)
    assert not house.gateway.serving.hub._feeds


@pytest.mark.parametrize("wrong", ["yes", 1, [], {}])
async def test_the_wish_is_true_or_false(house: House, wrong: Any) -> None:
    async with house.socket() as socket:
        refused = await socket.ask("subscribe", {"topics": ["notes"], "snapshots": wrong})
        assert refused["payload"]["errors"] == [{"field": "snapshots", "message": "should be true or false"}]
        assert not house.gateway.serving.hub._feeds


async def test_each_person_gets_what_is_their_own(house: House, http: httpx.AsyncClient) -> None:
    code, origin = house.gateway.serving.identity.issue_code("guest"), {"Origin": house.address}
    async with house.http(signed_in=False) as guest, house.socket() as owners:
        await guest.post("/auth/login", json={"code": code}, headers=origin)
        ticket = (await guest.post("/auth/ticket", headers=origin)).json()["ticket"]
        async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream?token={ticket}", proxy=None) as connection:
            guests = Socket(connection)
            for socket in (owners, guests):
                await socket.ask("subscribe", TAKEN)
            await add(http, "owners")
            await guest.post("/notes", json={"noteId": "guests"}, headers=origin)
            for socket, own in ((owners, "owners"), (guests, "guests")):
                assert [note["id"] for note in (await told(socket))["snapshot"]["data"]] == [own]


async def test_who_follows_a_stream_comes_along_too(house: House, http: httpx.AsyncClient) -> None:
    await add(http, "n1")
    async with house.socket() as watching, house.socket() as following:
        await watching.ask("subscribe", {"topics": ["notes/n1/presence"], "snapshots": True})
        await following.ask("subscribe", {"streams": {"notes/n1": None}})
        event = await told(watching)
        assert event["snapshot"] == (await http.get("/topics/notes/n1/presence")).json()
        assert len(event["snapshot"]["data"]["followers"]) == 1


async def test_of_many_topics_no_more_is_written_than_the_client_takes(house: House, http: httpx.AsyncClient) -> None:
    names = [f"n{number}" for number in range(5)]
    for name in names:
        await add(http, name)
    async with house.socket() as slow:
        await slow.ask("subscribe", {"topics": [f"notes/{name}" for name in names], "snapshots": True})
        connection = by_number(house, 1)
        connection.paused()
        for name in names:
            await add(http, name, "changed")
        await until(lambda: len(connection.pending) == len(names))
        write = connection.transport_write

        def write_and_be_full(data: Any) -> None:
            write(data)
            connection.paused()

        connection.transport_write = write_and_be_full
        for left in reversed(range(len(names))):
            connection.resumed()
            await told(slow)
            assert len(connection.pending) == left
