"""How long to wait before a provider is asked again."""

from __future__ import annotations

import random
from collections.abc import Callable

from atrium.sdk import ProviderError

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
JITTER = 0.25


def delay_after(failed: int, error: ProviderError, draw: Callable[[], float] = random.random) -> float | None:
    """Return the seconds to wait after so many failed attempts: 1, 2, 4 ... 60, a quarter more or less.

    At least as long as the provider asks for (Retry-After); None if it asks for more than anybody wants to wait here.
    `draw` returns a number in [0, 1).
    """
    asked = error.retry_after or 0.0
    if not asked <= LONGEST_DELAY:  # NaN as well
        return None
    delay = min(FIRST_DELAY * 2.0 ** min(failed - 1, 16), LONGEST_DELAY)
    delay *= 1 - JITTER + 2 * JITTER * draw()
    return float(max(min(delay, LONGEST_DELAY), asked))
