"""The system's clock, and how points in time are written."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import lru_cache


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def timestamp(seconds: float) -> str:
    """Return seconds since 1970 as RFC 3339, UTC, to the millisecond."""
    second, microseconds = divmod(round(seconds * 1_000_000), 1_000_000)
    return f"{_written(second)}.{microseconds // 1000:03}Z"


@lru_cache(maxsize=16)
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")[:19]
