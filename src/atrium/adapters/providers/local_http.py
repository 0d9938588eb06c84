"""One HTTP request over a Unix socket, its answer read as it comes.

The parser is the one our web server stands on, so it is loaded already; a whole HTTP client would take 17 MB and some
tenths of a second of the first answer.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httptools

READ_SIZE = 1 << 16


class Reply:
    """An answer whose head has arrived."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._parser = httptools.HttpResponseParser(self)
        self._blocks: deque[bytes] = deque()
        self._begun = False
        self._complete = False

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self._parser.get_status_code()

    async def head(self) -> None:
        """Read until the headers are complete."""
        while not self._begun:
            await self._read()

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield the body line by line, without line ends."""
        rest = b""
        while (block := await self._block()) is not None:
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line
        yield rest

    async def body(self) -> bytes:
        """Return the whole body."""
        blocks = []
        while (block := await self._block()) is not None:
            blocks.append(block)
        return b"".join(blocks)

    def on_headers_complete(self) -> None:
        """Take the parser's word that the headers are complete."""
        self._begun = True

    def on_body(self, block: bytes) -> None:
        """Take a part of the body from the parser."""
        self._blocks.append(block)

    def on_message_complete(self) -> None:
        """Take the parser's word that the answer is complete."""
        self._complete = True

    async def _block(self) -> bytes | None:
        while not self._blocks and not self._complete:
            await self._read()
        return self._blocks.popleft() if self._blocks else None

    async def _read(self) -> None:
        received = await self._reader.read(READ_SIZE)
        if not received:
            raise ConnectionResetError("the answer broke off")
        self._parser.feed_data(received)


@asynccontextmanager
async def post(socket: Path, path: str, body: Mapping[str, Any]) -> AsyncIterator[Reply]:
    """Send JSON and give the reply; leaving the block closes the connection. Raises `ConnectionError`."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: model\r\nConnection: close\r\nContent-Type: application/json\r\n"
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError as error:
        raise ConnectionError(str(error)) from error
    try:
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()
        reply = Reply(reader)
        await reply.head()
        yield reply
    finally:
        writer.transport.abort()
