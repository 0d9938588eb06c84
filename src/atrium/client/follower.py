"""A follower of one stream: what arrives on the connection, without gaps and duplicates, as an async iterator."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum

from atrium.client.entries import Entry
from atrium.client.errors import StreamReset

LIMIT = 4096
"""How many entries wait for a slow reader; beyond, they are left with the hub and asked for again."""


class Verdict(Enum):
    """What became of an arriving entry."""

    TAKEN = "taken"
    KNOWN = "known"
    GAP = "gap"
    FULL = "full"


class Follower:
    """Takes entries in order and yields them once each.

    `cursor` is the offset of the last entry taken. An entry whose `prev` lies beyond the cursor proves a gap: a durable
    entry is missing. `attached` tells whether the connection delivers to this follower at the moment.
    """

    def __init__(self, stream: str, after: int | None, request: Callable[[Follower], None]) -> None:
        self.stream = stream
        self.cursor = after
        self.attached = False
        self.ended = False
        self.started = asyncio.Event()
        self._stuck_at = -1
        self._request = request
        self._waiting: deque[Entry] = deque()
        self._changed = asyncio.Event()
        self._error: Exception | None = None

    def attach(self, head: int) -> None:
        """Note that the hub delivers from the cursor on, or, without one, from the head on."""
        if self.cursor is None:
            self.cursor = head
        self.attached = True
        self.started.set()

    def detach(self) -> None:
        """Note that nothing arrives until the next `attach`."""
        self.attached = False

    def feed(self, entry: Entry) -> Verdict:
        """Take an entry if it is the next; tell the connection when it must ask again from the cursor."""
        cursor = self.cursor or 0
        if entry.offset <= cursor or self.ended:
            return Verdict.KNOWN
        if entry.prev > cursor:
            return self._gap(cursor)
        if len(self._waiting) >= LIMIT:
            self.detach()
            return Verdict.FULL
        self._waiting.append(entry)
        self.cursor = entry.offset
        self.ended = entry.last
        self._changed.set()
        return Verdict.TAKEN

    def fail(self, error: Exception) -> None:
        """End with an error, after what has arrived is read."""
        if not self.ended:
            self._error, self.ended = error, True
        self.started.set()
        self._changed.set()

    def close(self) -> None:
        """End without an error."""
        self.ended = True
        self._waiting.clear()
        self.started.set()
        self._changed.set()

    def _gap(self, cursor: int) -> Verdict:
        if self._stuck_at == cursor:
            # Asked again from this very place, the hub still leaves something out: its history is another one now.
            self.fail(StreamReset(self.stream, "gap"))
            return Verdict.KNOWN
        self._stuck_at = cursor
        self.detach()
        return Verdict.GAP

    def __aiter__(self) -> Follower:
        return self

    async def __anext__(self) -> Entry:
        while not self._waiting:
            if self.ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        entry = self._waiting.popleft()
        if not self._waiting and not self.attached and not self.ended:
            self._request(self)
        return entry
