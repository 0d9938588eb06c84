"""State: from a change to the snapshot applied at the clients that follow it, with 1,000 connected over WebSocket.

From sending the change, so its commit is part of it, then the invalidation, the request for the snapshot and its
answer. *Each its own*: 1,000 topics with a client each, 100 changes a second. *All the same*: one topic with 1,000
clients, a change every two seconds, so that 1,000 requests come at once: that is what it costs, and has no bar.
Reference: a bare FastAPI application that is asked `GET /health`, which has none of the other steps: one request after
the other, and as many at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles

from bench.fanout.client import pinned
from bench.fanout.servers import SERVER_CORE, Server
from bench.figures import Bar, Effort, Figure, Reference
from bench.server import bare_app

CLIENTS = 1000
OWN_CHANGES, OWN_RATE = 1000, 100
SAME_CHANGES, SAME_RATE = 6, 0.5
TIMEOUT_SECONDS = 300
ERROR_SHOWN = 1000


def changes(hub: Server, effort: Effort) -> Iterator[Figure]:
    """Measure both ways to follow."""
    token, repetitions = hub.begin(1)[1], range(effort.repetitions)
    with bare_app() as bare:
        os.sched_setaffinity(bare.process.pid, {SERVER_CORE})
        one = [_gets(bare.port, 1, effort.of(OWN_CHANGES)) for _ in repetitions]
        many = [_gets(bare.port, CLIENTS, effort.of(SAME_CHANGES)) for _ in repetitions]
    own = [_screens(hub, token, CLIENTS, effort.of(OWN_CHANGES), OWN_RATE) for _ in repetitions]
    yield from _figures("each its own topic", own, Bar("<=", 20), Beside("bare FastAPI, one GET", one))
    same = [_screens(hub, token, 1, effort.of(SAME_CHANGES), SAME_RATE) for _ in repetitions]
    yield from _figures("all the same topic", same, None, Beside(f"bare FastAPI, {CLIENTS:,} GETs", many))


@dataclass(frozen=True, slots=True)
class Beside:
    """A reference before its percentiles are taken: the milliseconds of each repetition."""

    name: str
    times: list[list[float]]


def _figures(who: str, ours: list[list[float]], bar: Bar | None, beside: Beside) -> Iterator[Figure]:
    for name, of, limit in (("p50", median, None), ("p99", _p99, bar)):
        reference = Reference(beside.name, tuple(map(of, beside.times)))
        yield Figure(f"change to applied, {who}, {name}", "ms", tuple(map(of, ours)), None, limit, (reference,))


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]


def _screens(hub: Server, token: str, topics: int, count: int, rate: float) -> list[float]:
    return _times("bench.fanout.screens", token, *map(str, (hub.port, CLIENTS, topics, count, rate)))


def _gets(port: int, at_once: int, rounds: int) -> list[float]:
    return _times("bench.fanout.at_once", "", str(port), "/health", str(at_once), str(rounds))


def _times(module: str, token: str, *arguments: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=token,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=pinned,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr.strip()[-ERROR_SHOWN:]}")
    found: list[float] = json.loads(done.stdout)
    return found
