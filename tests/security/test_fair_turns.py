"""S12: who floods the hub with small parts takes one turn among the others, whatever the parts are."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from atrium.plugins.gateway.commands import NAMES_PER_TURN
from atrium.plugins.gateway.intake import PARTS_PER_TURN, PIECE_BYTES
from atrium.plugins.gateway.protocols import HttpProtocol, SocketProtocol
from tests.gateway.house import UPGRADE, House, house_with, read_answer, until
from tests.security.hostile import CLOSE, PING, PONG, TEXT, Line, close_code, frame, next_frame, send

FLOOD = 60_000
MOST_FRAMES = PARTS_PER_TURN + PIECE_BYTES // 6
CONTINUATION = 0


@asynccontextmanager
async def bare_socket(house: House) -> AsyncIterator[tuple[Line, SocketProtocol]]:
    """Open a WebSocket that the test writes bytes to; with the hub's end of it."""
    before = set(house.gateway.serving.server.server_state.connections)
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    try:
        writer.write(house.head("GET", "/api/v1/stream", *UPGRADE))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        (protocol,) = set(house.gateway.serving.server.server_state.connections) - before
        assert isinstance(protocol, SocketProtocol)
        yield (reader, writer), protocol
    finally:
        writer.transport.abort()


@asynccontextmanager
async def each_turn(count: Callable[[], int]) -> AsyncIterator[list[int]]:
    """Note a number in every turn of the loop that the hub and its clients share."""
    loop = asyncio.get_running_loop()
    noted: list[int] = []
    handle = loop.call_soon(lambda: None)

    def note() -> None:
        nonlocal handle
        noted.append(count())
        handle = loop.call_soon(note)

    note()
    try:
        yield noted
    finally:
        handle.cancel()


def most_in_a_turn(noted: list[int]) -> int:
    return max(after - before for before, after in pairwise(noted))


async def test_while_a_flood_of_frames_is_parsed_others_are_answered() -> None:
    async with house_with() as house, house.socket() as honest, bare_socket(house) as ((_, writer), protocol):
        async with each_turn(lambda: protocol.frames_received) as noted:
            writer.write(frame(b"", PONG) * FLOOD)
            await until(lambda: protocol.frames_received)
            for _ in range(10):
                assert (await honest.ask("ping"))["type"] == "pong"
            answered_at = protocol.frames_received
            await until(lambda: protocol.frames_received == FLOOD)
        assert answered_at < FLOOD, "the others waited until the flood was over"
        assert most_in_a_turn(noted) <= MOST_FRAMES


async def test_nothing_of_a_flood_is_lost_or_out_of_order() -> None:
    total = 2000
    async with house_with() as house, bare_socket(house) as ((reader, writer), _):
        writer.write(b"".join(frame(b'{"type":"ping","id":%d}' % number) for number in range(total)))
        for number in range(total):
            assert b'"id":%d,' % number in (await next_frame(reader))[1]


async def test_frames_that_are_handled_take_turns_with_the_others() -> None:
    total = 2000
    async with house_with() as house, house.socket() as honest, bare_socket(house) as ((reader, writer), _):
        writer.write(b"".join(frame(b'{"type":"ping","id":%d}' % number) for number in range(total)))
        reading = asyncio.create_task(_read(reader, total))
        for _ in range(10):
            assert (await honest.ask("ping"))["type"] == "pong"
        assert not reading.done(), "the others waited until the flood was over"
        await reading


async def test_pings_of_the_protocol_are_answered_a_few_in_each_turn() -> None:
    async with house_with() as house, bare_socket(house) as ((reader, writer), protocol):
        async with each_turn(lambda: protocol.frames_received) as noted:
            writer.write(frame(b"", PING) * FLOOD)
            assert await next_frame(reader) == (PONG, b"")
            await until(lambda: protocol.frames_received == FLOOD)
        assert most_in_a_turn(noted) <= MOST_FRAMES


async def test_a_message_in_crumbs_closes_the_socket_and_nobody_else_waits() -> None:
    crumbs = frame(b"x", TEXT, final=False) + frame(b"", CONTINUATION, final=False) * FLOOD
    async with house_with() as house, house.socket() as honest, bare_socket(house) as ((reader, writer), protocol):
        sending = asyncio.create_task(send(writer, [crumbs]))
        for _ in range(3):
            assert (await honest.ask("ping"))["type"] == "pong"
        opcode, payload = await next_frame(reader)
        assert (opcode, payload[:2]) == (CLOSE, (1008).to_bytes(2, "big"))
        assert b"at most 4096 fragments" in payload
        assert protocol.frames_received <= 4096 + 1 + PIECE_BYTES // 6
        await until(lambda: protocol.disconnected)
        assert (await honest.ask("ping"))["type"] == "pong"
        sending.cancel()


async def test_a_message_may_come_in_as_many_fragments_as_the_setting_says() -> None:
    text = b'{"type":"ping","id":1}'
    parts = [frame(text[:1], TEXT, final=False), *(frame(text[n : n + 1], 0, final=False) for n in range(1, 9))]
    whole = [*parts, frame(text[9:], 0)]
    async with house_with(max_fragments=10) as house, bare_socket(house) as ((reader, writer), _):
        writer.write(b"".join(whole))
        assert b"pong" in (await next_frame(reader))[1]
        writer.write(b"".join([*parts, frame(text[9:10], 0, final=False), frame(text[10:], 0)]))
        assert await close_code(reader) == 1008


async def test_a_frame_of_many_names_takes_turns_and_leaves_nothing_when_its_client_leaves() -> None:
    names = [f"t{number}" for number in range(200)]
    async with house_with() as house, house.http() as http, house.socket() as honest, bare_socket(house) as (line, _):
        for name in names:
            await http.post("/notes", json={"noteId": name, "text": "x"})
        hub = house.gateway.serving.hub
        connection = max(hub.connections, key=lambda one: one.number)
        subscribe = {"type": "subscribe", "payload": {"topics": [f"notes/{name}" for name in names]}}
        async with each_turn(lambda: len(connection.watched)) as noted:
            line[1].write(frame(json.dumps(subscribe).encode()))
            await until(lambda: connection.watched)
            assert (await honest.ask("ping"))["type"] == "pong"
            await until(lambda: len(connection.watched) == len(names))
        assert most_in_a_turn(noted) <= NAMES_PER_TURN
        line[1].write(frame(json.dumps({**subscribe, "type": "unsubscribe"}).encode()))
        await until(lambda: not connection.watched)
        line[1].write(frame(json.dumps(subscribe).encode()))
        await until(lambda: connection.watched)
        connection.abort()
        await until(lambda: not connection.open)
        for _ in names:
            await asyncio.sleep(0)
        assert not hub._feeds


async def test_requests_sent_ahead_are_parsed_a_few_in_each_turn_and_answered_in_order() -> None:
    total = 1500
    async with house_with() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        await until(lambda: house.gateway.serving.server.server_state.connections)
        (protocol,) = house.gateway.serving.server.server_state.connections
        assert isinstance(protocol, HttpProtocol)
        async with each_turn(lambda: protocol.requests_begun) as noted:
            writer.write(b"GET / HTTP/1.1\r\n\r\n" * total)
            for _ in range(total):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 421 ")
                (length,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                await reader.readexactly(int(length.partition(b":")[2]))
        assert most_in_a_turn(noted) <= PARTS_PER_TURN + PIECE_BYTES // 18
        writer.close()


async def _read(reader: asyncio.StreamReader, count: int) -> None:
    for _ in range(count):
        await next_frame(reader)


@pytest.mark.parametrize("seed", range(2))
async def test_requests_sent_ahead_are_all_answered_however_their_bytes_come(seed: int) -> None:
    dice = random.Random(seed)
    sizes = [dice.choice((0, 10, 1000, 5000, 70_000, 300_000)) for _ in range(40)]
    async with house_with() as house:
        requests = b"".join(_note(house, number, size) for number, size in enumerate(sizes))
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        sending = asyncio.create_task(send(writer, _pieces(requests, dice)))
        for number, size in enumerate(sizes):
            _, _, body = await read_answer(reader)
            said = json.loads(body)
            # A note has at most 100 characters.
            assert said.get("noteId", said.get("detail")) == (f"it has {size}" if size > 100 else f"n{number}")
        await sending
        writer.close()


def _note(house: House, number: int, size: int) -> bytes:
    body = json.dumps({"noteId": f"n{number}", "text": "x" * size}).encode()
    kind, length = "Content-Type: application/json", f"Content-Length: {len(body)}"
    return house.head("POST", "/api/v1/notes", kind, length) + body


def _pieces(data: bytes, dice: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = dice.choice((7, 1023, 1024, 1025, 60_000, 500_000))
        yield data[at : at + size]
        at += size
