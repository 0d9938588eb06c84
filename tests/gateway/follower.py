"""A lean client that follows one stream over a bare connection: a thousand of them fit into a test."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from tests.gateway.house import UPGRADE, House

Transport = Literal["websocket", "sse", "ndjson"]


class StreamFollower:
    """Follows a stream, keeps its durable entries and folds its hints; knows where it stopped.

    An entry that does not name the one before it is a gap or a duplicate, and ends the test.
    """

    def __init__(self, house: House, note: str, transport: Transport) -> None:
        self.durable: list[str] = []
        self.text = ""
        self.cursor = 0
        self._house = house
        self._note = note
        self._transport = transport
        self._last_durable = "0"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> None:
        """Follow from the cursor."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._house.port)
        if self._transport == "websocket":
            self._writer.write(self._house.head("GET", "/api/v1/stream", *UPGRADE))
            await self._reader.readuntil(b"\r\n\r\n")
            streams = {f"notes/{self._note}": str(self.cursor)}
            self._send(json.dumps({"type": "subscribe", "payload": {"streams": streams}}).encode())
            return
        accept = "text/event-stream" if self._transport == "sse" else "application/x-ndjson"
        path = f"/api/v1/notes/{self._note}/entries?follow=true&after={self.cursor}"
        self._writer.write(self._house.head("GET", path, f"Accept: {accept}"))
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head

    def cut(self) -> None:
        """Cut the connection in whatever it is doing; what is not read yet is lost."""
        assert self._writer is not None
        self._writer.transport.abort()

    async def read(self, last: int) -> None:
        """Read until the entry at this offset or beyond has come; a cut connection ends it too."""
        try:
            while self.cursor < last:
                self._take(await self._next())
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _send(self, text: bytes) -> None:
        assert self._writer is not None
        length = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self._writer.write(b"\x81" + length + bytes(4) + text)

    async def _next(self) -> Any:
        """Return the next entry."""
        assert self._reader is not None
        while True:
            if self._transport == "websocket":
                frame = json.loads(await self._frame())
                if frame["type"] == "stream:chunk":
                    return frame["payload"]
                continue
            line = await self._reader.readuntil(b"\n")
            start = line.find(b"{")
            if start >= 0:
                return json.loads(line[start:])

    async def _frame(self) -> bytes:
        assert self._reader is not None
        _, length = await self._reader.readexactly(2)
        if length >= 126:
            length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
        return await self._reader.readexactly(length)

    def _take(self, entry: Any) -> None:
        offset = int(entry["offset"])
        assert offset > self.cursor
        assert entry["prev"] == self._last_durable
        self.cursor = offset
        if "messageId" in entry["data"]:
            self.text += entry["data"]["content"]
            return
        self._last_durable = entry["offset"]
        self.durable.append(entry["offset"])
