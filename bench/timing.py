"""Timing: ours and its references in turn, so that whatever else the machine does falls on all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bench.figures import Effort

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall and CPU seconds of one repetition, the CPU of all threads."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Timings:
    """All repetitions of one piece of work of `count` operations."""

    count: int
    each: tuple[Timing, ...]

    @property
    def rates(self) -> tuple[float, ...]:
        """Return operations per second."""
        return tuple(self.count / one.seconds for one in self.each)

    @property
    def micros(self) -> tuple[float, ...]:
        """Return microseconds per operation."""
        return tuple(one.seconds / self.count * 1e6 for one in self.each)

    @property
    def cpu_us(self) -> float:
        """Return the least CPU microseconds per operation: the repetition that was disturbed least."""
        return min(one.cpu_seconds for one in self.each) / self.count * 1e6


async def timed(work: Work) -> Timing:
    """Run a piece of work once, with the garbage collector as the hub sets it when it has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


@dataclass(frozen=True, slots=True)
class Load:
    """Work of `count` operations; `prepare` makes ready what is not timed and returns what is."""

    count: int
    prepare: Callable[[], Work]


async def in_turn(effort: Effort, loads: Mapping[str, Load]) -> dict[str, Timings]:
    """Run every load once to warm up, then all in turn, as often as the effort says."""
    found: dict[str, list[Timing]] = {name: [] for name in loads}
    for load in loads.values():
        await load.prepare()()
    for _ in range(effort.repetitions):
        for name, load in loads.items():
            found[name].append(await timed(load.prepare()))
    return {name: Timings(loads[name].count, tuple(each)) for name, each in found.items()}
