"""A lean client that follows one stream over a bare connection: a thousand of them fit into a test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Literal

import orjson

from tests.network.place import UPGRADE, Place

Transport = Literal["websocket", "sse", "ndjson"]
TRANSPORTS: tuple[Transport, ...] = ("websocket", "sse", "ndjson")
Entry = dict[str, Any]

FIELDS = ("specversion", "id", "type", "source", "subject", "time", "data", "offset", "prev")
ENDLESS = 1 << 62
LOST = (OSError, asyncio.IncompleteReadError)
PING, CLOSE = 9, 8


class Refused(ConnectionError):
    """The hub answered, but did not let the client follow."""


class Screen:
    """Follows a stream and keeps every entry that came, whatever it says; goes on from its cursor after a loss.

    `patience`: seconds without a byte after which it takes the link for dead. `goal`: the offset at which it stops to
    read; it may be changed while it reads. While `awake` is not set it reads nothing, and keeps its connection.
    `looked_up` is set whenever an entry has come. `new_socket` may make sockets in another network.
    """

    def __init__(
        self,
        find: Callable[[], Place],
        transport: Transport,
        after: int = 0,
        patience: float | None = None,
        new_socket: Callable[[], socket.socket] = socket.socket,
    ) -> None:
        self.transport = transport
        self.after = self.cursor = after
        self.seen: list[Entry] = []
        self.connections = 0
        self.goal = ENDLESS
        self.awake = asyncio.Event()
        self.awake.set()
        self.looked_up = asyncio.Event()
        self._find = find
        self._patience = patience
        self._new_socket = new_socket
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None
        self._rest = b""

    async def connect(self, narrow: int | None = None) -> None:
        """Follow from the cursor; `narrow` is the size of the socket's receive buffer."""
        place = self._find()
        # With the smallest limit the reader stops reading as soon as nobody asks: what waits then waits in the kernel.
        limit = 1 << 16 if narrow is None else narrow
        link = await _connected(self._new_socket(), place, narrow)
        self._reader, self._writer = await asyncio.open_connection(sock=link, limit=limit)
        self._rest = b""
        if self.transport == "websocket":
            self._writer.write(place.head("GET", "/stream", *UPGRADE))
            self._check(await self._reader.readuntil(b"\r\n\r\n"), 101)
            self._send(orjson.dumps({"type": "subscribe", "payload": {"streams": {place.stream: str(self.cursor)}}}))
        else:
            self._writer.write(self.question(place))
            self._check(await self._reader.readuntil(b"\r\n\r\n"), 200)
        self.connections += 1

    async def read(self, last: int = ENDLESS) -> None:
        """Read until the entry at this offset or beyond has come; the loss of the connection ends it too."""
        self.goal = last
        try:
            await self._read()
        except LOST:
            return

    async def follow(self, last: int = ENDLESS, narrow: int | None = None) -> None:
        """Read until the entry at this offset has come, over as many connections as that takes."""
        self.goal = last
        while self.cursor < self.goal:
            try:
                async with asyncio.timeout(self._patience):
                    await self.connect(narrow)
                await self._read()
            except LOST:
                # A hub that restarts has no address or refuses: others run before the next try.
                await asyncio.sleep(0.01)
            finally:
                self.cut()

    def cut(self) -> None:
        """Cut the connection in whatever it is doing; what is not read yet is lost."""
        if self._writer is not None:
            self._writer.transport.abort()

    def question(self, place: Place) -> bytes:
        """Return the request for the entries beyond the cursor as events or lines."""
        if self.transport == "sse":
            lines = ("Accept: text/event-stream", f"Last-Event-ID: {self.cursor}")
            return place.head("GET", f"{place.entries}?follow=true", *lines)
        return place.head("GET", f"{place.entries}?follow=true&after={self.cursor}", "Accept: application/x-ndjson")

    def _check(self, head: bytes, status: int) -> None:
        if not head.startswith(b"HTTP/1.1 %d " % status):
            raise Refused(head.decode("latin-1"))

    def _send(self, payload: bytes, opcode: int = 1) -> None:
        assert self._writer is not None
        assert len(payload) < 1 << 16
        length = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self._writer.write(bytes((0x80 | opcode,)) + length + bytes(4) + payload)

    async def _read(self) -> None:
        while self.cursor < self.goal:
            await self.awake.wait()
            self._take(await self._next())

    async def _next(self) -> Entry:
        async with asyncio.timeout(self._patience):
            return await (self._chunk() if self.transport == "websocket" else self._line())

    async def _chunk(self) -> Entry:
        """Return the next entry of a WebSocket."""
        while True:
            opcode, payload = await self._frame()
            if opcode == CLOSE:
                raise ConnectionResetError(payload[2:].decode())
            if opcode == PING:
                self._send(payload, 10)
                continue
            frame = orjson.loads(payload)
            assert frame["type"] not in {"stream:reset", "error"}, frame
            if frame["type"] == "stream:chunk":
                chunk: Entry = frame["payload"]
                return chunk

    async def _frame(self) -> tuple[int, bytes]:
        first, length = await self._reader.readexactly(2)
        if length >= 126:
            length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
        return first & 15, await self._reader.readexactly(length)

    async def _line(self) -> Entry:
        """Return the next entry of an HTTP answer: a line of NDJSON, or the data of an event."""
        event_id = b""
        while True:
            line = await self._whole_line()
            if line.startswith(b"id: "):
                event_id = line[4:]
            elif line.startswith((b"{", b"data: ")):
                entry: Entry = orjson.loads(line.removeprefix(b"data: "))
                assert self.transport == "ndjson" or event_id == entry["offset"].encode()
                return entry

    async def _whole_line(self) -> bytes:
        """Return the next line, wherever the chunks of the transfer encoding end."""
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if found:
                self._rest = rest
                return line
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            if not size:
                raise ConnectionResetError("the answer ended")
            self._rest += await self._reader.readexactly(size)
            await self._reader.readexactly(2)

    def _take(self, entry: Entry) -> None:
        self.seen.append({name: entry[name] for name in FIELDS})
        self.cursor = int(entry["offset"])
        self.looked_up.set()


async def _connected(link: socket.socket, place: Place, narrow: int | None) -> socket.socket:
    link.setblocking(False)
    try:
        if narrow is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, narrow)
        await asyncio.get_running_loop().sock_connect(link, (place.address, place.port))
    except BaseException:
        link.close()
        raise
    return link
