"""One client that does not read, beside 1,000 that do, while 100,000 durable entries flow.

Each entry is a commit of its own, and 4 of them are on their way. The stalled client has a receive buffer of a few kB
and reads again when the last entry is stored. Reference: the same without it, before and after, on the same hub.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.fanout.client import Seen, load, speed
from bench.fanout.servers import Server
from bench.figures import Bar, Effort, Figure, Reference

CLIENTS = 1000
ENTRIES = 100_000
WARM_UP = 2_000


def stalled(client: Path, hub: Server, effort: Effort) -> Iterator[Figure]:
    """Measure the healthy clients with and without a stalled one, and how that one catches up."""
    _flow(client, hub, min(WARM_UP, effort.of(ENTRIES)), 0)
    before = _flow(client, hub, effort.of(ENTRIES) // 5, 0)
    found = _flow(client, hub, effort.of(ENTRIES), 1)
    after = _flow(client, hub, effort.of(ENTRIES) // 5, 0)
    without = (before, after)
    p99 = tuple(one["p99"] for one in without)
    grown = tuple(_grown_mb(one) for one in without)
    name = "without it"
    yield Figure("p99 of the healthy, a stalled one beside", "ms", (found["p99"],), None, None, (Reference(name, p99),))
    yield Figure("that p99, divided by the p99 without it", "", (found["p99"] / median(p99),), None, Bar("<=", 1.25))
    speeds = tuple(speed(one) for one in without)
    yield Figure("deliveries to the healthy", "1/s", (speed(found),), None, None, (Reference(name, speeds),))
    beside = Reference(name, grown)
    yield Figure("memory of the hub, grown meanwhile", "MB", (_grown_mb(found),), None, Bar("<=", 48), (beside,))
    missed = float(found["stalledGaps"] + found["stillBehind"])
    yield Figure("entries that the stalled one missed", "", (missed,), None, Bar("<=", 0))
    rate = found["published"] / found["catchUpMs"] * 1000
    yield Figure(f"its {found['published']:,} entries, once it reads again", "entries/s", (rate,))


def _flow(client: Path, hub: Server, entries: int, stalled: int) -> Seen:
    return load(client, hub, clients=CLIENTS, stalled=stalled, messages=entries, durable=True, warm_up=0.5)


def _grown_mb(found: Seen) -> float:
    return float(max(found["afterKb"] - found["connectedKb"], 0)) / 1000
