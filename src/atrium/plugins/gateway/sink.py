"""A client's connection as streams are written to it: directly, bounded in memory, degraded when the client is slow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from atrium.plugins.gateway.device import device_of
from atrium.plugins.gateway.formats import Format, pieces
from atrium.plugins.gateway.liveness import last_acknowledged
from atrium.sdk import Entry, NotFound, Principal

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine

    from atrium.plugins.gateway.hub import Hub
    from atrium.plugins.gateway.room import Follower

PAGE = 100


class WritableProtocol(Protocol):
    """What a sink needs of the connection's protocol object."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that ends with the server."""


class Sink:
    """A connection that follows streams.

    Bytes go to the transport without waiting. Above the write-buffer limit the connection is *behind*: of its streams
    only the cursors are kept. `resumed` goes on from there, a page of each stream in turn.
    """

    __slots__ = (
        "_catching_up", "_lagging", "_protocol", "behind", "bytes_written", "device", "followers", "form", "hub",
        "number", "open", "opened_at", "peer", "principal", "times_behind", "times_resumed", "transport_write",
    )  # fmt: skip

    def __init__(
        self, hub: Hub, protocol: WritableProtocol, principal: Principal, form: Format, peer: tuple[str, int] | None
    ) -> None:
        self.hub = hub
        self.principal = principal
        self.form = form
        self.peer = peer
        self.device = device_of(None)
        self.number = 0
        self.open = True
        self.behind = False
        self.followers: dict[str, Follower] = {}
        self.bytes_written = self.times_behind = self.times_resumed = 0
        self.opened_at = hub.clock.now()
        self.transport_write = protocol.transport.write
        self._protocol = protocol
        self._lagging: dict[str, Follower] = {}
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def space(self) -> str:
        """Return the space that the connection sees."""
        return self.principal.space

    @property
    def subscriptions(self) -> int:
        """Return how much it follows."""
        return len(self.followers)

    @property
    def watched(self) -> Collection[str]:
        """Return the topics it is told of."""
        return ()

    @property
    def buffered(self) -> int:
        """Return how many bytes wait for the client."""
        return self._protocol.transport.get_write_buffer_size()

    @property
    def last_heard(self) -> float:
        """Return the loop time of the client's last sign of life; minus infinity where the system does not tell."""
        return last_acknowledged(self._protocol.transport, self._protocol.loop)

    def limit(self, bytes_buffered: int) -> None:
        """Set how many bytes may wait for the client before it is behind."""
        self._protocol.transport.set_write_buffer_limits(high=bytes_buffered)

    def write(self, data: bytes) -> None:
        """Write now; nothing happens when the connection is closed."""
        if self.open and not self._protocol.transport.is_closing():
            self.bytes_written += len(data)
            self.transport_write(data)

    def tell(self, message: bytes) -> None:
        """Write a frame that belongs to no stream; a connection that carries nothing but entries leaves it out."""

    def pend(self, key: tuple[str, ...], message: bytes) -> None:
        """Keep the latest frame of a kind until the next flush, where there are frames."""

    def begin(self, follower: Follower) -> None:
        """Send what a follower has not got yet, and from then on what is new."""
        if self.followers.get(follower.room.stream) is follower:
            self.let_catch_up(follower)

    def let_catch_up(self, follower: Follower) -> None:
        """Let a follower catch up by itself, now or when the client reads again."""
        self._lagging[follower.room.stream] = follower
        if not self.behind and self.open and self._catching_up is None:
            self._catching_up = self._protocol.spawn(self._catch_up())

    def ended(self, follower: Follower) -> None:
        """Note that a stream has ended and everything of it was sent."""
        raise NotImplementedError

    def close(self, code: int, reason: str) -> None:
        """End the connection in the way of its protocol."""
        raise NotImplementedError

    def abort(self) -> None:
        """Cut the connection."""
        self._protocol.transport.abort()

    def ping(self, deadline: float) -> None:
        """Show a sign of life; cut a client from which nothing was heard since `deadline` (loop time)."""
        heard = self.last_heard
        if heard != float("-inf") and heard < deadline:
            self.abort()
        elif not self.behind:
            self.write(self.form.heartbeat)

    def paused(self) -> None:
        """Be behind."""
        self.behind = True
        self.times_behind += 1
        for stream, follower in self.followers.items():
            follower.room.times_behind += 1
            if follower.room.demote(follower):
                self._lagging[stream] = follower

    def resumed(self) -> None:
        """Catch up."""
        self.behind = False
        self.times_resumed += 1
        if self._lagging and self._catching_up is None and self.open:
            self._catching_up = self._protocol.spawn(self._catch_up())

    def closed(self) -> None:
        """Never write again."""
        if self.open:
            self.open = False
            self.hub.disconnected(self)

    def forget(self, stream: str) -> None:
        """Stop following a stream."""
        self._lagging.pop(stream, None)
        follower = self.followers.pop(stream, None)
        if follower is not None:
            follower.room.leave(follower)
            self.hub.presence.left(self, stream)

    def total_bytes(self) -> int:
        """Return how much was written to it."""
        return self.bytes_written + sum(one.room.unjoined_bytes(one) for one in self.followers.values())

    async def _catch_up(self) -> None:
        try:
            while self._lagging and self._is_writable():
                for follower in tuple(self._lagging.values()):
                    if self._is_writable():
                        await self._advance(follower)
                # One page each: the others' turn.
                await asyncio.sleep(0)
        finally:
            self._catching_up = None
            for follower in self._lagging.values():
                follower.rest()

    async def _advance(self, follower: Follower) -> None:
        """Write a follower's next page; let it go on with the others of its stream when there is none."""
        try:
            entries, ended = await self._next_page(follower)
        except NotFound:
            entries = follower.room.farewell(follower.cursor)
            ended = not entries
        if self._lagging.get(follower.room.stream) is not follower:
            follower.rest()
        elif entries:
            self._send(follower, entries)
        elif ended:
            self.ended(follower)
        elif follower.room.join(follower):
            del self._lagging[follower.room.stream]
        else:
            await follower.room.reopen(follower)

    async def _next_page(self, follower: Follower) -> tuple[list[Entry], bool]:
        """Return its next entries, none if it has everything that is shown now, and whether the stream has ended."""
        tail = follower.tail
        if tail is None:
            tail = follower.tail = await follower.room.new_tail(follower.cursor)
        while (entries := tail.take(PAGE)) is None:
            entries = await tail.load(PAGE)
            if entries:
                break
            await asyncio.sleep(0)
        if not entries:
            follower.cursor = tail.cursor
        return entries, tail.ended

    def _send(self, follower: Follower, entries: list[Entry]) -> None:
        for piece in pieces(entries, self.hub.write_limit):
            data = follower.room.packed(self.form, piece)
            follower.room.bytes_written += len(data)
            self.write(data)
            follower.cursor = piece[-1].offset
            if follower.count is not None:
                follower.count += len(piece)
            if not self._is_writable():
                follower.rest()
                return

    def _is_writable(self) -> bool:
        return self.open and not self.behind
