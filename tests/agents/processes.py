"""The processes of an agent, found by the home they were given."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path


def processes_in(home: Path) -> list[int]:
    """Return the ids of all processes whose `HOME` is this folder."""
    wanted = f"HOME={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def kill_all(home: Path) -> None:
    """Kill every process that has this home, on the spot."""
    for number in processes_in(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


async def gone(home: Path) -> None:
    """Wait until no process has this home."""
    async with asyncio.timeout(30):
        while processes_in(home):  # noqa: ASYNC110  # other processes
            await asyncio.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes that a process has started, and those have, and so on."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = children.get(pid, [])[:]
    for number in found:
        found += children.get(number, [])
    return found


def given(pid: int) -> str:
    """Return the environment and the arguments of a process; nothing if it has ended."""
    with contextlib.suppress(OSError):
        return "".join((Path("/proc") / str(pid) / name).read_text(errors="replace") for name in ("environ", "cmdline"))
    return ""
