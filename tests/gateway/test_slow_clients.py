"""Slow clients are degraded, never buffered without bound, and never cut for being slow; silent ones are."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from atrium.plugins.gateway.connection import Connection
from atrium.plugins.gateway.liveness import last_acknowledged
from tests.gateway.house import House, Socket, house_with, until

BIG = ["x" * 10_000] * 90
ROUNDS = 7


@asynccontextmanager
async def sleeper(house: House) -> AsyncIterator[Socket]:
    """A client with small buffers that reads only when asked to."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    narrow.connect(("127.0.0.1", house.port))
    narrow.setblocking(False)
    async with house.socket(sock=narrow, max_queue=1, ping_interval=None, close_timeout=0.1) as client:
        yield client


def server_side(house: House, number: int = 0) -> Connection:
    connection = list(house.gateway.serving.hub.connections)[number]
    assert isinstance(connection, Connection)
    return connection


async def say_much(house: House, http: httpx.AsyncClient, head: str) -> None:
    """Say more in a note than a slow client's buffers hold, as fast as a healthy one reads it."""
    async with house.socket() as healthy:
        await healthy.ask("subscribe", {"streams": {"notes/n1": head}})
        for _ in range(ROUNDS):
            await http.post("/notes/n1/words", json={"words": BIG})
            for _ in BIG:
                await healthy.next("stream:chunk")


async def test_a_slow_client_costs_little_hinders_nobody_and_catches_up(house: House, http: httpx.AsyncClient) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    async with sleeper(house) as slow:
        await slow.ask("subscribe", {"streams": {"notes/n1": head}, "topics": ["notes"]})
        connection = server_side(house)
        await say_much(house, http, head)
        await until(lambda: connection.behind)
        for number in range(20):
            assert (await http.post("/notes", json={"noteId": f"m{number}"})).status_code == 201
        assert connection.open
        assert connection.buffered < 4 * 65536
        assert len(connection.pending) == 1
        assert all(follower.tail is None for follower in connection.followers.values())

        offsets, revision = [head], ""
        snapshot = (await http.get("/topics/notes")).json()["revision"]
        while len(offsets) <= ROUNDS * len(BIG) or revision != snapshot:
            frame = await slow.next("stream:chunk", "sync:invalidate")
            if frame["type"] == "sync:invalidate":
                revision = frame["payload"]["revision"]
                continue
            assert frame["payload"]["prev"] == offsets[-1]
            offsets.append(frame["payload"]["offset"])
        assert (await slow.ask("ping"))["type"] == "pong"


async def test_history_beyond_the_ring_is_loaded_page_by_page(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    for _ in range(5):
        await http.post("/notes/n1/words", json={"words": ["w"] * 1000})
    async with house.socket() as socket_:
        await socket_.ask("subscribe", {"streams": {"notes/n1": "0"}})
        previous = "0"
        for _ in range(5001):
            entry = (await socket_.next("stream:chunk"))["payload"]
            assert entry["prev"] == previous
            previous = entry["offset"]


async def test_a_flood_of_frames_is_answered_in_order_and_bounded(house: House) -> None:
    async with sleeper(house) as flooder:
        for number in range(5000):
            await flooder.send("notes:shout", {"text": str(number)}, id=number)
        for number in range(5000):
            answer = await flooder.next()
            assert (answer["id"], answer["payload"]["text"]) == (number, str(number))


async def test_a_client_that_acknowledges_is_kept_and_a_silent_one_is_cut(house: House) -> None:
    async with house.socket() as client:
        await client.ask("ping")
        connection = server_side(house)
        loop = asyncio.get_running_loop()
        heard = last_acknowledged(connection._protocol.transport, loop)
        assert loop.time() - 5 < heard <= loop.time()

        connection._protocol.last_received = float("-inf")
        connection.ping(heard - 1)
        assert (await client.ask("ping"))["type"] == "pong"

        connection.ping(loop.time() + 60)
        with pytest.raises(ConnectionClosed):
            await client.next()
        assert client.connection.close_code == 1006
    await until(lambda: not house.gateway.serving.hub.connections)


async def test_pings_are_sent_each_interval() -> None:
    async with house_with(ping_interval=0.02) as house, house.socket() as client:
        pings = 0
        heard = asyncio.Event()
        original = client.connection.protocol.recv_frame

        def count(frame: object) -> None:
            nonlocal pings
            pings += getattr(frame, "opcode", None) == 9
            if pings >= 3:
                heard.set()
            original(frame)  # type: ignore[arg-type]  # as the protocol calls it

        client.connection.protocol.recv_frame = count  # type: ignore[method-assign]  # the test listens in
        await asyncio.wait_for(heard.wait(), 50)
        assert (await client.ask("ping"))["type"] == "pong"


async def test_a_client_that_pings_without_reading_costs_nothing(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with sleeper(house) as flooder:
        await flooder.ask("subscribe", {"streams": {"notes/n1": None}})
        for _ in range(ROUNDS):
            await http.post("/notes/n1/words", json={"words": BIG})
        connection = server_side(house)
        await until(lambda: connection.behind)
        before = connection.buffered
        for _ in range(2000):
            _ = await flooder.connection.ping()
        await until(lambda: connection.buffered <= before)
        assert connection.open


async def test_closing_frames_are_answered_and_nothing_is_written_after(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as client:
        await client.ask("subscribe", {"streams": {"notes/n1": None}, "topics": ["notes"]})
        connection = server_side(house)
        connection.close(1001, "test")
        connection.write(b"never")
        connection.close(1001, "again")
        await http.post("/notes/n1/words", json={"words": ["x"]})
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    await until(lambda: not house.gateway.serving.hub.connections)


async def test_text_that_is_not_utf8_closes_with_1007(house: House) -> None:
    async with house.socket() as client:
        client.connection.transport.write(b"\x81\x82\x00\x00\x00\x00\xff\xfe")
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


async def test_a_fragmented_message_is_whole(house: House) -> None:
    async with house.socket() as client:
        text = json.dumps({"type": "ping", "id": 1})
        await client.connection.send([text[:5], text[5:10], text[10:]])
        assert (await client.next())["type"] == "pong"
