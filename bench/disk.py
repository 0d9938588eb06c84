"""Where benchmarks write: a real disk, since a sync costs nothing in memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
BLOCK = bytes(4096)
SYNCS = 100


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder on a disk, removed in the end; `ATRIUM_BENCH_DIR` says where, else /var/tmp."""
    place = os.environ.get("ATRIUM_BENCH_DIR") or ("/var/tmp" if os.path.isdir("/var/tmp") else None)
    with TemporaryDirectory(prefix="atrium-bench-", dir=place) as name:
        yield Path(name)


def file_system(path: Path) -> str:
    """Return the kind of file system a path is on, with a warning when it is no disk."""
    parts = [part for part in psutil.disk_partitions(all=True) if path.is_relative_to(part.mountpoint)]
    kind = max(parts, key=lambda part: len(part.mountpoint)).fstype if parts else "unknown"
    return f"{kind} (in memory: syncs cost nothing)" if kind in IN_MEMORY else kind


def sync_ms(path: Path) -> float:
    """Return the median milliseconds of writing 4 KiB at the end of a file and syncing it."""
    times = []
    with open(path / "sync", "wb", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(BLOCK)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return median(times) * 1000
