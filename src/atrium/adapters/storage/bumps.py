"""Which topics a stored document touches."""

from __future__ import annotations

from collections.abc import Sequence

from atrium.sdk.spi import Bump

ANY = b"\x00"
LONGEST_DIGEST = 254


def pack(bumps: Sequence[Bump]) -> bytes:
    """Return the digests of what the topics show of a document as one value to keep beside it."""
    parts = []
    for bump in bumps:
        shown = bump.shown
        if shown is None:
            parts.append(ANY)
        elif len(shown) > LONGEST_DIGEST:
            raise ValueError(f"topic {bump.topic}: a digest has at most {LONGEST_DIGEST} bytes, not {len(shown)}")
        else:
            parts.append(bytes((len(shown) + 1,)) + shown)
    return b"".join(parts)


def touched(bumps: Sequence[Bump], packed: bytes, before: bytes | None, *, deleted: bool) -> list[str]:
    """Return the topics that change when a document is stored over one with the digests `before` (None: none)."""
    if deleted or before is None:
        return [] if deleted and before is None else [bump.topic for bump in bumps]
    if before == packed:
        return [bump.topic for bump in bumps if bump.shown is None]
    old, new = _unpack(before), _unpack(packed)
    old += [ANY] * (len(new) - len(old))
    return [bump.topic for bump, was, now in zip(bumps, old, new, strict=False) if now == ANY or now != was]


def _unpack(packed: bytes) -> list[bytes]:
    parts = []
    position = 0
    while position < len(packed):
        end = position + max(packed[position], 1)
        parts.append(packed[position:end])
        position = end
    return parts
