"""The machine that measures, and whether it is busy with something else."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version

import apsw
import psutil

BUSY = 0.5
"""Load for each core, before the run, from which figures say little."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What figures depend on."""

    cores: int
    processor: str
    memory_gb: float
    system: str
    python: str
    loop: str
    sqlite: str
    load: float

    @property
    def warning(self) -> str | None:
        """Say that others use the machine, None if it is quiet."""
        if self.load < BUSY * self.cores:
            return None
        return f"The machine is busy (load {self.load:.1f} on {self.cores} cores): read the ratios, not the figures."

    @property
    def description(self) -> str:
        """Return all of it in one line."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gb:.0f} GB, {self.system}; Python {self.python}, "
            f"uvloop {self.loop}, SQLite {self.sqlite}; load {self.load:.2f} at the start"
        )


def this_machine() -> Machine:
    """Look at the machine this runs on."""
    return Machine(
        cores=psutil.cpu_count() or 1,
        processor=_processor(),
        memory_gb=psutil.virtual_memory().total / 1e9,
        system=f"{platform.system()} {platform.release()}",
        python=sys.version.split()[0],
        loop=version("uvloop"),
        sqlite=apsw.sqlite_lib_version(),
        load=psutil.getloadavg()[0],
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
