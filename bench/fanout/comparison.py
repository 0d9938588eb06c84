"""All servers under the same load, and our figures of it held against the bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fanout.client import load, micros, speed
from bench.fanout.servers import Server
from bench.figures import Bar, Figure, Reference

HEADINGS = ("server", "rate: CPU us", "p50 ms", "p99 ms", "1,000: deliveries/s", "CPU us", "5,000", "kB/connection")
OURS, RIVAL = "atrium (atrium)", "nats-server"


@dataclass(frozen=True, slots=True)
class Line:
    """One server's figures. CPU is microseconds for each delivery, latency milliseconds, memory kB a connection."""

    server: str
    rate_cpu: float
    p50: float
    p99: float
    fast: float
    fast_cpu: float
    wide: float
    kb: float
    wide_kb: float

    @property
    def cells(self) -> tuple[str, ...]:
        """Return a row of the table."""
        rate = (f"{self.rate_cpu:.1f}", f"{self.p50:.1f}", f"{self.p99:.1f}")
        memory = f"{self.kb:.0f}, {self.wide_kb:.0f}"
        return (self.server, *rate, f"{self.fast:,.0f}", f"{self.fast_cpu:.1f}", f"{self.wide:,.0f}", memory)


def line(client: Path, server: Server, seconds: float) -> Line:
    """Measure one server: 1,000 clients at a rate, then as fast as it goes, then 5,000."""
    rate = load(client, server, clients=1000, rate=20, seconds=seconds)
    fast = load(client, server, clients=1000, seconds=seconds)
    wide = load(client, server, clients=5000, seconds=seconds)
    return Line(
        server.name,
        micros(rate),
        rate["p50"],
        rate["p99"],
        speed(fast),
        micros(fast),
        speed(wide),
        (rate["connectedKb"] - rate["beforeKb"]) / 1000,
        (wide["connectedKb"] - rate["beforeKb"]) / 5000,
    )


def against_bars(lines: Sequence[Line]) -> Iterator[Figure]:
    """Hold our line against the bars, and against nats-server's if it ran; nothing if ours did not."""
    by_name = {one.server: one for one in lines}
    ours, rival = by_name.get(OURS), by_name.get(RIVAL)
    if ours is None:
        return
    for field, what, unit, bar in (
        ("fast", "deliveries to 1,000 clients", "1/s", Bar(">=", 450_000)),
        ("wide", "deliveries to 5,000 clients", "1/s", Bar(">=", 180_000)),
        ("rate_cpu", "CPU of a delivery at 20 messages/s", "us", Bar("<=", 9.0)),
        ("fast_cpu", "CPU of a delivery, saturated", "us", None),
        ("p50", "latency at 20 messages/s, p50", "ms", None),
        ("p99", "latency at 20 messages/s, p99", "ms", None),
        ("kb", "memory of a connection, 1,000", "kB", None),
        ("wide_kb", "memory of a connection, 5,000", "kB", None),
    ):
        beside = () if rival is None else (Reference(RIVAL, (getattr(rival, field),)),)
        yield Figure(what, unit, (getattr(ours, field),), None, bar, beside)
