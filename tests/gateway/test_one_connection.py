"""Several requests on one HTTP connection: before, during and after an answer that goes on for long."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from atrium.plugins.gateway.entry_stream import StreamConnection
from atrium.plugins.gateway.protocols import HttpProtocol
from tests.gateway.house import House, house_with, read_answer, until

FOLLOW = "/api/v1/notes/n1/entries?follow=true"
LAST_CHUNK = b"\r\n0\r\n\r\n"
NARROW = 1 << 16
"""What a connection takes that does not read: far less than what waits for it."""


class Line:
    """A bare connection to the hub."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        return await read_answer(self.reader)

    async def entry(self) -> Any:
        """Return the next entry of a chunked answer, None at its end."""
        async with asyncio.timeout(50):
            length = int(await self.reader.readline(), 16)
            chunk = await self.reader.readexactly(length + 2)
        return json.loads(chunk) if length else None

    async def until(self, last: bytes) -> bytes:
        """Return what comes up to these bytes."""
        received = bytearray()
        async with asyncio.timeout(30):
            while not received.endswith(last):
                received += await self.reader.read(1 << 16)
        return bytes(received)

    async def end(self) -> bytes:
        """Return what comes until the hub closes the connection."""
        async with asyncio.timeout(50):
            return await self.reader.read()


@asynccontextmanager
async def line_to(house: House, narrow: int | None = None) -> AsyncIterator[Line]:
    plain = socket.socket()
    if narrow is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, narrow)
    plain.connect(("127.0.0.1", house.port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=narrow or 1 << 20)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


@pytest.fixture
async def note(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})


def protocols(house: House) -> list[HttpProtocol]:
    return [one for one in house.gateway.serving.server.server_state.connections if isinstance(one, HttpProtocol)]


@pytest.mark.usefixtures("note")
async def test_the_next_request_is_answered_after_a_stream_has_ended(house: House, http: httpx.AsyncClient) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW))
        assert (await line.answer())[0] == 200
        assert (await line.entry())["type"] == "notes.note.added.v1"
        await http.delete("/notes/n1")
        assert (await line.entry())["type"] == "notes.note.deleted.v1"
        assert await line.entry() is None

        for note_id in ("n2", "n3"):
            line.send(house.head("GET", f"/api/v1/notes?minWords={note_id[1]}"))
            status, _, body = await line.answer()
            assert (status, json.loads(body)["minWords"]) == (200, int(note_id[1]))
    await until(lambda: not house.gateway.serving.hub.connections)


@pytest.mark.usefixtures("note")
async def test_requests_sent_while_a_stream_goes_on_are_answered_after_it(
    house: House, http: httpx.AsyncClient
) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW), house.head("GET", "/api/v1/notes?minWords=7"))
        assert (await line.answer())[0] == 200
        assert (await line.entry())["type"] == "notes.note.added.v1"
        line.send(house.head("GET", "/api/v1/notes?minWords=8"))
        await http.post("/notes/n1/words", json={"words": ["while others wait"]})
        assert (await line.entry())["data"] == {"word": "while others wait"}
        await http.delete("/notes/n1")
        assert (await line.entry())["type"] == "notes.note.deleted.v1"
        assert await line.entry() is None

        answers = [await line.answer() for _ in range(2)]
        assert [(status, json.loads(body)["minWords"]) for status, _, body in answers] == [(200, 7), (200, 8)]


@pytest.mark.usefixtures("note")
async def test_a_client_that_wants_the_connection_closed_gets_it_closed_after_the_stream(
    house: House, http: httpx.AsyncClient
) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW, "Connection: close"))
        assert (await line.answer())[1]["connection"] == "close"
        assert (await line.entry())["type"] == "notes.note.added.v1"
        await http.delete("/notes/n1")
        assert (await line.end()).endswith(LAST_CHUNK)


@pytest.mark.usefixtures("note")
async def test_what_is_not_http_cuts_a_stream_and_is_not_mixed_into_it(house: House) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW))
        assert (await line.answer())[0] == 200
        assert (await line.entry())["type"] == "notes.note.added.v1"
        line.send(b"\x16\x03\x01 hello\r\n\r\n")
        assert await line.end() == b""
    await until(lambda: not house.gateway.serving.hub.connections)


async def test_a_second_head_is_bounded_in_size_like_the_first() -> None:
    async with house_with(max_header_bytes=2048) as house, line_to(house) as line:
        line.send(house.head("GET", "/health"), house.head("GET", "/health", f"X-Filler: {'x' * 1000}"))
        assert [(await line.answer())[0] for _ in range(2)] == [200, 200]
        line.send(house.head("GET", "/health", f"X-Filler: {'x' * 2048}"))
        status, headers, _ = await line.answer()
        assert (status, headers["connection"]) == (431, "close")
        assert await line.end() == b""


async def test_a_connection_that_asks_nothing_is_closed_without_a_trace(house: House) -> None:
    async with line_to(house):
        await until(lambda: protocols(house))
    await until(lambda: not protocols(house))


@pytest.mark.parametrize("sent", [b"", b"{"])
async def test_a_client_that_leaves_before_its_body_is_whole_is_no_error(
    house: House, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "atrium.plugins.gateway.edge")
    async with line_to(house) as line:
        line.send(house.head("POST", "/api/v1/notes", "Content-Length: 10"), sent)
        await until(lambda: house.gateway.serving.server.server_state.tasks)
    await until(lambda: "client left before its request was answered" in caplog.messages)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.usefixtures("note")
async def test_a_request_for_a_stream_may_have_a_body(house: House, http: httpx.AsyncClient) -> None:
    answer = await http.request("GET", "/notes/n1/entries", content=b"{}")

    assert [json.loads(line)["type"] for line in answer.text.splitlines()] == ["notes.note.added.v1"]


@pytest.mark.usefixtures("note")
async def test_a_long_answer_waits_for_its_reader(house: House, http: httpx.AsyncClient) -> None:
    for _ in range(7):
        await http.post("/notes/n1/words", json={"words": ["x" * 10_000] * 90})
    async with line_to(house, NARROW) as line:
        line.send(house.head("GET", "/api/v1/notes/n1/entries"))
        assert (await line.answer())[0] == 200
        await until(lambda: any(one.flow.write_paused for one in protocols(house)))
        assert sum(one.transport.get_write_buffer_size() for one in protocols(house)) < 300_000
        received = await line.until(LAST_CHUNK)
    assert received.count(b'"notes.word.added.v1"') == 7 * 90


@pytest.mark.usefixtures("note")
async def test_a_long_answer_ends_when_its_reader_leaves_or_the_hub_stops(
    house: House, http: httpx.AsyncClient
) -> None:
    for _ in range(7):
        await http.post("/notes/n1/words", json={"words": ["x" * 10_000] * 90})
    streams = house.gateway.serving.entry_streams
    async with line_to(house, NARROW) as leaving, line_to(house, 4096) as staying:
        for line in (leaving, staying):
            line.send(house.head("GET", "/api/v1/notes/n1/entries", "Content-Length: 2"), b"{}")
            assert (await line.answer())[0] == 200
        await until(lambda: sum(one.flow.write_paused for one in protocols(house)) == 2)
        leaving.writer.transport.abort()
        await until(lambda: len(streams._open) == 1)
        stopping = asyncio.create_task(house.runtime.stop())
        rest = await staying.end()
        await stopping
    assert 0 < rest.count(b'"notes.word.added.v1"') < 7 * 90


@pytest.mark.usefixtures("note")
async def test_a_stream_that_is_cut_and_ends_at_once_is_just_cut(house: House) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW))
        assert (await line.answer())[0] == 200
        (connection,) = house.gateway.serving.hub.connections
        connection.abort()
        connection.close(1012, "the hub is restarting")
        assert not connection.open
        assert not (await line.end()).endswith(LAST_CHUNK)


@pytest.mark.usefixtures("note")
@pytest.mark.parametrize("media_type", ["text/event-stream", "application/x-ndjson"])
async def test_a_half_open_stream_is_cut_and_one_that_acknowledges_is_kept(house: House, media_type: str) -> None:
    loop = asyncio.get_running_loop()
    async with line_to(house) as line:
        line.send(house.head("GET", FOLLOW, f"Accept: {media_type}"))
        assert (await line.answer())[0] == 200
        (connection,) = house.gateway.serving.hub.connections
        assert isinstance(connection, StreamConnection)
        assert loop.time() - 5 < connection.last_heard <= loop.time()

        connection.ping(connection.last_heard - 1)
        assert connection.open
        connection.ping(loop.time() + 60)
        assert not (await line.end()).endswith(LAST_CHUNK)
    await until(lambda: not house.gateway.serving.hub.connections)
