"""State sync in process: from an invalidation to the applied snapshot, one after another, over the in-memory transport.

Reference: fetching and applying directly, without a protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

from atrium.sync import InMemoryHub, SnapshotEnvelope, create_revision_sync
from bench.figures import Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.timing import Load, Timings, Work, in_turn

CHANGES = 10_000
TOPIC = "bench"


class Screen:
    """Shows the last snapshot and says when there is a new one."""

    def __init__(self) -> None:
        self.shown: SnapshotEnvelope[int] | None = None
        self.changed = asyncio.Event()

    async def apply(self, snapshot: SnapshotEnvelope[int]) -> None:
        """Show a snapshot."""
        self.shown = snapshot
        self.changed.set()


def _synced(count: int) -> Work:
    async def work() -> None:
        hub, screen = InMemoryHub[int](), Screen()
        hub.bump(TOPIC, 0)
        sync = create_revision_sync(
            topic=TOPIC, subscriber=hub.subscriber(), provider=hub.provider(TOPIC), applier=screen
        )
        await sync.start()
        for number in range(count):
            screen.changed.clear()
            hub.publish(TOPIC, number)
            await screen.changed.wait()
        sync.stop()

    return work


def _direct(count: int) -> Work:
    async def work() -> None:
        hub, screen = InMemoryHub[int](), Screen()
        provider = hub.provider(TOPIC)
        for number in range(count):
            hub.bump(TOPIC, number)
            await screen.apply(await provider.get_snapshot())

    return work


async def _both(effort: Effort) -> dict[str, Timings]:
    count = effort.of(CHANGES)
    return await in_turn(
        effort, {"sync": Load(count, partial(_synced, count)), "direct": Load(count, partial(_direct, count))}
    )


def _measure(effort: Effort) -> Iterator[Figure]:
    found = run_on("uvloop", _both(effort))
    direct = Reference("fetch and apply", found["direct"].micros)
    yield Figure("invalidation to applied snapshot", "us", found["sync"].micros, found["sync"].cpu_us, None, (direct,))


LIMITS = """
Tasks: each invalidation starts one that fetches and applies, so two turns of the loop; the protocol's checks (is it a
revision, is it newer, twice) are a quarter.
"""

BENCH = Bench(
    name="sync",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
