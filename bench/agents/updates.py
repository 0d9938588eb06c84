"""An agent's streamed update: from the moment it is sent to the moment a client has it, decoded.

A scripted agent stamps each update with the time. It sends one every 5 ms, in one session, then in five at once; a
client of the hub follows each on a WebSocket. The hub's share is what is added to the reference: the same agent, driven
by the same library in the client's own process, without a hub. Then as fast as the agent sends: updates a second until
the last one was seen, with the CPU of the daemon process for each. Every update must have come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.agents.direct import direct
from bench.agents.homes import COMMAND, configure
from bench.agents.seen import Seen
from bench.agents.through import PROVIDER, through
from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.server import Server, hub

UPDATES, PAUSE_MS, FLOOD = 800, 5.0, 4_000
SIZES = (1, 5)
SHARE = Bar("<=", 2.0)
ALONE = "agent-client-protocol alone"


@dataclass(frozen=True, slots=True)
class Pair:
    """One repetition: through the hub, and by the library alone."""

    ours: Seen
    alone: Seen


def _pairs(server: Server, effort: Effort, sessions: int, updates: int, pause_ms: float) -> list[Pair]:
    def pair() -> Pair:
        ours = run_on("uvloop", through(server, sessions, updates, pause_ms))
        return Pair(ours, run_on("uvloop", direct(sessions, updates, pause_ms)))

    return [pair() for _ in range(effort.repetitions)]


def _measure(effort: Effort) -> Iterator[Figure]:
    with folder() as home:
        configure(home, {PROVIDER: {"kind": "acp", "command": COMMAND}})
        with hub(home) as server:
            run_on("uvloop", through(server, 1, effort.of(FLOOD), 0))
            for sessions in SIZES:
                yield from _paced(_pairs(server, effort, sessions, effort.of(UPDATES), PAUSE_MS), sessions)
            yield from _flooded(_pairs(server, effort, 1, effort.of(FLOOD), 0))


def _paced(pairs: Sequence[Pair], sessions: int) -> Iterator[Figure]:
    where = "1 session" if sessions == 1 else f"{sessions} sessions"
    for field, name in (("p50_ms", "p50"), ("p99_ms", "p99")):
        ours, alone = _values(pairs, field)
        what = f"update sent to seen, {where}, {name}"
        yield Figure(what, "ms", ours, None, None, (Reference(ALONE, alone),))
        share = tuple(mine - theirs for mine, theirs in zip(ours, alone, strict=True))
        yield Figure(f"of it the hub's share, {where}, {name}", "ms", share, None, SHARE if name == "p50" else None)


def _flooded(pairs: Sequence[Pair]) -> Iterator[Figure]:
    ours, alone = _values(pairs, "rate")
    yield Figure("updates as fast as they come", "updates/s", ours, None, None, (Reference(ALONE, alone),))
    ours, alone = _values(pairs, "cpu_us")
    yield Figure("CPU of the daemon for each", "us", ours, None, None, (Reference(ALONE, alone),))


def _values(pairs: Sequence[Pair], field: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(getattr(one.ours, field) for one in pairs), tuple(getattr(one.alone, field) for one in pairs)


LIMITS = """
The library: nearly half of the daemon's CPU for an update is a task for each notification, pydantic's models, and spans
of a tracer that nobody listens to; the reference pays for the same. A fifth is the stream (the offset, the encoded
entry), a tenth each the frame with its write to the socket, and making an event of the update. One at a time it is
waking up: of the hub's loop, and of its client's.
"""

BENCH = Bench(
    name="updates",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
