"""Retry and timeout around a provider."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from atrium.sync import (
    InMemoryHub,
    ProtocolError,
    RetryPolicy,
    Revision,
    SnapshotEnvelope,
    SnapshotTimeout,
    SyncErrorContext,
    create_revision_sync,
    with_retry,
    with_timeout,
)
from atrium.testing.sync_scenarios import load_vectors

VECTORS = load_vectors(Path(__file__).parents[2] / "contracts" / "sync" / "scenarios.json")
SNAKE_CASE = {"maxAttempts": "max_attempts", "baseDelayMs": "base_delay_ms", "maxDelayMs": "max_delay_ms"}
SNAPSHOT = SnapshotEnvelope(Revision("1"), "one")


class Flaky:
    """Fail a number of times, then answer."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error or ConnectionError("no network")

    async def get_snapshot(self) -> SnapshotEnvelope[str]:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return SNAPSHOT


class Slow:
    """Answer when told."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.answer: asyncio.Future[SnapshotEnvelope[str]] = asyncio.get_running_loop().create_future()
        self.cancelled = asyncio.Event()
        self._stubborn = stubborn

    async def get_snapshot(self) -> SnapshotEnvelope[str]:
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.cancelled.set()
            if self._stubborn:
                return await self.answer
            raise


async def no_sleep(seconds: float) -> None:
    assert seconds >= 0


@pytest.mark.parametrize("vector", VECTORS["retry"], ids=lambda vector: str(vector["delaysMs"]))
async def test_retry_schedule(vector: dict[str, Any]) -> None:
    slept: list[float] = []
    randoms = iter(vector["random"])
    provider = Flaky(1000)

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds * 1000))

    policy = RetryPolicy(**{SNAKE_CASE[name]: value for name, value in vector["policy"].items()})
    with pytest.raises(ConnectionError, match="no network"):
        await with_retry(provider, policy, sleep=sleep, random=lambda: next(randoms)).get_snapshot()
    assert slept == vector["delaysMs"]
    assert provider.calls == len(slept) + 1


async def test_retry_is_silent_when_nothing_fails() -> None:
    contexts: list[SyncErrorContext] = []
    assert await with_retry(Flaky(0), on_error=contexts.append).get_snapshot() is SNAPSHOT
    assert contexts == []


async def test_retry_tells_of_each_failed_attempt() -> None:
    contexts: list[SyncErrorContext] = []
    provider = Flaky(2)
    wrapped = with_retry(provider, on_error=contexts.append, sleep=no_sleep, random=lambda: 0.0)
    assert await wrapped.get_snapshot() is SNAPSHOT
    assert [(c.phase, c.attempt, c.will_retry, c.next_delay_ms) for c in contexts] == [
        ("getSnapshot", 1, True, 50),
        ("getSnapshot", 2, True, 100),
    ]


async def test_retry_tells_of_the_last_attempt_too() -> None:
    contexts: list[SyncErrorContext] = []
    with pytest.raises(ConnectionError):
        await with_retry(Flaky(9), on_error=contexts.append, sleep=no_sleep).get_snapshot()
    assert (contexts[-1].attempt, contexts[-1].will_retry, contexts[-1].next_delay_ms) == (3, False, None)


async def test_should_retry_decides() -> None:
    provider = Flaky(9, PermissionError("not yours"))
    policy = RetryPolicy(should_retry=lambda error: isinstance(error, ConnectionError))
    with pytest.raises(PermissionError):
        await with_retry(provider, policy, sleep=no_sleep).get_snapshot()
    assert provider.calls == 1


async def test_protocol_errors_are_not_retried_by_default() -> None:
    provider = Flaky(9, ProtocolError("bad"))
    with pytest.raises(ProtocolError):
        await with_retry(provider, sleep=no_sleep).get_snapshot()
    assert provider.calls == 1


@pytest.mark.parametrize(
    ("field", "value"), [("max_attempts", 0), ("base_delay_ms", -1), ("max_delay_ms", float("inf"))]
)
def test_a_policy_that_makes_no_sense_is_declined(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{field} is {value}"):
        RetryPolicy(**{field: value})


async def test_events_during_the_retries_cost_one_more_snapshot() -> None:
    hub: InMemoryHub[str] = InMemoryHub()
    hub.bump("t", "one")
    sleeping, awake = asyncio.Event(), asyncio.Event()
    applied: dict[str, asyncio.Event] = {"1": asyncio.Event(), "2": asyncio.Event(), "4": asyncio.Event()}

    class Offline(Flaky):
        async def get_snapshot(self) -> SnapshotEnvelope[str]:
            await super().get_snapshot()
            return hub.snapshot("t")

    class Applier:
        def apply(self, snapshot: SnapshotEnvelope[str], /) -> None:
            applied[snapshot.revision].set()

    async def sleep(seconds: float) -> None:
        sleeping.set()
        await awake.wait()

    provider = Offline(0)
    sync = create_revision_sync(
        topic="t", subscriber=hub.subscriber(), provider=with_retry(provider, sleep=sleep), applier=Applier()
    )
    await sync.start()
    provider._failures = 2
    hub.publish("t", "two")
    await sleeping.wait()
    hub.publish("t", "three")
    hub.publish("t", "four")
    awake.set()
    await applied["4"].wait()
    assert not applied["2"].is_set()
    assert provider.calls == 3
    sync.stop()


async def test_timeout_passes_on_what_comes_in_time() -> None:
    assert await with_timeout(Flaky(0), 1000).get_snapshot() is SNAPSHOT
    with pytest.raises(ConnectionError):
        await with_timeout(Flaky(1), 1000).get_snapshot()


async def test_timeout_raises_and_cancels_the_late_fetch() -> None:
    provider = Slow()
    with pytest.raises(SnapshotTimeout, match="did not arrive within 1500 ms"):
        await with_timeout(provider, 1500, sleep=no_sleep).get_snapshot()
    await provider.cancelled.wait()


@pytest.mark.parametrize("late", [SNAPSHOT, ConnectionError("too late")])
async def test_timeout_discards_what_arrives_late(late: SnapshotEnvelope[str] | Exception) -> None:
    provider = Slow(stubborn=True)
    with pytest.raises(SnapshotTimeout):
        await with_timeout(provider, 1, sleep=no_sleep).get_snapshot()
    await provider.cancelled.wait()
    if isinstance(late, Exception):
        provider.answer.set_exception(late)
    else:
        provider.answer.set_result(late)
    await asyncio.wait({provider.answer})


async def test_a_cancelled_wait_cancels_the_fetch() -> None:
    provider = Slow()
    waiting = asyncio.ensure_future(with_timeout(provider, 60_000).get_snapshot())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await provider.cancelled.wait()


@pytest.mark.parametrize("ms", [0, -1, float("inf"), float("nan")])
def test_a_timeout_that_makes_no_sense_is_declined(ms: float) -> None:
    with pytest.raises(ValueError, match=f"ms is {ms}"):
        with_timeout(Flaky(0), ms)
