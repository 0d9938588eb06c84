"""A stream over HTTP: its entries beyond a cursor as NDJSON or as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from atrium.plugins.gateway.formats import NDJSON, SSE, Format, ndjson, pieces, sse
from atrium.plugins.gateway.hub import Hub
from atrium.plugins.gateway.identity import PRINCIPAL
from atrium.plugins.gateway.protocols import NOBODY, PROTOCOL, HttpProtocol
from atrium.plugins.gateway.sink import Sink
from atrium.sdk import EntryStream, FieldError, InvalidInput, Principal, SpaceStorage, Tail

if TYPE_CHECKING:
    from atrium.plugins.gateway.room import Follower

WRITE_BYTES = 64 << 10
MEDIA_TYPES = {SSE: "text/event-stream", NDJSON: "application/x-ndjson"}

StorageOf = Callable[[str], SpaceStorage]


async def _head(storage: SpaceStorage, stream: str) -> int:
    """Return a stream's last offset, also of an entry that is stored and about to be shown.

    Documents can be read as soon as they are stored: who has read that a turn ended must find its end here.
    """
    head = await storage.head(stream)
    stored = await storage.read(stream, head)
    return stored[-1].offset if stored else head


class StreamConnection(Sink):
    """An HTTP connection whose answer follows one stream until the stream ends, the client leaves or the hub stops."""

    __slots__ = ("_space",)

    _protocol: HttpProtocol

    def __init__(
        self,
        hub: Hub,
        protocol: HttpProtocol,
        principal: Principal,
        peer: tuple[str, int] | None,
        space: str,
        form: Format,
    ) -> None:
        super().__init__(hub, protocol, principal, form, peer)
        self._space = space

    @property
    def space(self) -> str:
        """Return the space that the stream is in."""
        return self._space

    def ended(self, follower: Follower) -> None:
        """End the answer."""
        self._protocol.finish()

    def close(self, code: int, reason: str) -> None:
        """End the answer after the entry it is at."""
        if self.open:
            self._protocol.finish()


class EntryStreams:
    """Answers with streams. Those that end by themselves are told when the hub stops; the hub owns the others."""

    def __init__(self, storage_of: StorageOf, hub: Hub) -> None:
        self._storage_of = storage_of
        self._hub = hub
        self._open: set[EntryResponse] = set()

    async def respond(self, wanted: EntryStream, request: Request) -> Response:
        """Return the response for a stream; raises before anything is sent if the cursor or the stream is wrong."""
        form = SSE if "text/event-stream" in request.headers.get("accept", "") else NDJSON
        if wanted.follow:
            return await self._follow(wanted, request, form)
        storage = self._storage_of(wanted.space)
        head = await _head(storage, wanted.stream)
        return EntryResponse(self, await storage.tail(wanted.stream, wanted.after), form, head)

    def opened(self, response: EntryResponse) -> None:
        """Note a response that is being sent."""
        self._open.add(response)

    def ended(self, response: EntryResponse) -> None:
        """Forget a response."""
        self._open.discard(response)

    def stop(self) -> None:
        """End every response after the entry it is at."""
        for response in tuple(self._open):
            response.end()

    async def _follow(self, wanted: EntryStream, request: Request, form: Format) -> Response:
        if request.scope.get("http_version") == "1.0":
            raise InvalidInput("follow needs HTTP/1.1", fields=[FieldError("follow", "leave it out over HTTP/1.0")])
        protocol: HttpProtocol = request.scope[PROTOCOL]
        principal: Principal = request.scope["state"][PRINCIPAL]
        peer = request.scope["client"]
        connection = StreamConnection(self._hub, protocol, principal, peer, wanted.space, form)
        self._hub.connect(connection, request.headers.get("user-agent"))
        protocol.listener = connection
        try:
            follower = await self._hub.follow(connection, wanted.stream, wanted.after)
        except BaseException:
            protocol.listener = NOBODY
            connection.closed()
            raise
        return FollowResponse(protocol, connection, follower)


def _headers(response: Response) -> None:
    """Say that the answer has no length, and that nobody on its way may keep it."""
    del response.headers["content-length"]
    response.headers["cache-control"] = "no-store"
    response.headers["x-accel-buffering"] = "no"


class FollowResponse(Response):
    """Sends the head of an answer; its connection goes on by itself."""

    def __init__(self, protocol: HttpProtocol, connection: StreamConnection, follower: Follower) -> None:
        super().__init__(media_type=MEDIA_TYPES[connection.form])
        _headers(self)
        self._protocol = protocol
        self._connection = connection
        self._follower = follower

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the head, and hand the connection over."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._protocol.detach()
        self._connection.begin(self._follower)


class EntryResponse(Response):
    """Sends what a tail has up to the head, as fast as the client reads; every write ends on an entry boundary."""

    def __init__(self, streams: EntryStreams, tail: Tail, form: Format, head: int) -> None:
        super().__init__(media_type=MEDIA_TYPES[form])
        _headers(self)
        self._streams = streams
        self._tail = tail
        self._encode = sse if form is SSE else ndjson
        self._head = head

    def end(self) -> None:
        """End after the entry it is at."""
        self._tail.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the response."""
        self._streams.opened(self)
        watcher = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if self._tail.cursor < self._head:
                await self._send_entries(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watcher.cancel()
            self._tail.close()
            self._streams.ended(self)

    async def _send_entries(self, send: Any) -> None:
        async for entries in self._tail:
            for piece in pieces([entry for entry in entries if entry.offset <= self._head], WRITE_BYTES):
                body = b"".join([self._encode(entry) for entry in piece])
                await send({"type": "http.response.body", "body": body, "more_body": True})
                if self._tail.ended:
                    return
            if self._tail.cursor >= self._head:
                return

    async def _watch(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self._tail.close()
