"""A real hub in a process of its own, on a home of its own: started, killed and started again at the same address."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psutil

from atrium.testing.daemon import daemon_environment
from tests.clients import NO_TLS

HANG_SECONDS = 60.0
"""No wait in these tests is longer: it tells a hub that hangs from a machine that is slow."""


async def until(ready: Callable[[], bool], what: str, seconds: float = HANG_SECONDS) -> None:
    """Wait for a condition outside this process, which nothing here can be told of."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        await asyncio.sleep(0.005)


class Daemon:
    """`atrium up` on a home. What every run says on stdout and stderr is kept in one file beside the home.

    Unlike `atrium.testing.daemon` it starts under a tracer, is killed without a turn of the loop, keeps its port, and
    goes on with what the runs before have said.
    """

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.said = home.with_name(home.name + ".said")
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._exec = 0.0
        self._environment = daemon_environment(**(environment or {}))

    def start(self, *before: str, **environment: str) -> None:
        """Start a process, with this before its command line and in its environment this time; returns at once."""
        assert self.process is None
        hub = [sys.executable, "-m", "atrium.app", "up", "--home", str(self.home), "--port", str(self.port)]
        with self.said.open("ab") as said:
            self._exec = time.perf_counter()
            self.process = subprocess.Popen(
                [*before, *hub], stdout=said, stderr=said, env=self._environment | environment
            )

    async def healthy(self) -> float:
        """Wait for the first healthy answer and return the seconds since the process began."""
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=HANG_SECONDS) as http:
            deadline = time.monotonic() + HANG_SECONDS
            while True:
                assert self.alive, f"the hub ended as it started:\n{self.output()}"
                assert time.monotonic() < deadline, f"the hub does not answer:\n{self.output()}"
                with suppress(httpx.TransportError, OSError):
                    if (await http.get(f"{self._url()}/health")).status_code == httpx.codes.OK:
                        seconds = time.perf_counter() - self._exec
                        await until(self.address.exists, "run/address")
                        self.port = int(self.url.rpartition(":")[2])
                        return seconds
                await asyncio.sleep(0.02)

    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}" if self.port else self.url

    @property
    def address(self) -> Path:
        return self.home / "run" / "address"

    @property
    def url(self) -> str:
        """Return where the hub says that it answers."""
        return self.address.read_text().strip()

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def token(self) -> str:
        return (self.home / "run" / "token").read_text().strip()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End the process as a power cut would, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()
        self.process = None

    async def ended(self, seconds: float = HANG_SECONDS) -> int:
        """Wait for the process to end by itself and return its exit code."""
        process = self.process
        assert process is not None
        await until(lambda: process.poll() is not None, "the hub to end", seconds)
        self.process = None
        return process.wait()

    def output(self) -> str:
        """Return what all runs have said."""
        return self.said.read_text(errors="replace")

    def http(self) -> httpx.AsyncClient:
        """Return a client of this run, with its token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(
            base_url=self.api, headers=headers, trust_env=False, verify=NO_TLS, timeout=HANG_SECONDS
        )


@asynccontextmanager
async def daemon_at(home: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Daemon]:
    """Run a hub for as long as the block lasts."""
    daemon = Daemon(home, environment)
    daemon.start()
    try:
        await daemon.healthy()
        yield daemon
    finally:
        if daemon.alive:
            daemon.signal(signal.SIGTERM)
            with suppress(AssertionError):
                await daemon.ended(20)
        if daemon.alive:
            daemon.kill()
