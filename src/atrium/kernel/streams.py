"""Streams: the sequencer that issues every offset, and the tails that follow.

A stream is in memory only while something happens in it or somebody follows it. Durable entries are shown when their
commit is stored, in the order of their offsets; hints are shown at once, but never ahead of a durable entry before
them.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from atrium.kernel.entries import EntryEncoder, chunk_row, entries_of, shown_entry
from atrium.kernel.numbers import LARGEST, NumberSource
from atrium.sdk.callbacks import call_each
from atrium.sdk.clock import timestamp
from atrium.sdk.errors import CursorReset, NotFound
from atrium.sdk.spi import Append, Commit, Row, StreamKey, StreamPage, Trim
from atrium.sdk.storage import Entry, NewEntry

log = logging.getLogger(__name__)

RING_ENTRIES = 2048
RING_BYTES = 1 << 20
CHUNK_HINTS = 64
CHUNK_SECONDS = 0.25

Body = tuple[int, bytes]
"""An issued offset and the entry's bytes as stored."""

Wake = Callable[[], None] | None
"""What a follower wants to be called by when there is something new."""


@dataclass(slots=True)
class Slot:
    """Entries whose commit is in flight, the hints it stores and trims, and the hints that wait behind it."""

    stream: Stream
    bodies: list[Body] = field(default_factory=list)
    last: int = 0
    trims: list[str] = field(default_factory=list)
    ends: bool = False
    hints: list[tuple[str, Body]] = field(default_factory=list)
    behind: list[Body] = field(default_factory=list)


@dataclass(slots=True)
class Ring:
    """The last entries shown. What it has evicted (`floor` and below) is in storage."""

    floor: int
    entries: list[Entry] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    bytes: int = 0

    def add(self, entry: Entry) -> None:
        """Add the newest entry."""
        self.entries.append(entry)
        self.offsets.append(entry.offset)
        self.bytes += len(entry.encoded)

    def evict(self, stored: int) -> None:
        """Forget the oldest entries beyond the limits, as far as they are stored."""
        if len(self.entries) <= RING_ENTRIES and self.bytes <= RING_BYTES:
            return
        count, freed = 0, 0
        for entry in self.entries:
            small = len(self.entries) - count <= RING_ENTRIES // 2 and self.bytes - freed <= RING_BYTES // 2
            if small or entry.offset > stored:
                break
            count, freed = count + 1, freed + len(entry.encoded)
        if count:
            self.floor = self.offsets[count - 1]
            self.bytes -= freed
            del self.entries[:count], self.offsets[:count]

    def after(self, cursor: int, limit: int) -> list[Entry]:
        """Return entries beyond a cursor at or above the floor."""
        start = bisect_right(self.offsets, cursor)
        return self.entries[start : start + limit]


class Stream:
    """One stream's sequencer: issues offsets, shows entries in order, stores hints in chunks."""

    def __init__(self, key: StreamKey, streams: Streams) -> None:
        self.key = key
        self._streams = streams
        self._encoder = EntryEncoder(key[1])
        self.issued = streams.numbers.floor
        self.shown = 0
        self.stored = 0
        self.durable = 0
        self.ring: Ring | None = None
        self.ended = False
        self.tails: set[StreamTail] = set()
        self._inflight: deque[Slot] = deque()
        self._unstored: list[tuple[str, Body]] = []
        self._chunked: dict[str, int] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._waking = False

    @property
    def idle(self) -> bool:
        """Tell whether nothing needs this object: then it can be forgotten, storage has everything."""
        return not (self.tails or self._inflight or self._unstored or self._chunked)

    def issue(self, entries: Sequence[NewEntry], *, hints: bool = False) -> list[Body]:
        """Issue offsets for entries and encode them."""
        next_offset = self._streams.numbers.hint_offset if hints else self._streams.numbers.offset
        time = timestamp(self._streams.now()).encode()
        bodies = []
        for entry in entries:
            offset = next_offset(self.issued)
            bodies.append((offset, self._encoder.encode(offset, time, entry)))
            self.issued = offset
        return bodies

    def hint(self, group: str, entries: Sequence[NewEntry]) -> None:
        """Show entries now (or right behind the durable ones in flight) and store them soon."""
        if self.ended:
            return
        hints = self.issue(entries, hints=True)
        self._unstored.extend((group, hint) for hint in hints)
        if len(self._unstored) >= CHUNK_HINTS:
            self.flush()
        self._flush_soon()
        durable = next((slot for slot in reversed(self._inflight) if slot.bodies), None)
        if durable is None:
            self._show(hints, hint=True)
        else:
            durable.behind.extend(hints)

    def recent(self, after: int) -> list[Entry] | None:
        """Return the durable entries beyond an offset; None if memory does not have all of them."""
        if self.ring is None or self.ended or after < self.ring.floor:
            return None
        return [entry for entry in self.ring.after(after, len(self.ring.entries)) if not entry.hint]

    def flush(self) -> None:
        """Store pending hints in a commit of their own."""
        self._cancel_flush()
        if self._unstored:
            self._streams.store_hints(self)

    def enlist(self, commit: Commit, slot: Slot) -> None:
        """Put a slot's entries into a commit, pending hints ahead of them.

        Hints of trimmed groups are dropped instead; a group of an earlier run is looked for in the whole stream.
        """
        self._cancel_flush()
        self._inflight.append(slot)
        pending, self._unstored = self._unstored, []
        slot.hints = pending
        for group in slot.trims:
            kept = [hint for hint in pending if hint[0] != group]
            first = self._chunked.pop(group, None if len(kept) < len(pending) else 0)
            pending = kept
            if first is not None:
                commit.operations.append(Trim(self.key, group, first, slot.last))
        rows = []
        for group, run in groupby(pending, key=itemgetter(0)):
            hints = [hint for _, hint in run]
            self._chunked.setdefault(group, hints[0][0])
            rows.append(chunk_row(group, hints))
        rows.extend(Row(offset, body) for offset, body in slot.bodies)
        if rows:
            commit.operations.append(Append(self.key, tuple(rows)))

    def settle(self, slot: Slot, *, stored: bool) -> None:
        """Show a slot's entries once its commit is stored (or skip them), and the hints behind it."""
        self._inflight.remove(slot)
        if stored:
            self.stored = max(self.stored, slot.last)
            self._show(slot.bodies, hint=False)
        elif not self.ended:
            self._unstored[:0] = slot.hints
            self._chunked.update(dict.fromkeys(slot.trims, 0))
            self._flush_soon()
        self._show(slot.behind, hint=True)
        if stored and slot.ends:
            self.ended = True
            self._cancel_flush()
            self._unstored, self._chunked = [], {}
            self._wake_soon()
        self._streams.forget_if_idle(self)

    def load(self, page: StreamPage) -> None:
        """Begin to keep a ring, at what storage has now, with the hints that are not stored yet."""
        self.ring = Ring(page.head)
        self.shown = self.stored = page.head
        self.issued = max(self.issued, page.head)
        self.durable = page.previous
        waiting = {offset for slot in self._inflight for offset, _ in slot.behind}
        self._show([hint for _, hint in self._unstored if hint[0] not in waiting], hint=True)

    def _show(self, bodies: list[Body], *, hint: bool) -> None:
        if self.ring is None or not bodies:
            return
        for offset, body in bodies:
            if offset <= self.shown:
                continue
            self.ring.add(shown_entry(offset, self.durable, body, hint=hint))
            self.shown = offset
            if not hint:
                self.durable = offset
        self.ring.evict(self.stored)
        self._wake_soon()

    def _wake_soon(self) -> None:
        if not self._waking and self.tails:
            self._waking = True
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._waking = False
        for tail in tuple(self.tails):
            tail.wake()

    def _flush_soon(self) -> None:
        if self._unstored and self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(CHUNK_SECONDS, self.flush)

    def _cancel_flush(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None


class StreamTail:
    """A follower: what it missed from storage, then from the ring, then what is new."""

    def __init__(self, stream: Stream, ring: Ring, streams: Streams, cursor: int, wake: Wake) -> None:
        self.cursor = cursor
        self._stream = stream
        self._ring = ring
        self._streams = streams
        self._wake_callback = wake
        self._news = asyncio.Event()
        self._closed = False
        stream.tails.add(self)

    @property
    def ended(self) -> bool:
        """Tell whether there will be nothing more: the stream has ended and was read, or this tail was closed."""
        return self._closed or (self._stream.ended and self.cursor >= self._stream.shown)

    def take(self, limit: int = 1000) -> list[Entry] | None:
        """Return what the ring has beyond the cursor and move it; None when `load` must read storage first."""
        if self._closed:
            return []
        if self.cursor < self._ring.floor:
            if not self._stream.ended:
                return None
            self.cursor = self._ring.floor
        entries = self._ring.after(self.cursor, limit)
        if entries:
            self.cursor = entries[-1].offset
        return entries

    async def load(self, limit: int = 1000) -> list[Entry]:
        """Read what the ring no longer has from storage and move the cursor."""
        floor, shown = self._ring.floor, self._stream.shown
        page = await self._streams.read_page(self._stream.key, self.cursor, limit)
        entries = [entry for entry in entries_of(page, self.cursor) if entry.offset <= shown]
        if entries:
            self.cursor = entries[-1].offset
        if len(page.rows) < limit:
            self.cursor = max(self.cursor, floor)
        return entries

    def wake(self) -> None:
        """Tell the follower that there is something new."""
        self._news.set()
        if self._wake_callback is not None:
            call_each((self._wake_callback,))

    def close(self) -> None:
        """Stop following."""
        if not self._closed:
            self._closed = True
            self._stream.tails.discard(self)
            self._streams.forget_if_idle(self._stream)
            self.wake()

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        try:
            while True:
                self._news.clear()
                entries = self.take()
                if entries is None:
                    entries = await self.load()
                    self._news.set()
                if entries:
                    yield entries
                elif self.ended:
                    return
                else:
                    await self._news.wait()
        finally:
            self.close()


class Streams:
    """All streams that are in memory."""

    def __init__(
        self,
        numbers: NumberSource,
        now: Callable[[], float],
        read_page: Callable[[StreamKey, int, int], Awaitable[StreamPage]],
        submit: Callable[[Commit, list[Slot]], asyncio.Future[int]],
    ) -> None:
        self.numbers = numbers
        self.now = now
        self.read_page = read_page
        self._submit = submit
        self._streams: dict[StreamKey, Stream] = {}

    def get(self, key: StreamKey) -> Stream:
        """Return a stream, brought into memory."""
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = Stream(key, self)
        return stream

    def peek(self, key: StreamKey) -> Stream | None:
        """Return a stream if it is in memory."""
        return self._streams.get(key)

    async def tail(self, key: StreamKey, after: int, wake: Wake, *, begun: bool = True) -> StreamTail:
        """Follow a stream from beyond `after`; raises `CursorReset` if that lies beyond its head.

        `begun` says that the stream must have an entry already.
        """
        stream = self.get(key)
        while stream.ring is None:
            page = await self.read_page(key, LARGEST, 1)
            if page.head >= stream.stored or stream.ended:
                stream.load(page)
        try:
            if stream.ended or (begun and not stream.shown):
                raise NotFound(f"there is no stream {key[1]}")
            if after > stream.shown:
                raise CursorReset(f"{key[1]} ends at {stream.shown}, before {after}", head=stream.shown)
            return StreamTail(stream, stream.ring, self, after, wake)
        finally:
            self.forget_if_idle(stream)

    def store_hints(self, stream: Stream) -> None:
        """Commit a stream's pending hints."""
        commit = Commit(self.numbers.revision())
        slot = Slot(stream, last=stream.issued)
        stream.enlist(commit, slot)
        self._submit(commit, [slot]).add_done_callback(_tell_failure)

    def forget_if_idle(self, stream: Stream) -> None:
        """Drop a stream from memory if nothing needs it, and remember how far its numbers went."""
        if stream.idle and self._streams.get(stream.key) is stream:
            self.numbers.floor = max(self.numbers.floor, stream.issued)
            del self._streams[stream.key]

    def end_all(self) -> None:
        """Store what is pending and end every tail (the hub stops)."""
        for stream in tuple(self._streams.values()):
            stream.flush()
            for tail in tuple(stream.tails):
                tail.close()


def _tell_failure(stored: asyncio.Future[int]) -> None:
    if not stored.cancelled() and stored.exception() is not None:
        log.warning("deltas could not be stored yet", exc_info=stored.exception())
