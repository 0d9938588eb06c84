"""Ids: UUIDv7, unique and ordered by time."""

from __future__ import annotations

import secrets
from collections.abc import Callable


class IdSource:
    """UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits; ids of one source are in order of creation."""

    def __init__(self, now: Callable[[], float], random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._now = now
        self._random_bits = random_bits
        self._last = 0

    def __call__(self) -> str:
        """Return a new id in the canonical form of 36 characters."""
        stamp = max(int(self._now() * 1000) << 12, self._last + 1)
        self._last = stamp
        value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | self._random_bits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
