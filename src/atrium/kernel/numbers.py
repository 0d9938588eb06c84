"""Numbers that only grow: revisions and offsets."""

from __future__ import annotations

from collections.abc import Callable

HEADROOM = 60_000_000
"""How far ahead of use the stored ceiling lies, in microseconds."""

LARGEST = (1 << 63) - 1


class NumberSource:
    """Hybrid numbers, `max(previous + 1, microseconds since 1970)`.

    A ceiling above everything handed out is stored ahead of use, with the commits themselves; the next start begins
    above it. So numbers grow even when the clock goes back or unstored hints are lost.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._revision = 0
        self._stored = 0
        self._asked = 0
        self.floor = 0
        """Every offset of a stream that is not in memory lies at or below this."""

    def restore(self, ceiling: int) -> None:
        """Begin above what an earlier run may have handed out."""
        self._revision = self.floor = self._stored = self._asked = ceiling

    def revision(self) -> int:
        """Return the next revision."""
        self._revision = max(self._revision + 1, int(self._now() * 1_000_000))
        return self._revision

    def offset(self, previous: int) -> int:
        """Return the offset of a durable entry, to be stored in a commit that carries `ceiling`."""
        return max(previous + 1, int(self._now() * 1_000_000))

    def hint_offset(self, previous: int) -> int:
        """Return the offset of a hint, which may be shown before anything is stored: never above the ceiling."""
        return max(previous + 1, min(int(self._now() * 1_000_000), self._stored))

    def ceiling(self, largest: int) -> int | None:
        """Return the ceiling that a commit using numbers up to `largest` must store, None if there is room."""
        if largest + HEADROOM // 2 <= self._asked:
            return None
        self._asked = min(largest + HEADROOM, LARGEST)
        return self._asked

    def settle(self, ceiling: int, *, stored: bool) -> None:
        """Note that a commit's ceiling is in the database, or that the next commit must ask for one again."""
        if stored:
            self._stored = max(self._stored, ceiling)
        else:
            self._asked = self._stored
