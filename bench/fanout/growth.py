"""How fan-out grows with the clients of one stream, and with the number of streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.fanout.client import load, micros, speed
from bench.fanout.servers import Server

SIZES = (10, 100, 1000, 10_000)
MOST_CLIENTS = 10_000
EACH = 5
"""Clients of each stream, where each has more than one."""

ACROSS = 256
"""Messages on their way when each goes to few clients; 4 do not keep a server busy then."""

HEADINGS = (
    "server",
    "clients",
    "streams",
    "deliveries/s",
    "CPU us",
    "p50 ms",
    "p99 ms",
    "opened in s",
    "kB/connection",
)


@dataclass(frozen=True, slots=True)
class Point:
    """One size. CPU is microseconds for each delivery, latency milliseconds, memory kB a connection."""

    server: str
    clients: int
    streams: int
    deliveries: float
    cpu: float
    p50: float
    p99: float
    opened_seconds: float
    kb: float

    @property
    def cells(self) -> tuple[str, ...]:
        """Return a row of the table."""
        size = (f"{self.clients:,}", f"{self.streams:,}", f"{self.deliveries:,.0f}", f"{self.cpu:.1f}")
        times = (f"{self.p50:.1f}", f"{self.p99:.1f}", f"{self.opened_seconds:.1f}")
        return (self.server, *size, *times, f"{self.kb:.0f}")


def over_clients(client: Path, server: Server, seconds: float) -> Iterator[Point]:
    """Measure one stream with more and more clients."""
    first = None
    for clients in SIZES:
        found = load(client, server, clients=clients, seconds=seconds)
        first = first or found["beforeKb"]
        yield _point(server, clients, 1, found, first)


def over_streams(client: Path, server: Server, seconds: float, each: int) -> Iterator[Point]:
    """Measure more and more streams with so many clients each, as far as there are clients."""
    first = None
    for streams in SIZES:
        if streams * each > MOST_CLIENTS:
            return
        found = load(client, server, clients=streams * each, streams=streams, outstanding=ACROSS, seconds=seconds)
        first = first or found["beforeKb"]
        yield _point(server, streams * each, streams, found, first)


def _point(server: Server, clients: int, streams: int, found: dict[str, float], first: float) -> Point:
    """Describe a run; `first` is the server's memory before the first client of all sizes, in kB."""
    return Point(
        server.name.removesuffix(" (atrium)").removesuffix(" pub/sub (TCP)"),
        clients,
        streams,
        speed(found),
        micros(found),
        found["p50"],
        found["p99"],
        found["openSeconds"],
        (found["connectedKb"] - first) / clients,
    )
