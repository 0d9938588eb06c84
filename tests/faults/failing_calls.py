"""System calls of a running process that fail for a while: strace is attached to it, and makes them fail."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def need_strace() -> None:
    """Skip the test where strace is missing or may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.strip()}")


@contextmanager
def failing(pid: int, calls: str, error: str, *paths: Path) -> Iterator[list[str]]:
    """Let system calls of a process (on these paths, if any) fail for as long as the block lasts; yield those that did.

    `calls` are named as strace does, separated by commas; `error` is the name of an errno.
    """
    command = ["strace", "-f", "-qq", "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    command += [part for path in paths for part in ("-P", str(path))]
    failed: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        reader = threading.Thread(target=lambda: failed.extend(tracer.stderr or ()), daemon=True)
        reader.start()
        try:
            _wait_until_traced(pid)
            yield failed
        finally:
            tracer.terminate()
            reader.join(20)
    assert any("INJECTED" in line for line in failed), f"no {calls} was tried: {failed[:3]}"


def _wait_until_traced(pid: int) -> None:
    """Wait until all threads of a process have a tracer."""
    event = threading.Event()
    for _ in range(2000):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        if all(re.search(r"^TracerPid:\t[1-9]", (task / "status").read_text(), re.MULTILINE) for task in tasks):
            return
        event.wait(0.005)
    raise AssertionError("strace does not attach")
