"""All who follow one stream. Those who are up to date get the same bytes, in one loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from atrium.plugins.gateway.formats import EncodedEntries, Format, pieces
from atrium.sdk import Entry, SpaceStorage, Tail

if TYPE_CHECKING:
    from atrium.plugins.gateway.sink import Sink

log = logging.getLogger(__name__)

BATCH = 1000
RING = 1 << 14
"""More entries than the kernel keeps of a stream in memory."""


class Follower:
    """A connection in a room. Of one that is not live the cursor is kept, and a tail while it catches up.

    `count` is the number of the entry at its cursor as the room counts them, None if it is not known.
    """

    __slots__ = ("bytes_before", "count", "cursor", "live", "room", "sink", "tail")

    def __init__(self, sink: Sink, room: Room, cursor: int, tail: Tail) -> None:
        self.sink = sink
        self.room = room
        self.cursor = cursor
        self.tail: Tail | None = tail
        self.live = False
        self.count: int | None = None
        self.bytes_before = 0

    @property
    def lag(self) -> int | None:
        """Return how many entries it has not got; None if it never was up to date, or nobody in the room is."""
        if self.live:
            return 0
        return self.room.count - self.count if self.room.is_watching and self.count is not None else None

    def rest(self) -> None:
        """Keep the cursor only."""
        tail, self.tail = self.tail, None
        if tail is not None:
            tail.close()


class Group:
    """The live followers of one format: a message costs each of them one write."""

    __slots__ = ("bytes", "followers", "form")

    def __init__(self, form: Format) -> None:
        self.form = form
        self.bytes = 0
        self.followers: dict[Sink, Follower] = {}

    def write(self, data: bytes) -> None:
        """Write to everybody; one faulty connection does not end the others' updates."""
        self.bytes += len(data)
        for sink in tuple(self.followers):
            try:
                sink.transport_write(data)
            except Exception:  # the edge: a transport may fail in its own way
                log.exception("connection is cut: it could not be written to")
                sink.abort()


class Room:
    """The followers of a stream in a space. The *live* ones are all at one cursor, and none of them is behind.

    One tail serves them together. A second one stays at the beginning: when the stream ends, it gives those who are
    behind the last entries that are still there.
    """

    __slots__ = (
        "_encoded", "_groups", "_last", "_limit", "_oldest", "_storage", "_tail", "_wake", "bytes_written", "count",
        "cursor", "followers", "space", "stream", "times_behind",
    )  # fmt: skip

    def __init__(
        self,
        space: str,
        stream: str,
        storage: SpaceStorage,
        encoded: EncodedEntries,
        limit: Callable[[], int],
        wake: Callable[[Room], None],
    ) -> None:
        self.space = space
        self.stream = stream
        self.followers: dict[Sink, Follower] = {}
        self.count = 0
        self.cursor = 0
        self.bytes_written = self.times_behind = 0
        self._storage = storage
        self._encoded = encoded
        self._limit = limit
        self._wake = wake
        self._groups: dict[Format, Group] = {}
        self._tail: Tail | None = None
        self._oldest: Tail | None = None
        self._last: list[Entry] | None = None

    @property
    def is_watching(self) -> bool:
        """Tell whether the room knows how far the stream is."""
        return self._tail is not None

    async def open(self, cursor: int) -> None:
        """Begin to watch the stream; raises `NotFound`, or `CursorReset` for a cursor beyond its head."""
        try:
            self._tail, self.cursor = await self._storage.tail(self.stream, cursor, self.wake), cursor
            self._oldest = await self.new_tail(0)
        except BaseException:
            self.close()
            raise

    async def reopen(self, first: Follower) -> None:
        """Watch the stream again, from where a follower is, after the room had lost its place."""
        cursor, count = first.cursor, first.count
        tail = await self._storage.tail(self.stream, cursor, self.wake)
        if self._tail is not None:
            # Another follower was faster.
            tail.close()
            return
        self._tail, self.cursor = tail, cursor
        if count is not None:
            self.count = count
        else:
            for follower in self.followers.values():
                follower.count = None

    async def new_tail(self, cursor: int) -> Tail:
        """Return a tail for a follower that goes on by itself."""
        return await self._storage.tail(self.stream, cursor)

    def close(self) -> None:
        """Stop watching."""
        for tail in (self._tail, self._oldest):
            if tail is not None:
                tail.close()
        self._tail = self._oldest = None  # they hold the room

    def wake(self) -> None:
        """Note that there is something new."""
        self._wake(self)

    def leave(self, follower: Follower) -> None:
        """Forget a follower."""
        del self.followers[follower.sink]
        self.demote(follower)
        follower.rest()

    def demote(self, follower: Follower) -> bool:
        """Let a follower go on by itself; returns whether it was live."""
        if not follower.live:
            return False
        group = self._groups[follower.sink.form]
        del group.followers[follower.sink]
        follower.sink.bytes_written += group.bytes - follower.bytes_before
        follower.cursor, follower.count, follower.live = self.cursor, self.count, False
        return True

    def join(self, follower: Follower) -> bool:
        """Serve a follower for which nothing is left together with the others; False if something is left for them."""
        if self._tail is None or self.flush():
            return False
        form = follower.sink.form
        group = self._groups.get(form) or self._groups.setdefault(form, Group(form))
        group.followers[follower.sink] = follower
        follower.bytes_before, follower.live = group.bytes, True
        follower.rest()
        return True

    def unjoined_bytes(self, follower: Follower) -> int:
        """Return what a live follower has got since it joined."""
        return self._groups[follower.sink.form].bytes - follower.bytes_before if follower.live else 0

    def flush(self) -> bool:
        """Write what is new to the live followers; returns whether more is left, or the stream has ended."""
        if self._tail is None:
            return True
        entries = self._tail.take(BATCH)
        if entries is None:
            self._lose_place()
            return True
        for piece in pieces(entries, self._limit()):
            self._write(piece)
        if self._tail.ended:
            self._end()
            return True
        if len(entries) == BATCH:
            self.wake()
            return True
        return False

    def farewell(self, cursor: int) -> list[Entry]:
        """Return what is still there beyond a cursor of a stream that has ended."""
        if self._last is None:
            self._last = (self._oldest.take(RING) if self._oldest is not None else None) or []
        return [entry for entry in self._last if entry.offset > cursor]

    def packed(self, form: Format, entries: Sequence[Entry]) -> bytes:
        """Return entries as one write."""
        return self._encoded.packed(form, self.space, self.stream, entries)

    def _write(self, piece: Sequence[Entry]) -> None:
        # A follower that gets behind does so by its own write: whoever leaves has everything up to here.
        self.cursor = piece[-1].offset
        self.count += len(piece)
        for group in self._groups.values():
            if group.followers:
                data = self.packed(group.form, piece)
                self.bytes_written += len(data) * len(group.followers)
                group.write(data)

    def _lose_place(self) -> None:
        assert self._tail is not None
        self._tail.close()
        self._tail = None
        for follower in tuple(self.followers.values()):
            self.demote(follower)
            follower.sink.let_catch_up(follower)

    def _end(self) -> None:
        for follower in tuple(self.followers.values()):
            if follower.live:
                follower.sink.ended(follower)
