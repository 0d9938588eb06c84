"""Servers under measurement, each a process of its own: the hub, and the bare application beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"
PATIENCE_SECONDS = 60.0
BETWEEN_ATTEMPTS = 0.001
UNLIMITED = {f"ATRIUM_BRIDGE__{who}_PER_SECOND": "1e9" for who in ("REQUESTS", "FRAMES", "STRANGERS")}
"""The rates of a measurement are beyond what the hub takes from one token; counting costs the same."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and how that began."""

    name: str
    process: psutil.Process
    port: int
    token: str
    start_seconds: float
    """From `exec` to the first healthy answer, asked for on the first connection that the port took."""

    def cpu_seconds(self) -> float:
        """Return the CPU time the process has used, in user and system mode."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory_mb(self) -> tuple[float, float]:
        """Return resident and proportional set size in MB."""
        found = self.process.memory_full_info()
        return found.rss / 1e6, found.pss / 1e6


@contextmanager
def hub(home: Path, log: Path | None = None) -> Iterator[Server]:
    """Run `atrium up` on a home of its own, with the echo provider; what it prints goes to `log`, if it is given."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("atrium")), "up", "--port", str(port)]
    settings = {"ATRIUM_HOME": str(home), "ATRIUM_PROVIDERS__ECHO__ENABLED": "true", **UNLIMITED}
    token = home / "run" / "token"
    with open(log or os.devnull, "wb") as output, running("atrium", command, settings, port, token, output) as server:
        yield server


@contextmanager
def bare_app() -> Iterator[Server]:
    """Run the bare FastAPI application on uvicorn with uvloop."""
    port = free_port()
    command = [sys.executable, "-m", "bench.references.bare_app", str(port)]
    with open(os.devnull, "wb") as output, running("bare FastAPI", command, {}, port, None, output) as server:
        yield server


@contextmanager
def running(
    name: str, command: Sequence[str], settings: dict[str, str], port: int, token: Path | None, output: BinaryIO
) -> Iterator[Server]:
    """Run a server that answers `GET /health` on its port until the block ends; `token` is where it leaves one."""
    # Python keeps compiled modules, as it does unless told otherwise: without them half of a start is compilation.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | settings
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            _await_health(process, port)
            seconds = time.perf_counter() - began
            secret = "" if token is None else token.read_text("ascii").strip()
            yield Server(name, psutil.Process(process.pid), port, secret, seconds)
        finally:
            process.terminate()
            process.wait()


def _await_health(process: subprocess.Popen[bytes], port: int) -> None:
    """Try to connect until the port takes a connection; the request on that very connection must be answered."""
    connection = _first_connection(process, port)
    connection.sendall(HEALTH % port)
    with connection, connection.makefile("rb") as reader:
        answer = reader.read()
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the first request was not answered as it should: {answer[:200]!r}")


def _first_connection(process: subprocess.Popen[bytes], port: int) -> socket.socket:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not open its port; exit code {process.poll()}") from None
            time.sleep(BETWEEN_ATTEMPTS)


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
