"""A message to a model of 20 streamed deltas, stored: from the request to the end of the turn at the client.

The model is an endpoint of ours that speaks OpenAI's chat completions and answers at once, so that what is measured is
the server between. One session, one message after another: the latency. 50 sessions at once, each sending its next
message when the turn before has ended: the rate, and the CPU of the server's process for each message. Every
repetition has sessions of its own, and the model is told the whole conversation each time. The client is a process of
its own that counts events without decoding them; every delta must have come. Reference: AgentOS with one agent that
has a SQLite database, on uvicorn with uvloop, whose answer is the response to the request. The bars are its figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import click

from bench.agents.homes import configure
from bench.agents.peer import NAME, NotHere, agentos
from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference, Sense
from bench.load import run_load
from bench.server import Server, free_port, hub, running

SESSIONS, EACH, ALONE = 50, 12, 60
FIELDS: tuple[tuple[str, str, str, Sense | None], ...] = (
    ("p50_ms", "message, one at a time, p50", "ms", "<="),
    ("p99_ms", "message, one at a time, p99", "ms", None),
    ("rate", f"messages, {SESSIONS} sessions", "messages/s", ">="),
    ("cpu_ms", "CPU of the server for each message", "ms", "<="),
    ("rss_mb", "RSS after that", "MB", None),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One repetition against one server."""

    p50_ms: float
    p99_ms: float
    rate: float
    cpu_ms: float
    rss_mb: float


def _round(server: Server, load: str, effort: Effort) -> Round:
    program = ("bench.agents.load", load)
    alone = run_load(server, 1, effort.of(ALONE), program)
    before = server.cpu_seconds()
    crowd = run_load(server, SESSIONS, effort.of(EACH), program)
    cpu, count = server.cpu_seconds() - before, len(crowd.latencies)
    return Round(
        p50_ms=median(alone.latencies) * 1000,
        p99_ms=quantiles(alone.latencies, n=100)[98] * 1000,
        rate=count / crowd.seconds,
        cpu_ms=cpu / count * 1000,
        rss_mb=server.memory_mb()[0],
    )


@contextmanager
def endpoint() -> Iterator[int]:
    """Run the endpoint and yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.agents.endpoint", str(port)]
    with open(os.devnull, "wb") as output, running("endpoint", command, {}, port, None, output):
        yield port


@contextmanager
def _servers() -> Iterator[dict[str, Server]]:
    """Run the endpoint, the hub, and what stands beside it, if that could be installed."""
    with folder() as place, endpoint() as port, ExitStack() as started:
        home = place / "home"
        section = {"kind": "model", "baseUrl": f"http://127.0.0.1:{port}/v1", "model": "bench"}
        configure(home, {"model": section})
        servers = {"hub": started.enter_context(hub(home))}
        try:
            servers["agentos"] = started.enter_context(agentos(place, port))
        except NotHere as missing:
            click.echo(f"skipped, not installed: {missing}", err=True)
        yield servers


def _measure(effort: Effort) -> Iterator[Figure]:
    rounds: dict[str, list[Round]] = {"hub": [], "agentos": []}
    with _servers() as servers:
        for load, server in servers.items():
            run_load(server, SESSIONS, 2, ("bench.agents.load", load))
        for _ in range(effort.repetitions):
            for load, server in servers.items():
                rounds[load].append(_round(server, load, effort))
    for field, what, unit, sense in FIELDS:
        yield _figure(field, what, unit, sense, rounds)


def _figure(field: str, what: str, unit: str, sense: Sense | None, rounds: dict[str, list[Round]]) -> Figure:
    ours, theirs = (tuple(getattr(one, field) for one in rounds[load]) for load in ("hub", "agentos"))
    if not theirs:
        return Figure(what, unit, ours)
    reference = Reference(NAME, theirs)
    return Figure(what, unit, ours, None, Bar(sense, reference.median) if sense else None, (reference,))


LIMITS = """
The client of the vendor's API and the SDK above it: more than half of the hub's CPU for a message. Half of that is the
request, whose messages are looked through one by one, so that it grows with the conversation; the other half is the
answer, a model object for each of the 20 chunks, passed on through ten nested iterators. HTTP is a third of both.
AgentOS stands on the same client. The rest is what an echoed message costs too ([messages](benchmarks.md#messages)):
two commits, 20 frames, the routing.
"""

BENCH = Bench(
    name="models",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
