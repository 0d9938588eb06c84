"""The servers that fan out beside each other: the hub and what Debian and the registries have. Each on one core."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.server import UNLIMITED

HERE = Path(__file__).parent
PATIENCE_SECONDS = 30.0
SERVER_CORE = 0

NATS = 'listen: "127.0.0.1:-1"\nwebsocket {{ listen: "127.0.0.1:{port}", no_tls: true }}\n'
MOSQUITTO = (
    "listener {port} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n"
    "listener {other} 127.0.0.1\nprotocol mqtt\n"  # Debian's 2.0.11 gives up if it has WebSocket listeners only.
    "allow_anonymous true\nmax_queued_messages 0\nlog_type none\nuser root\n"
)
SOCKET_IO = "4.8.4"
MODULES = Path("build/fanout")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `begin` returns what the load client needs besides for one run over so many streams."""

    name: str
    protocol: str
    pid: int
    port: int
    begin: Callable[[int], Sequence[str]] = lambda streams: ()


class NotHere(Exception):
    """Something that would be measured is not installed."""


@contextmanager
def hub(folder: Path, protocol: str = "atrium") -> Iterator[Server]:
    """Run `atrium up` with the benchmark's plugin."""
    home = folder / "home"
    (home / "plugins").mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "plugin.py", home / "plugins" / "fanout.py")
    command = [str(Path(sys.executable).with_name("atrium")), "up", "--port", "{port}"]
    with running(command, {"ATRIUM_HOME": str(home), **UNLIMITED}) as (pid, port):
        token = _read(home / "run" / "token")

        def begin(streams: int) -> Sequence[str]:
            offset = post(port, token, "/api/v1/fanout", {"streams": streams})["offset"]
            return ("--token", token, "--cursor", offset)

        yield Server(f"atrium ({protocol})", protocol, pid, port, begin)


def post(port: int, token: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Call the hub."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status} {found}")
    return found


@contextmanager
def nats(folder: Path) -> Iterator[Server]:
    """Run nats-server with its WebSocket listener."""
    with _configured("nats-server", folder, NATS) as (pid, port):
        yield Server("nats-server", "nats", pid, port)


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """Run redis; its publish/subscribe speaks TCP only."""
    command = [_program("redis-server"), "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--maxclients", "15000", "--dir", str(folder), "--client-output-buffer-limit", "pubsub 0 0 0"]
    with running(command) as (pid, port):
        yield Server("redis pub/sub (TCP)", "redis", pid, port)


@contextmanager
def mosquitto(folder: Path) -> Iterator[Server]:
    """Run mosquitto with MQTT over WebSocket."""
    with _configured("mosquitto", folder, MOSQUITTO) as (pid, port):
        yield Server("mosquitto", "mqtt", pid, port)


@contextmanager
def websockets(folder: Path) -> Iterator[Server]:
    """Run a server on `websockets` that broadcasts what it gets."""
    with running([sys.executable, str(HERE / "broadcast.py"), "{port}"]) as (pid, port):
        yield Server("websockets broadcast()", "plain", pid, port)


@contextmanager
def socketio(folder: Path) -> Iterator[Server]:
    """Run Socket.IO, installed below `build/` the first time."""
    environment = {"NODE_PATH": str(_socket_io())}
    with running([_program("node"), str(HERE / "socketio.cjs"), "{port}"], environment) as (pid, port):
        yield Server("socket.io", "socketio", pid, port)


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[tuple[int, int]]:
    """Run a server on a port (`{port}` in its command), a free one unless it is given, until the block ends."""
    port = port or _free_port()
    full = [part.replace("{port}", str(port)) for part in command]
    with subprocess.Popen(
        full, env=os.environ | dict(environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.sched_setaffinity(process.pid, {SERVER_CORE})
        try:
            _await_port(process, port)
            yield process.pid, port
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _configured(program: str, folder: Path, template: str) -> Iterator[tuple[int, int]]:
    """Run a server that wants its port in a file, which `-c` names."""
    port, path = _free_port(), folder / f"{program}.conf"
    path.write_text(template.format(port=port, other=_free_port()), "utf-8")
    with running([_program(program), "-c", str(path)], port=port) as (pid, _):
        yield pid, port


def _socket_io() -> Path:
    """Return the folder of modules that has Socket.IO."""
    modules = MODULES / "node_modules"
    if not (modules / "socket.io").is_dir():
        command = [_program("npm"), "install", "--prefix", str(MODULES), "--no-audit", "--no-fund"]
        MODULES.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*command, f"socket.io@{SOCKET_IO}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotHere(f"socket.io (npm could not install it: {done.stderr.strip().splitlines()[-1]})")
    return modules.resolve()


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise NotHere(f"{name} (Debian has a package of that name)")
    return found


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not open its port; exit code {process.poll()}")


def _read(path: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return path.read_text("ascii").strip()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
