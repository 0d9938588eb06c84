"""One WebSocket: written to directly, bounded in memory, degraded when its client is slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from atrium.plugins.gateway.liveness import last_acknowledged
from atrium.plugins.gateway.protocols import SocketProtocol
from atrium.plugins.gateway.room import PAGE
from atrium.sdk import Entry, Principal, Tail

if TYPE_CHECKING:
    from atrium.plugins.gateway.hub import Hub

Handle = Callable[["Connection", str | bytes], Awaitable[None]]


class Follower:
    """A stream that a connection follows. Of a slow client's stream only the cursor is kept, and one page at most."""

    __slots__ = ("held", "loading", "ready", "stream", "tail")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.tail: Tail | None = None
        self.held: deque[Entry] = deque()
        self.loading: asyncio.Task[None] | None = None
        self.ready = False

    @property
    def ended(self) -> bool:
        """Tell whether the stream has ended and everything of it was sent."""
        return self.tail is not None and self.tail.ended and not self.held

    def close(self) -> None:
        """Stop following."""
        if self.tail is not None:
            self.tail.close()
        if self.loading is not None:
            self.loading.cancel()


class Connection:
    """A client's WebSocket.

    Frames go to the transport without waiting. Above the write-buffer limit the connection is *behind*: of topics and
    pushes only the latest is kept (`pending`), of streams only the cursor; `resumed` goes on from there.
    """

    def __init__(self, hub: Hub, protocol: SocketProtocol, principal: Principal, session_id: str | None = None) -> None:
        self.hub = hub
        self.principal = principal
        self.session_id = session_id
        self.open = True
        self.behind = False
        self.followers: dict[str, Follower] = {}
        self.topics: set[str] = set()
        self.pending: dict[tuple[str, ...], bytes] = {}
        self._protocol = protocol
        self._woken: dict[str, Follower] = {}
        self._inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._reading = True
        self._writable = asyncio.Event()
        self._writable.set()
        protocol.transport.set_write_buffer_limits(high=hub.config.write_buffer_limit)

    @property
    def space(self) -> str:
        """Return the space that the connection sees."""
        return self.principal.space

    @property
    def buffered(self) -> int:
        """Return how many bytes wait for the client."""
        return self._protocol.transport.get_write_buffer_size()

    async def run(self, handle: Handle) -> None:
        """Handle the client's frames one after another until the connection is closed."""
        try:
            while (message := await self._inbox.get()) is not None:
                await self._writable.wait()
                if not self.open:
                    return
                await handle(self, message)
                self._resume_reading()
        finally:
            await self._release()

    def write(self, data: bytes) -> None:
        """Write whole messages now; nothing happens when the connection is closed."""
        if self.open and not self._protocol.transport.is_closing():
            self._protocol.transport.write(data)

    def pend(self, key: tuple[str, ...], message: bytes) -> None:
        """Keep the latest message of a kind until the next flush."""
        self.pending[key] = message
        self.hub.dirty(self)

    def wake(self, follower: Follower) -> None:
        """Note that a stream has something new; one that is not followed any more is ignored."""
        if self.followers.get(follower.stream) is follower:
            self._woken[follower.stream] = follower
            self.hub.dirty(self)

    def flush(self) -> None:
        """Write what is due, as far as the client reads."""
        if not self.open or self.behind:
            return
        parts = list(self.pending.values())
        self.pending.clear()
        for follower in tuple(self._woken.values()):
            if follower.ready and not self._collect(follower, parts):
                return
        if parts:
            self.write(b"".join(parts))

    def ping(self, deadline: float) -> None:
        """Ping; cut a client from which nothing was heard or acknowledged since `deadline` (loop time)."""
        if not self.open:
            return
        heard = max(self._protocol.last_received, last_acknowledged(self._protocol.transport, self._protocol.loop))
        if heard < deadline:
            self._protocol.transport.abort()
        elif not self.behind:
            self.write(self.hub.ping_message)

    def close(self, code: int, reason: str) -> None:
        """Send a Close frame and close."""
        if self.open:
            self._protocol.finish(code, reason)

    def abort(self) -> None:
        """Cut the connection."""
        self._protocol.transport.abort()

    def received(self, message: str | bytes) -> None:
        """Queue a frame; reading pauses while too many wait."""
        self._inbox.put_nowait(message)
        if self._reading and self._inbox.qsize() >= self.hub.config.max_frames_in_flight:
            self._reading = False
            self._protocol.transport.pause_reading()

    def paused(self) -> None:
        """Be behind."""
        self.behind = True
        self._writable.clear()
        self.hub.fell_behind(self)

    def resumed(self) -> None:
        """Catch up."""
        self.behind = False
        self._writable.set()
        self.hub.dirty(self)

    def closed(self) -> None:
        """Never write again."""
        if self.open:
            self.open = False
            self._writable.set()
            self._inbox.put_nowait(None)

    def forget(self, stream: str) -> None:
        """Stop following a stream."""
        follower = self.followers.pop(stream, None)
        self._woken.pop(stream, None)
        if follower is not None:
            follower.close()

    def _collect(self, follower: Follower, parts: list[bytes]) -> bool:
        """Add a stream's new messages to `parts`, writing when there is much; False once the client is behind."""
        size = 0
        while (entry := self._next(follower)) is not None:
            message = self.hub.chunk(self.space, follower.stream, entry)
            parts.append(message)
            size += len(message)
            if size >= self.hub.config.write_buffer_limit:
                self.write(b"".join(parts))
                parts.clear()
                size = 0
                if self.behind:
                    return False
        return True

    def _next(self, follower: Follower) -> Entry | None:
        """Return the next entry of a stream, or None: then it is up to date, ended, or being loaded."""
        if follower.held:
            return follower.held.popleft()
        if follower.loading is not None or follower.tail is None:
            return None
        entries = follower.tail.take(PAGE)
        if entries is None:
            follower.loading = asyncio.create_task(self._load(follower))
        elif entries:
            follower.held.extend(entries)
            return follower.held.popleft()
        else:
            self._woken.pop(follower.stream, None)
            if follower.ended:
                self.hub.unfollow(self, follower.stream)
            else:
                self.hub.caught_up(self, follower)
        return None

    async def _load(self, follower: Follower) -> None:
        """Read a page from storage and go on with it."""
        assert follower.tail is not None
        try:
            follower.held.extend(await follower.tail.load(PAGE))
        finally:
            follower.loading = None
        self.wake(follower)

    def _resume_reading(self) -> None:
        if not self._reading and self.open and self._inbox.qsize() <= self.hub.config.max_frames_in_flight // 2:
            self._reading = True
            self._protocol.transport.resume_reading()

    async def _release(self) -> None:
        loading = [follower.loading for follower in self.followers.values() if follower.loading is not None]
        self.hub.disconnected(self)
        if loading:
            await asyncio.gather(*loading, return_exceptions=True)
