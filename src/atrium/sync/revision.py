"""Revisions: canonical decimal u64 strings that compare by length, then by text."""

import re
from typing import Final, NewType, TypeGuard

from atrium.sync.errors import InvalidRevision

Revision = NewType("Revision", str)

ZERO_REVISION: Final = Revision("0")
MAX_REVISION: Final = Revision("18446744073709551615")

_CANONICAL: Final = re.compile(r"0|[1-9][0-9]{0,19}")


def is_revision(value: object) -> TypeGuard[Revision]:
    """Tell whether a value is a canonical decimal u64 string: ASCII digits, no leading zero, at most 2^64 - 1."""
    if not isinstance(value, str) or _CANONICAL.fullmatch(value) is None:
        return False
    return len(value) < len(MAX_REVISION) or value <= MAX_REVISION


def parse_revision(value: object) -> Revision:
    """Return the value as a revision; raise `InvalidRevision` when it is not canonical."""
    if is_revision(value):
        return value
    shown = repr(value)[:60]
    raise InvalidRevision(f"revision {shown} is not a canonical decimal u64 string such as '0' or '42'")


def compare_revisions(a: Revision, b: Revision) -> int:
    """Order two canonical revisions: -1, 0 or 1."""
    if len(a) != len(b):
        return -1 if len(a) < len(b) else 1
    return (a > b) - (a < b)
