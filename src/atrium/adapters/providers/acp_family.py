"""The processes that come of an agent, found in /proc: a group does not hold one that has left it.

Where there is no /proc, none are found.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

MARK = "ATRIUM_AGENT"
"""The variable by whose value a process is known that has left the agent; it goes from each process to its children."""
ROUNDS = 20
PROC = Path("/proc")


class Process(NamedTuple):
    """A process: its id may be another's later, but not with the same time of its start."""

    pid: int
    started: str


class Family:
    """An agent's process and all that came of it. Reads all of /proc: call its methods off the loop."""

    def __init__(self, pid: int, mark: str) -> None:
        self._mark = f"{MARK}={mark}".encode()
        root = _read(pid)
        self._members = {root[0]} if root is not None else set()

    def look(self) -> set[Process]:
        """Return who of it is alive; who was found once stays one of it, whoever its parent becomes."""
        alive = {process: parent for process, parent in _all() if parent}
        members = {process for process in alive if process in self._members or self._carries_mark(process)}
        while found := _children(members, alive):
            members |= found
        self._members |= members
        return members

    def end(self) -> None:
        """Kill all of it, those too that are started meanwhile."""
        for _ in range(ROUNDS):
            members = self.look()
            if not members:
                return
            for process in members:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, signal.SIGKILL)

    def _carries_mark(self, process: Process) -> bool:
        try:
            return self._mark in (PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return False


def _children(members: set[Process], alive: Mapping[Process, int]) -> set[Process]:
    pids = {process.pid for process in members}
    return {process for process, parent in alive.items() if parent in pids and process not in members}


def _all() -> Iterator[tuple[Process, int]]:
    """Yield the processes that run, and the id of the parent of each."""
    try:
        names = os.listdir(PROC)
    except OSError:
        return
    for name in names:
        found = _read(int(name)) if name.isdigit() else None
        if found is not None:
            yield found


def _read(pid: int) -> tuple[Process, int] | None:
    """Return a process that runs and the id of its parent (`man 5 proc_pid_stat`: fields 3, 4 and 22)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (Process(pid, fields[19]), int(fields[1])) if fields[0] not in {"Z", "X"} else None
