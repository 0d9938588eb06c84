"""Policies around a snapshot provider: retry and timeout. The engine itself tries once and waits for ever."""

import asyncio
import math
import random as random_module
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from atrium.sync.errors import ProtocolError, SnapshotTimeout
from atrium.sync.messages import SnapshotEnvelope
from atrium.sync.ports import OnError, SnapshotProvider, SyncErrorContext

T = TypeVar("T")


def is_retryable(error: Exception) -> bool:
    """Decline protocol errors, which asking again does not cure; accept everything else."""
    return not isinstance(error, ProtocolError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Say how often and how long after one another a snapshot is asked for. Delays are in milliseconds."""

    max_attempts: int = 3
    base_delay_ms: float = 100
    max_delay_ms: float = 2000
    should_retry: Callable[[Exception], bool] = is_retryable

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError(f"max_attempts is {self.max_attempts}; it must be at least 1")
        for name in ("base_delay_ms", "max_delay_ms"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a finite number, 0 or more")

    def delay_ms(self, attempt: int, random: float) -> int:
        """Return the wait after a failed attempt (counted from 1), for a random number in [0, 1).

        Exponential with equal jitter: between half and all of min(max_delay_ms, base_delay_ms * 2^(attempt-1)), whole
        milliseconds. Never near zero, so that a crowd of clients neither hammers nor falls into step.
        """
        ceiling = self.base_delay_ms * 2.0 ** min(attempt - 1, 1000)
        return math.floor(min(self.max_delay_ms, ceiling) * (0.5 + random / 2))


def with_retry(
    provider: SnapshotProvider[T],
    policy: RetryPolicy | None = None,
    *,
    on_error: OnError | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    random: Callable[[], float] = random_module.random,
) -> SnapshotProvider[T]:
    """Wrap a provider so that failed fetches are tried again.

    `on_error` hears of each failed attempt with `attempt`, `will_retry` and `next_delay_ms`. The last error is raised
    as it is. `sleep` takes seconds.
    """
    return _Retrying(provider, policy or RetryPolicy(), on_error, sleep, random)


def with_timeout(
    provider: SnapshotProvider[T], ms: float, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> SnapshotProvider[T]:
    """Wrap a provider so that a fetch longer than `ms` milliseconds raises `SnapshotTimeout`.

    The late fetch is cancelled and its result, if it comes at all, discarded. `sleep` takes seconds.
    """
    if not 0 < ms < math.inf:
        raise ValueError(f"ms is {ms}; a timeout is a finite number of milliseconds above 0")
    return _TimeLimited(provider, ms, sleep)


@dataclass(frozen=True, slots=True)
class _Retrying(Generic[T]):
    provider: SnapshotProvider[T]
    policy: RetryPolicy
    on_error: OnError | None
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]

    async def get_snapshot(self) -> SnapshotEnvelope[T]:
        attempt = 1
        while True:
            try:
                return await self.provider.get_snapshot()
            except Exception as error:
                delay_ms = self._delay_after(attempt, error)
                self._report(attempt, error, delay_ms)
                if delay_ms is None:
                    raise
            await self.sleep(delay_ms / 1000)
            attempt += 1

    def _delay_after(self, attempt: int, error: Exception) -> int | None:
        if attempt >= self.policy.max_attempts or not self.policy.should_retry(error):
            return None
        return self.policy.delay_ms(attempt, self.random())

    def _report(self, attempt: int, error: Exception, delay_ms: int | None) -> None:
        if self.on_error is not None:
            self.on_error(
                SyncErrorContext(
                    phase="getSnapshot",
                    error=error,
                    attempt=attempt,
                    will_retry=delay_ms is not None,
                    next_delay_ms=delay_ms,
                )
            )


@dataclass(frozen=True, slots=True)
class _TimeLimited(Generic[T]):
    provider: SnapshotProvider[T]
    ms: float
    sleep: Callable[[float], Awaitable[None]]

    async def get_snapshot(self) -> SnapshotEnvelope[T]:
        fetch = asyncio.ensure_future(self.provider.get_snapshot())
        alarm = asyncio.ensure_future(self.sleep(self.ms / 1000))
        try:
            await asyncio.wait({fetch, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if fetch.done():
                return fetch.result()
        finally:
            alarm.cancel()
            if fetch.cancel():
                fetch.add_done_callback(_discard)
        raise SnapshotTimeout(f"the snapshot did not arrive within {self.ms:g} ms")


def _discard(fetch: "asyncio.Future[SnapshotEnvelope[T]]") -> None:
    """Take note of a late failure, so that asyncio does not report a result nobody wants any more."""
    if not fetch.cancelled():
        fetch.exception()
