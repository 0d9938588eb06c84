"""A real hub in a process of its own, for tests: started in a home, killed or stopped, its output kept."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from atrium.client import Client, Pace, attach

START_SECONDS = 30.0
STOP_SECONDS = 40.0


class DaemonProcess:
    """`atrium up` on a home, with the echo provider unless the environment says otherwise."""

    def __init__(self, home: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
        self.home = home
        self._environment = environment
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        """Return the running (or last) process; raises `RuntimeError` before the first start."""
        if self._process is None:
            raise RuntimeError("the daemon was not started")
        return self._process

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    @property
    def url(self) -> str:
        """Return where the hub answers."""
        return (self.home / "run" / "address").read_text("ascii").strip()

    async def start(self) -> None:
        """Start it and wait until it says that it runs; raises `RuntimeError` with its output if it ends instead."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "atrium.app", "up", "--home", str(self.home), *self._arguments),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        said = b""
        async with asyncio.timeout(START_SECONDS):
            while b"Atrium runs" not in said:
                line = await self._process.stdout.readline()
                if not line:
                    code = await self._process.wait()
                    raise RuntimeError(f"the daemon ended with {code}: {said.decode(errors='replace')}")
                said += line

    def attach(self, pace: Pace | None = None) -> Client:
        """Return a client; use it as `async with daemon.attach() as client`."""
        return attach(self.home, pace=pace)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if it runs."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def wait(self) -> int:
        """Wait for the end and return the exit code."""
        assert self.process.stdout is not None
        async with asyncio.timeout(STOP_SECONDS):
            await self.process.stdout.read()
            return await self.process.wait()

    async def stop(self) -> int:
        """Stop it in order and return the exit code."""
        self.signal(signal.SIGTERM)
        return await self.wait()

    async def kill(self) -> None:
        """Kill it on the spot (`kill -9`)."""
        self.signal(signal.SIGKILL)
        await self.wait()


def daemon_environment(**environment: str) -> dict[str, str]:
    """Return this process's environment with the echo provider on and no `ATRIUM_` settings of the person who tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")}
    return {**kept, "ATRIUM_PROVIDERS__ECHO__ENABLED": "true", **environment}


@asynccontextmanager
async def running_daemon(
    home: Path, *arguments: str, ready: bool = True, **environment: str
) -> AsyncIterator[DaemonProcess]:
    """Run a hub on a free port for as long as the block lasts; with `ready` false the block starts it itself.

    Further arguments go to `atrium up`, keywords into its environment.
    """
    port = () if "--port" in arguments else ("--port", "0")
    daemon = DaemonProcess(home, daemon_environment(**environment), (*port, *arguments))
    try:
        if ready:
            await daemon.start()
        yield daemon
    finally:
        if daemon._process is not None:
            await daemon.stop()
