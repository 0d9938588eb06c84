"""What a benchmark yields: figures, each with the bar it should reach and the reference beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

Sense = Literal[">=", "<="]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure should reach. Printed, never asserted: a shared machine is not a judge."""

    sense: Sense
    value: float

    def met(self, figure: float) -> bool:
        """Tell whether a figure reaches the bar."""
        return figure >= self.value if self.sense == ">=" else figure <= self.value


@dataclass(frozen=True, slots=True)
class Reference:
    """The same thing done by something else, in the same run."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median over the repetitions."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity, one value for each repetition. `cpu_us` is CPU microseconds for each operation."""

    what: str
    unit: str
    values: tuple[float, ...]
    cpu_us: float | None = None
    bar: Bar | None = None
    references: tuple[Reference, ...] = ()

    @property
    def median(self) -> float:
        """Return the median over the repetitions."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Tell whether the bar is reached; None without one."""
        return None if self.bar is None else self.bar.met(self.median)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to run: repetitions after the warm-up, and the part of the full number of operations in each."""

    repetitions: int = 5
    part: float = 1.0

    def of(self, full: int) -> int:
        """Return how many operations to run of a full number."""
        return max(1, int(full * self.part))


QUICK = Effort(repetitions=2, part=0.1)


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark: what it measures, and what its profile says it is limited by."""

    name: str
    measure: Callable[[Effort], Iterator[Figure]]
    describes: str
    limits: str
