"""What became of an agent's updates: when each was sent, and when a client had it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(slots=True)
class Watch:
    """Takes down every update that a client has, as `(sent, seen)` in nanoseconds."""

    times: list[tuple[int, int]] = field(default_factory=list)

    def saw(self, text: str) -> None:
        """Take down an update by its text, which begins with the time at which it was sent."""
        seen = time.monotonic_ns()
        self.times.append((int(text.partition(" ")[0]), seen))

    def seen(self, expected: int, cpu_seconds: float) -> Seen:
        """Return what was seen; raises RuntimeError if that was not all."""
        if len(self.times) != expected:
            raise RuntimeError(f"{len(self.times)} updates came of {expected}")
        delays = [(seen - sent) / 1e6 for sent, seen in self.times]
        seconds = (max(seen for _, seen in self.times) - min(sent for sent, _ in self.times)) / 1e9
        return Seen(median(delays), quantiles(delays, n=100)[98], expected / seconds, cpu_seconds / expected * 1e6)


@dataclass(frozen=True, slots=True)
class Seen:
    """One run: milliseconds from sent to seen, updates a second, CPU microseconds for each."""

    p50_ms: float
    p99_ms: float
    rate: float
    cpu_us: float
