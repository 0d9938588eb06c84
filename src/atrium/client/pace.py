"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random as random_module
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from atrium.sync import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time as the client sees it, and its waits between tries: exponential with jitter, between 0.1 and 5 seconds.

    `patience` is how many seconds a message waits for a hub that does not answer, `offline_limit` how many a follower
    does; None: for ever.
    """

    patience: float | None = 30
    offline_limit: float | None = None
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(base_delay_ms=200, max_delay_ms=5000))
    restart_policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(base_delay_ms=200, max_delay_ms=400))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random_module.random

    async def wait(self, attempt: int, *, restarting: bool = False, at_least: float = 0) -> None:
        """Wait after a failed attempt, counted from 1; a hub that said it restarts is asked again sooner."""
        policy = self.restart_policy if restarting else self.policy
        await self.sleep(max(at_least, policy.delay_ms(attempt, self.random()) / 1000))

    def exhausted(self, since: float) -> bool:
        """Tell whether patience has run out for a message that began to fail at a `monotonic` time."""
        return self.patience is not None and self.monotonic() - since >= self.patience

    def given_up(self, since: float) -> bool:
        """Tell whether a connection that was lost at a `monotonic` time is given up."""
        return self.offline_limit is not None and self.monotonic() - since >= self.offline_limit
