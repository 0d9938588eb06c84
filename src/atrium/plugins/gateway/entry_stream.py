"""A stream over HTTP: its entries beyond a cursor as NDJSON or as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from atrium.sdk import Entry, EntryStream, FieldError, InvalidInput, SpaceStorage, Tail

WRITE_BYTES = 64 << 10
PAGE = 200

StorageOf = Callable[[str], SpaceStorage]
Message = dict[str, Any]


def ndjson(entry: Entry) -> bytes:
    """Return an entry as one line."""
    return entry.encoded + b"\n"


def sse(entry: Entry) -> bytes:
    """Return an entry as a server-sent event."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.offset, entry.type.encode(), entry.encoded)


async def _head(storage: SpaceStorage, stream: str) -> int:
    """Return a stream's last offset, also of an entry that is stored and about to be shown.

    Documents can be read as soon as they are stored: who has read that a turn ended must find its end here.
    """
    head = await storage.head(stream)
    stored = await storage.read(stream, head)
    return stored[-1].offset if stored else head


class EntryStreams:
    """All streams that are being answered over HTTP; they end when the hub stops."""

    def __init__(self, storage_of: StorageOf, heartbeat: float) -> None:
        self._storage_of = storage_of
        self.heartbeat = heartbeat
        self.stopping = False
        self._open: set[EntryResponse] = set()

    async def respond(self, wanted: EntryStream, request: Request) -> Response:
        """Return the response for a stream; raises before anything is sent if the cursor or the stream is wrong."""
        if wanted.follow and request.scope.get("http_version") == "1.0":
            raise InvalidInput("follow needs HTTP/1.1", fields=[FieldError("follow", "leave it out over HTTP/1.0")])
        storage = self._storage_of(wanted.space)
        news = asyncio.Event()
        head = 0 if wanted.follow else await _head(storage, wanted.stream)
        tail = await storage.tail(wanted.stream, wanted.after, news.set)
        as_events = "text/event-stream" in request.headers.get("accept", "")
        return EntryResponse(self, tail, news, as_events, None if wanted.follow else head)

    def opened(self, response: EntryResponse) -> None:
        """Note a response that is being sent."""
        self._open.add(response)

    def ended(self, response: EntryResponse) -> None:
        """Forget a response."""
        self._open.discard(response)

    def stop(self) -> None:
        """End every response after the entry it is at."""
        self.stopping = True
        for response in tuple(self._open):
            response.wake()


class EntryResponse(Response):
    """Sends what the tail has, as fast as the client reads; every write ends on an entry boundary.

    With a head it ends there; without one it follows until the stream ends, the client leaves or the hub stops.
    """

    def __init__(
        self, streams: EntryStreams, tail: Tail, news: asyncio.Event, as_events: bool, head: int | None
    ) -> None:
        super().__init__(media_type="text/event-stream" if as_events else "application/x-ndjson")
        del self.headers["content-length"]
        self.headers["cache-control"] = "no-store"
        self.headers["x-accel-buffering"] = "no"
        self._streams = streams
        self._tail = tail
        self._news = news
        self._encode = sse if as_events else ndjson
        self._idle = b": \n\n" if as_events else b"\n"
        self._head = head
        self._gone = False

    def wake(self) -> None:
        """Look again at what there is to do."""
        self._news.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the response."""
        self._streams.opened(self)
        watcher = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send_entries(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watcher.cancel()
            self._tail.close()
            self._streams.ended(self)

    async def _send_entries(self, send: Any) -> None:
        while not (self._gone or self._streams.stopping):
            self._news.clear()
            entries = self._tail.take(PAGE)
            if entries is None:
                entries = await self._tail.load(PAGE)
            elif not entries:
                if self._tail.ended or self._is_at_head():
                    return
                await self._wait(send)
                continue
            await self._write(self._up_to_head(entries), send)
            if self._is_at_head():
                return

    def _is_at_head(self) -> bool:
        return self._head is not None and self._tail.cursor >= self._head

    def _up_to_head(self, entries: list[Entry]) -> list[Entry]:
        return entries if self._head is None else [entry for entry in entries if entry.offset <= self._head]

    async def _write(self, entries: list[Entry], send: Any) -> None:
        """Write entries in pieces of bounded size; `send` waits while the client does not read."""
        piece, size = [], 0
        for entry in entries:
            line = self._encode(entry)
            piece.append(line)
            size += len(line)
            if size >= WRITE_BYTES:
                await send({"type": "http.response.body", "body": b"".join(piece), "more_body": True})
                piece, size = [], 0
                if self._gone or self._streams.stopping:
                    return
        if piece:
            await send({"type": "http.response.body", "body": b"".join(piece), "more_body": True})

    async def _wait(self, send: Any) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), self._streams.heartbeat)
        except TimeoutError:
            await send({"type": "http.response.body", "body": self._idle, "more_body": True})

    async def _watch(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self._gone = True
        self._news.set()
