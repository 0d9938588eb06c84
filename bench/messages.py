"""One echoed message of 20 streamed tokens, stored: from the POST to `turn.completed` on the session's WebSocket.

One session, one message after another: the latency. 50 sessions at once, each sending its next message when the turn
before has ended: the rate, and the CPU of the daemon process for each message. The client is a process of its own that
counts frames without decoding them; its CPU is given as well. Every delta must have come.
Reference: a bare FastAPI application that answers the POST with 20 frames on the WebSocket and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles

from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.load import run_load
from bench.server import Server, bare_app, hub

SESSIONS, EACH, ALONE = 50, 60, 300


@dataclass(frozen=True, slots=True)
class Round:
    """One repetition against one server."""

    p50_ms: float
    p99_ms: float
    rate: float
    daemon_cpu_ms: float
    client_cpu_ms: float


def _round(server: Server, effort: Effort) -> Round:
    alone = run_load(server, 1, effort.of(ALONE))
    before = server.cpu_seconds()
    crowd = run_load(server, SESSIONS, effort.of(EACH))
    cpu = server.cpu_seconds() - before
    count = len(crowd.latencies)
    return Round(
        p50_ms=median(alone.latencies) * 1000,
        p99_ms=quantiles(alone.latencies, n=100)[98] * 1000,
        rate=count / crowd.seconds,
        daemon_cpu_ms=cpu / count * 1000,
        client_cpu_ms=crowd.client_cpu_seconds / count * 1000,
    )


def _measure(effort: Effort) -> Iterator[Figure]:
    ours, bare = [], []
    with folder() as home, hub(home) as daemon, bare_app() as reference:
        for server in (daemon, reference):
            run_load(server, SESSIONS, effort.of(EACH) // 4 + 1)
        for _ in range(effort.repetitions):
            ours.append(_round(daemon, effort))
            bare.append(_round(reference, effort))
    for field, what, unit, bar in (
        ("p50_ms", "message, one at a time, p50", "ms", Bar("<=", 5.0)),
        ("p99_ms", "message, one at a time, p99", "ms", None),
        ("rate", f"messages, {SESSIONS} sessions", "messages/s", Bar(">=", 400)),
        ("daemon_cpu_ms", "CPU of the daemon for each message", "ms", Bar("<=", 2.5)),
        ("client_cpu_ms", "CPU of the client for each message", "ms", None),
    ):
        values, theirs = (tuple(getattr(one, field) for one in rounds) for rounds in (ours, bare))
        yield Figure(what, unit, values, None, bar, (Reference("bare FastAPI, stores nothing", theirs),))


LIMITS = """
The interpreter. Of the daemon's CPU 65 % is Python, 17 % the operating system (two synced commits, a write to a
socket for each wake-up, changes of thread), 7 % SQLite, 7 % the C library's memory. Of Python's part a fifth each are
the gateway's frames and routing and the kernel (20 deltas shown, two batches), 14 % is the sessions plugin (its point
reads and records), 16 % FastAPI, Starlette and uvicorn, 5 % pydantic's models, 7 % calls of SQLite. One at a time, the
two commits after another, each waiting for a sync and for two changes of thread, are more than a quarter of the
latency.
"""

BENCH = Bench(
    name="messages",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
