"""State: from a change to the snapshot applied at the clients that follow it, with 1,000 connected over WebSocket.

From sending the change, so its commit is part of it, to the snapshot that came with the invalidation. *Each its own*:
1,000 topics with a client each, 100 changes a second. *All the same*: one topic with 1,000 clients, a change every two
seconds. Reference: the same clients on the same hub, which ask for the snapshot when they are told of a change, as all
did before snapshots could come along and as they still do for large ones: of one topic 1,000 requests come at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median, quantiles

from bench.fanout.client import pinned
from bench.fanout.servers import Server
from bench.figures import Bar, Effort, Figure, Reference

CLIENTS = 1000
OWN_CHANGES, OWN_RATE = 1000, 100
SAME_CHANGES, SAME_RATE = 6, 0.5
TIMEOUT_SECONDS = 300
ERROR_SHOWN = 1000
WAYS = ("carried", "asked")


def changes(hub: Server, effort: Effort) -> Iterator[Figure]:
    """Measure both ways to follow, each with both ways to the snapshot, in turn."""
    token = hub.begin(1)[1]
    for who, topics, count, rate in (
        ("each its own topic", CLIENTS, OWN_CHANGES, OWN_RATE),
        ("all the same topic", 1, SAME_CHANGES, SAME_RATE),
    ):
        found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
        for _ in range(effort.repetitions):
            for way in WAYS:
                found[way].append(_screens(hub, token, topics, effort.of(count), rate, way))
        yield from _figures(who, found["carried"], found["asked"])


def _figures(who: str, carried: list[list[float]], asked: list[list[float]]) -> Iterator[Figure]:
    for name, of, bar in (("p50", median, None), ("p99", _p99, Bar("<=", 20))):
        reference = Reference("asked for", tuple(map(of, asked)))
        yield Figure(f"change to applied, {who}, {name}", "ms", tuple(map(of, carried)), None, bar, (reference,))


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]


def _screens(hub: Server, token: str, topics: int, count: int, rate: float, way: str) -> list[float]:
    arguments = map(str, (hub.port, CLIENTS, topics, count, rate, way))
    done = subprocess.run(
        [sys.executable, "-m", "bench.fanout.screens", *arguments],
        input=token,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=pinned,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"bench.fanout.screens: {done.stderr.strip()[-ERROR_SHOWN:]}")
    found: list[float] = json.loads(done.stdout)
    return found
