"""A real hub with short limits, and clients over bare sockets that keep to no rules."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil

from atrium.testing.daemon import DaemonProcess
from tests.network.hub import hub_at, port_of, token_of
from tests.network.place import UPGRADE

SETTINGS = {"header_timeout": 1.0, "body_timeout": 1.0, "max_subscriptions": 50, "frames_per_second": 10_000.0}
GROWTH = 24 << 20
"""Bytes by which the hub may grow at its peak, however much is sent: a few requests of the largest size."""
SECONDS = 20.0
NARROW = 4096

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Target:
    """The hub that is attacked."""

    def __init__(self, daemon: DaemonProcess) -> None:
        self.port = port_of(daemon)
        self.token = token_of(daemon)
        self._process = psutil.Process(daemon.pid)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """Return the head of a request with the token."""
        first = (f"{method} /api/v1{path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *lines)
        return "\r\n".join([*first, f"Authorization: Bearer {self.token}", "", ""]).encode()

    def open_files(self) -> int:
        return self._process.num_fds()

    def cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @contextmanager
    def bounded(self, growth: int = GROWTH) -> Iterator[None]:
        """Check that the peak of the hub's memory within the block is near what it was before."""
        status, pid = Path(f"/proc/{self._process.pid}/status"), self._process.pid
        before = self._process.memory_info().rss
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        yield
        (peak,) = [int(line.split()[1]) << 10 for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        assert peak - before < growth, f"the hub grew by {(peak - before) >> 20} MiB"

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """Open a bare connection with a small buffer: what is not read soon waits at the hub."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        plain.connect(("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=NARROW)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def ask(self, *pieces: bytes) -> tuple[int, dict[str, Any]]:
        """Send a request piece by piece, as long as they are taken; return the status and the problem.

        The answer may come in the middle, and then a reset: a bare socket still has what came before it.
        """
        loop = asyncio.get_running_loop()
        with socket.socket() as plain:
            plain.setblocking(False)
            await loop.sock_connect(plain, ("127.0.0.1", self.port))
            reader = asyncio.StreamReader()
            both = (asyncio.create_task(_send_plain(plain, pieces)), asyncio.create_task(_read_plain(plain, reader)))
            try:
                return await answer(reader)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Line]:
        """Open a WebSocket and leave the frames to the test."""
        async with self.line() as (reader, writer):
            writer.write(self.head("GET", "/stream", *UPGRADE))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            yield reader, writer

    async def is_well(self) -> None:
        """Check that another client is answered soon."""
        async with asyncio.timeout(5):
            status, _ = await self.ask(self.head("GET", "/health"))
        assert status == 200


@asynccontextmanager
async def target_at(home: Path, **settings: Any) -> AsyncIterator[Target]:
    """Run a hub that has answered everything once: what is imported late counts as nobody's growth."""
    async with hub_at(home, **{**SETTINGS, **settings}) as daemon:
        target = Target(daemon)
        await target.ask(*post(target, "/notes", b'{"noteId": "n1"}'))
        async with target.socket() as (reader, writer):
            writer.write(frame(b'{"type": "ping", "id": 1}'))
            await next_frame(reader)
        yield target


def post(target: Target, path: str, body: bytes, *lines: str) -> tuple[bytes, bytes]:
    """Return a request with a body of JSON in two pieces."""
    more = (f"Content-Length: {len(body)}", *(lines or ("Content-Type: application/json",)))
    return target.head("POST", path, *more), body


async def send(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    """Send as much as is taken."""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    except OSError:
        return


async def _send_plain(plain: socket.socket, pieces: Iterable[bytes]) -> None:
    loop = asyncio.get_running_loop()
    try:
        for piece in pieces:
            await loop.sock_sendall(plain, piece)
    except OSError:
        return


async def _read_plain(plain: socket.socket, reader: asyncio.StreamReader) -> None:
    loop = asyncio.get_running_loop()
    try:
        while data := await loop.sock_recv(plain, 1 << 16):
            reader.feed_data(data)
    except OSError:
        pass
    reader.feed_eof()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of an answer."""
    async with asyncio.timeout(SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
        body = await reader.readexactly(length)
    return int(head.split()[1]), json.loads(body) if body else {}


def frame(payload: bytes, opcode: int = TEXT, *, final: bool = True, length: int | None = None) -> bytes:
    """Return a masked frame; `length` is what it says of itself."""
    size = len(payload) if length is None else length
    first = (0x80 if final else 0) | opcode
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


async def next_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the opcode and the payload of the hub's next frame."""
    async with asyncio.timeout(SECONDS):
        first, length = await reader.readexactly(2)
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        return first & 15, await reader.readexactly(length)


async def close_code(reader: asyncio.StreamReader) -> int:
    """Read until the Close frame; return its code."""
    while True:
        opcode, payload = await next_frame(reader)
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big")


async def settles(condition: Callable[[], bool]) -> None:
    """Wait for something outside this process that nothing announces."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
