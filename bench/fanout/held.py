"""10,000 connected clients: what one costs, whether all stay, and whether all are served.

They stay connected for longer than two ping intervals, answer the pings, and then follow one message a second.
Reference: nats-server over WebSocket, under the same load.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.fanout.client import load
from bench.fanout.servers import Server
from bench.figures import Bar, Effort, Figure, Reference

CLIENTS = 10_000
HELD_SECONDS = 45
RATE = 1


def held(client: Path, hub: Server, rival: Server, effort: Effort) -> Iterator[Figure]:
    """Measure 10,000 clients at the hub and at another server."""
    ours, theirs = (dict(_run(client, server, effort)) for server in (hub, rival))
    beside = {name: (Reference(rival.name, (value,)),) for name, value in theirs.items()}
    for name, what, unit, bar in (
        ("open", f"clients connected after {effort.of(HELD_SECONDS)} s", "", Bar(">=", CLIENTS)),
        ("kb", "memory of a connection, 10,000", "kB", Bar("<=", 24)),
        ("seconds", "to connect all of them", "s", None),
        ("p99", "10,000 clients, 1 message/s, p99", "ms", None),
    ):
        yield Figure(what, unit, (ours[name],), None, bar, beside[name])


def _run(client: Path, server: Server, effort: Effort) -> Iterator[tuple[str, float]]:
    seconds = effort.of(10)
    found = load(client, server, clients=CLIENTS, rate=RATE, hold=effort.of(HELD_SECONDS), seconds=seconds)
    yield "open", CLIENTS - found["closed"]
    yield "kb", (found["connectedKb"] - found["beforeKb"]) / CLIENTS
    yield "seconds", found["openSeconds"]
    yield "p99", found["p99"]
