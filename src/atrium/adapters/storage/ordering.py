"""How queries compare the JSON values of fields: the same on every adapter.

Missing and null are one and come first, then numbers (true is 1, false is 0), then text by code points. Arrays and
objects compare as their JSON text, which makes paging over them exact if not useful.
"""

from __future__ import annotations

from typing import Any

import orjson

Scalar = int | float | str | None
"""What a JSON value is compared as."""

LARGEST_INTEGER = 2**63 - 1


def comparable(value: Any) -> Scalar:
    """Return what a JSON value is compared as; integers beyond 64 signed bits are compared as floats."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list, tuple)):
        return orjson.dumps(value).decode()
    if isinstance(value, int):
        return int(value) if -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER else float(value)
    return float(value)


def rank(value: Scalar) -> tuple[int, Any]:
    """Return a key that sorts compared values in ascending order."""
    if value is None:
        return (0, 0)
    return (2, value) if isinstance(value, str) else (1, value)


def end_of_prefix(prefix: str) -> str | None:
    """Return the least text after all that begin with a prefix, or None if there is no such text."""
    for position in range(len(prefix) - 1, -1, -1):
        code = ord(prefix[position])
        if code < 0x10FFFF:
            following = 0xE000 if code == 0xD7FF else code + 1  # surrogates are not text
            return prefix[:position] + chr(following)
    return None
