"""What a client sends is parsed a little at a time: a flood of small parts must not make the other clients wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PIECE_BYTES = 1024
PARTS_PER_TURN = 64
"""After so many frames or requests it is the others' turn. A piece is parsed whole: at most `PIECE_BYTES` / 6 more."""


class Intake:
    """Hands what has arrived to a parser, in each turn of the loop no more than a few parts.

    `feed` parses some bytes and returns how many parts (frames, requests) ended in them. While something waits here,
    nothing more is read, so that what a client sends too fast waits at the client.
    """

    __slots__ = ("_at", "_feed", "_held", "_loop", "_transport", "_turn", "_waiting")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, feed: Callable[[bytes], int]
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._feed = feed
        self._waiting = b""
        self._at = 0
        self._held = False
        self._turn: asyncio.Handle | None = None

    @property
    def waits(self) -> bool:
        """Tell whether something has arrived that is not parsed yet."""
        return self._at < len(self._waiting)

    def take(self, data: bytes) -> None:
        """Parse what has arrived, now or later."""
        self._waiting = self._waiting[self._at :] + data if self.waits else data
        self._at = 0
        if self._turn is None:
            self._work()

    def pause_reading(self) -> None:
        """Parse and read no more."""
        self._held = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on after `pause_reading`."""
        self._held = False
        if self._turn is None:
            self._turn = self._loop.call_soon(self._go_on)

    def drop(self) -> None:
        """Forget what waits."""
        self._waiting, self._at = b"", 0
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def end(self) -> None:
        """Take nothing more, and let go of the parser, which holds this object."""
        self.drop()
        self._feed = len

    def _go_on(self) -> None:
        self._turn = None
        self._work()
        if self._turn is None and not self._held and not self._transport.is_closing():
            self._transport.resume_reading()

    def _work(self) -> None:
        parts = 0
        while self.waits and not self._held:
            if self._transport.is_closing():
                self.drop()
            elif parts >= PARTS_PER_TURN:
                self._transport.pause_reading()
                self._turn = self._loop.call_soon(self._go_on)
                return
            else:
                piece = self._waiting[self._at : self._at + PIECE_BYTES]
                self._at += len(piece)
                parts += self._feed(piece)
        if not self.waits:
            # Else what came last would be kept for as long as the client says nothing.
            self._waiting, self._at = b"", 0
