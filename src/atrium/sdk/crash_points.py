"""Crash points: named steps of writing at which a test makes this process die, as `kill -9` would."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import cache
from itertools import count

VARIABLE = "ATRIUM_CRASH_AT"


def crash_point(name: str, last: Callable[[], object] | None = None) -> None:
    """Die here without any clean-up if `ATRIUM_CRASH_AT` is `<name>`, or `<name>:<n>` and this is the n-th time.

    `last` is done just before: half of a write, for example.
    """
    chosen = _chosen()
    if chosen is not None and chosen[0] == name and next(chosen[1]) == chosen[2]:
        if last is not None:
            last()
        os.kill(os.getpid(), signal.SIGKILL)


@cache
def _chosen() -> tuple[str, count[int], int] | None:
    """Return the point to die at, how often it was reached, and which time counts; the environment is read once."""
    name, _, time = os.environ.get(VARIABLE, "").partition(":")
    return (name, count(1), int(time or 1)) if name else None
