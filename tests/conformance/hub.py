"""The hub as a stranger sees it: a process, its files, a port. Nothing here comes from the package under test."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.clients import NO_TLS

Json = dict[str, Any]

END = re.compile(r"sessions\.turn\.(completed|failed|cancelled|interrupted)\.v1")


class Hub:
    """`atrium up --port 0` in a home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")}
        environment |= {"ATRIUM_HOME": str(self.home), "ATRIUM_PROVIDERS__ECHO__ENABLED": "true"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atrium.app", "up", "--port", "0"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"Atrium runs" in line:
                return
        raise AssertionError(f"the hub ended with {self.process.wait()}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Return the exit code once it has ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(40)

    def close(self) -> None:
        """End it at once if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)

    @property
    def address(self) -> str:
        return (self.home / "run/address").read_text().strip()

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": "Bearer " + (self.home / "run/token").read_text()}

    @contextlib.contextmanager
    def api(self, **headers: str) -> Iterator[Api]:
        """Return a client with the owner's token, or with these headers instead."""
        base = f"{self.address}/api/v1"
        client = httpx.Client(base_url=base, headers=headers or self.bearer, timeout=50, trust_env=False, verify=NO_TLS)
        with client:
            yield Api(client)

    @contextlib.contextmanager
    def socket(self, path: str = "/stream", *, signed_in: bool = True) -> Iterator[Socket]:
        url = f"ws://127.0.0.1:{self.port}/api/v1{path}"
        headers = self.bearer if signed_in else {}
        with connect(url, additional_headers=headers, proxy=None, max_size=None) as connection:
            yield Socket(connection)


class Api:
    """HTTP calls, and what most tests begin with."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        if body is not None:
            options["json"] = body
        return self.client.request(method, path, **options)

    def session(self) -> str:
        return str(self("POST", "/sessions", {"providerId": "echo"}).json()["sessionId"])

    def send(self, session_id: str, content: str, **fields: str) -> Json:
        answer = self("POST", f"/sessions/{session_id}/messages", {"content": content, **fields})
        assert answer.status_code == 202, answer.text
        accepted: Json = answer.json()
        return accepted

    def entries(self, session_id: str, after: str = "0") -> list[Json]:
        answer = self("GET", f"/sessions/{session_id}/events", params={"after": after})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def follow(self, session_id: str, last: Callable[[Json], bool]) -> list[Json]:
        """Return a session's entries up to the first that is `last`."""
        seen = []
        path = f"/sessions/{session_id}/events"
        with self.client.stream("GET", path, params={"follow": "true"}) as answer:
            for line in lines(answer):
                if line:
                    seen.append(json.loads(line))
                    if last(seen[-1]):
                        return seen
        return seen

    def turn(self, content: str) -> list[Json]:
        """Send a message in a new session and return what is stored of its turn."""
        session_id = self.session()
        turn_id = self.send(session_id, content)["turnId"]
        self.follow(session_id, ends(turn_id))
        return self.entries(session_id)


class Socket:
    """Frames of a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def until(self, last: Callable[[Json], bool]) -> list[Json]:
        """Return the frames up to the first that is `last`."""
        seen = []
        while True:
            seen.append(json.loads(self.connection.recv(50)))
            assert {"type", "payload", "timestamp"} <= set(seen[-1])
            if last(seen[-1]):
                return seen

    def ask(self, frame_type: str, payload: Any = None, **fields: Any) -> Json:
        """Send a frame and return what answers its id."""
        frame = {"type": frame_type, "id": "asked", "payload": {} if payload is None else payload, **fields}
        self.connection.send(json.dumps(frame))
        return self.until(lambda answer: answer.get("id") == "asked")[-1]


def lines(answer: httpx.Response) -> Iterator[bytes]:
    rest = b""
    for piece in answer.iter_bytes():
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def ends(turn_id: str) -> Callable[[Json], bool]:
    return lambda entry: END.fullmatch(entry["type"]) is not None and entry["data"]["turnId"] == turn_id


def chunk_of(entry_type: str) -> Callable[[Json], bool]:
    return lambda frame: frame["type"] == "stream:chunk" and frame["payload"]["type"] == f"sessions.{entry_type}.v1"


def names(entries: list[Json]) -> list[str]:
    return [entry["type"].removeprefix("sessions.").removesuffix(".v1") for entry in entries]


def assert_problem(answer: httpx.Response, status: int, field: str | None = None) -> Json:
    assert (answer.status_code, answer.headers.get("content-type")) == (status, "application/problem+json"), answer.text
    problem: Json = answer.json()
    assert {"type", "title", "status", "detail", "code", "timestamp", "traceId", "recoverable", "actions"} <= {*problem}
    assert problem["status"] == status
    if field is not None:
        assert any(wrong["field"] == field for wrong in problem["errors"]), problem
    return problem
