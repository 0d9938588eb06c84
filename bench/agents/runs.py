"""A session at AgentOS: a message is a `run`, answered with server-sent events on the connection that asked."""

from __future__ import annotations

import asyncio
import time
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

DELTA = b"event: RunContent\n"
END = b"event: RunCompleted\n"
OVER = b"\r\n0\r\n\r\n"


class Runs(asyncio.Protocol):
    """A session on a kept-alive connection: one run after the other, whose events are counted and not decoded."""

    def __init__(self, request: bytes) -> None:
        self.deltas = 0
        self._request = request
        self._buffer = bytearray()
        self._ended: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Count what has come when it is whole."""
        self._buffer += data
        if not self._buffer.endswith(OVER) or self._ended is None:
            return
        whole, self._buffer = self._buffer, bytearray()
        ended, self._ended = self._ended, None
        self.deltas += whole.count(DELTA)
        if whole.count(END) == 1:
            ended.set_result(None)
        else:
            ended.set_exception(RuntimeError(f"a run did not complete: {bytes(whole[-1000:])!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the run that waits."""
        if self._ended is not None:
            self._ended.set_exception(ConnectionError("the server closed the connection"))

    async def say(self) -> float:
        """Send a message; return the seconds until all of its answer was seen."""
        assert self._transport is not None
        self._ended = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(self._request)
        await self._ended
        return time.perf_counter() - began

    def close(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()


async def converse(port: int) -> Runs:
    """Begin a session."""
    fields = {"message": "Say twenty words.", "stream": "true", "session_id": str(uuid4()), "user_id": "somebody"}
    body = urlencode(fields).encode()
    request = (
        b"POST /agents/bench/runs HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
    ) % (port, len(body), body)
    _, runs = await asyncio.get_running_loop().create_connection(lambda: Runs(request), "127.0.0.1", port)
    return runs
