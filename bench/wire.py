"""The least of HTTP and WebSocket that a load needs, so that the client is not what is measured.

Answers are found by their length, frames are counted by what is in them and not decoded: about 20 microseconds of the
client's CPU for a message of 20 tokens.
"""

from __future__ import annotations

import asyncio
import base64
import os
from typing import cast

TOKENS = 20
DELTA = b'"sessions.message.delta.v1"'
END = b'"sessions.turn.completed.v1"'
_LONGEST = max(len(DELTA), len(END))


class Answers(asyncio.Protocol):
    """A kept-alive HTTP/1.1 connection: one request at a time, each answered with a body of a stated length."""

    def __init__(self) -> None:
        self.closed = False
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Look whether the answer is whole."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head) and self._answer is not None:
            self._buffer = b""
            answer, self._answer = self._answer, None
            status = int(head.split(b" ", 2)[1])
            if 200 <= status < 300:
                answer.set_result(body)
            else:
                answer.set_exception(RuntimeError(f"answered {status}: {body!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request that waits."""
        self.closed = True
        if self._answer is not None:
            self._answer.set_exception(ConnectionError("the server closed the connection"))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()


class Follower(asyncio.Protocol):
    """A WebSocket that counts the deltas and ends of turns that it is sent."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.deltas = 0
        self.ends = 0
        self._rest = b""
        self._awaited: asyncio.Future[None] | None = None
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Count what has come; what is cut between two reads is counted with the second."""
        data = self._rest + data
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self._open(head)
        deltas, ends = data.count(DELTA), data.count(END)
        self.deltas += deltas
        self.ends += ends
        last = max(data.rfind(DELTA), data.rfind(END))
        start = max(len(data) - _LONGEST + 1, last + 1, 0)
        self._rest = data[start:]
        if ends and self._awaited is not None:
            self._awaited.set_result(None)
            self._awaited = None

    def connection_lost(self, error: Exception | None) -> None:
        """Fail whoever waits."""
        for waiter in (self.opened, self._awaited):
            if waiter is not None and not waiter.done():
                waiter.set_exception(ConnectionError("the server closed the WebSocket"))

    def end(self) -> asyncio.Future[None]:
        """Return what is done at the next end of a turn."""
        self._awaited = asyncio.get_running_loop().create_future()
        return self._awaited

    def close(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()

    def _open(self, head: bytes) -> None:
        if head.startswith(b"HTTP/1.1 101 "):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(RuntimeError(f"the WebSocket was refused: {head!r}"))


def post(port: int, token: str, path: str, body: bytes) -> bytes:
    """Return a POST request with a JSON body."""
    return (
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %b\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    ) % (path.encode(), port, token.encode(), len(body), body)


def upgrade(port: int, token: str, path: str) -> bytes:
    """Return the request that opens a WebSocket."""
    key = base64.b64encode(os.urandom(16))
    return (
        b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %b\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n"
    ) % (path.encode(), port, token.encode(), key)


def text_frame(text: bytes) -> bytes:
    """Return a text frame of up to 64 kB, masked with the key 0 (RFC 6455, section 5.2)."""
    length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + len(text).to_bytes(2)
    return b"\x81" + length + bytes(4) + text


def texts(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole frames of what a server sent, without their heads, and the rest."""
    found, at = [], 0
    while len(data) - at >= 2:
        length, head = data[at + 1], 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + head]) if len(data) - at >= head else len(data)
        if len(data) - at < head + length:
            break
        found.append(data[at + head : at + head + length])
        at += head + length
    return found, data[at:]


def get(port: int, token: str, path: str) -> bytes:
    """Return a GET request."""
    return b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %b\r\n\r\n" % (
        path.encode(),
        port,
        token.encode(),
    )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
