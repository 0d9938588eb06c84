"""A clock that the test moves."""

from __future__ import annotations


class ManualClock:
    """Time that moves only when told to; `sleep` moves it at once."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return self.time

    def monotonic(self) -> float:
        """Return the same seconds."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
