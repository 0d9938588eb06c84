"""Patience: waiting before another attempt, cut short when the plugin stops."""

from __future__ import annotations

import asyncio

from atrium.sdk import Context

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0


class Patience:
    """Waits 0.5 s, 1 s, 2 s ... 30 s between attempts until it ends."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ended = False
        self._waits: set[asyncio.Task[None]] = set()

    async def wait(self, attempt: int) -> bool:
        """Wait after the attempt of this number, counted from 0; False if there should not be another one."""
        if self._ended:
            return False
        delay = min(FIRST_DELAY * 2.0 ** min(attempt, 16), LONGEST_DELAY)
        pause: asyncio.Task[None] = self._context.spawn(self._context.clock.sleep(delay), "pause")
        self._waits.add(pause)
        await asyncio.wait([pause])
        self._waits.discard(pause)
        return not self._ended

    def end(self) -> None:
        """End all waits, now and later."""
        self._ended = True
        for pause in self._waits:
            pause.cancel()
