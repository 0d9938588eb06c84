"""One WebSocket: frames in, handled one after another; frames and entries out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

from atrium.plugins.gateway.formats import WEBSOCKET
from atrium.plugins.gateway.protocols import SocketProtocol
from atrium.plugins.gateway.sink import Sink
from atrium.sdk import Principal

if TYPE_CHECKING:
    from atrium.plugins.gateway.hub import Hub
    from atrium.plugins.gateway.room import Follower

FRAMES_PER_TURN = 8
"""After so many of a client's frames it is the others' turn; what these frames made is written to all at once."""

Handle = Callable[["Connection", str | bytes], Awaitable[None]]


class Connection(Sink):
    """A client's WebSocket. While it is behind, of topics and pushes only the latest is kept (`pending`)."""

    __slots__ = ("_handle", "_handling", "_inbox", "_reading", "pending", "session_id", "topics")

    _protocol: SocketProtocol

    def __init__(
        self,
        hub: Hub,
        protocol: SocketProtocol,
        principal: Principal,
        peer: tuple[str, int] | None,
        session_id: str | None,
        handle: Handle,
    ) -> None:
        super().__init__(hub, protocol, principal, WEBSOCKET, peer)
        self.session_id = session_id
        self.topics: set[str] = set()
        self.pending: dict[tuple[str, ...], bytes] = {}
        self._handle = handle
        self._handling: asyncio.Task[None] | None = None
        self._inbox: list[str | bytes] = []
        self._reading = True

    @property
    def subscriptions(self) -> int:
        """Return how many topics and streams it follows."""
        return len(self.topics) + len(self.followers)

    @property
    def watched(self) -> Collection[str]:
        """Return the topics it is told of."""
        return self.topics

    @property
    def last_heard(self) -> float:
        """Return the loop time of the client's last message or acknowledgement."""
        return max(self._protocol.last_received, super().last_heard)

    def tell(self, message: bytes) -> None:
        """Write a frame."""
        self.write(message)

    def pend(self, key: tuple[str, ...], message: bytes) -> None:
        """Keep the latest message of a kind until the next flush."""
        self.pending[key] = message
        self.hub.dirty(self)

    def flush(self) -> None:
        """Write what is due, as long as the client reads; the loop sends what is written in one turn together."""
        for key in tuple(self.pending):
            if self.behind:
                return
            self.write(self.pending.pop(key))

    def ended(self, follower: Follower) -> None:
        """Stop following a stream that has ended."""
        self.hub.unfollow(self, follower.room.stream)

    def close(self, code: int, reason: str) -> None:
        """Send a Close frame and close."""
        if self.open:
            self._protocol.finish(code, reason)

    def received(self, message: str | bytes) -> None:
        """Queue a frame; reading pauses while too many wait."""
        self._inbox.append(message)
        self._handle_soon()
        if self._reading and len(self._inbox) >= self.hub.config.max_frames_in_flight:
            self._reading = False
            self._protocol.intake.pause_reading()

    def resumed(self) -> None:
        """Catch up, and go on with the client's frames."""
        super().resumed()
        self.hub.dirty(self)
        self._handle_soon()

    def closed(self) -> None:
        """Never write again; frames that wait are dropped."""
        self._inbox.clear()
        super().closed()

    def _handle_soon(self) -> None:
        if self._inbox and self._handling is None and self.open and not self.behind:
            self._handling = self._protocol.spawn(self._handle_frames())

    async def _handle_frames(self) -> None:
        """Handle what waits, in order; answers to a client that does not read would pile up, so that it waits."""
        handled = 0
        try:
            while self._inbox and self.open and not self.behind:
                await self._handle(self, self._inbox.pop(0))
                self._resume_reading()
                handled += 1
                if self._inbox and handled % FRAMES_PER_TURN == 0:
                    await asyncio.sleep(0)
        finally:
            self._handling = None

    def _resume_reading(self) -> None:
        if not self._reading and self.open and len(self._inbox) <= self.hub.config.max_frames_in_flight // 2:
            self._reading = True
            self._protocol.intake.resume_reading()
