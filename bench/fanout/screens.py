"""Clients that follow topics, a process of its own: `-m bench.fanout.screens PORT CLIENTS TOPICS CHANGES RATE WAY`.

The token comes from standard input. Each client has a WebSocket on which it is told that its topic has changed. The way
to the snapshot is `carried`, it comes with that, or `asked`: the client has a connection, kept as long as the server
keeps it, on which it fetches the snapshot, one at a time. It applies one that is newer. Changes are made at a rate, of
one topic after the other. Prints the milliseconds from sending a change to its snapshot applied, one for each client
and change, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson

from bench.loops import run_on
from bench.wire import Answers, get, text_frame, texts, upgrade

PATIENCE_SECONDS = 60.0
AT_ONCE = 50
CARRIED = "carried"

S = TypeVar("S", bound="Socket")


@dataclass(frozen=True, slots=True)
class Load:
    """What the command line says."""

    clients: int
    topics: int
    changes: int
    rate: float
    way: str


class Socket(asyncio.Protocol):
    """A WebSocket whose frames go to a callback."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what is whole."""
        data = self._rest + data
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self.opened.set_result(None)
        whole, self._rest = texts(data)
        for text in whole:
            if text:
                self.take(orjson.loads(text))

    def take(self, frame: dict[str, Any]) -> None:
        """Give an answer to whoever waits for it."""
        waiting = self._answers.pop(str(frame.get("id")), None)
        if waiting is not None:
            waiting.set_result(frame)

    def send(self, kind: str, payload: dict[str, Any], number: str | None = None) -> None:
        """Send a frame."""
        assert self._transport is not None
        self._transport.write(text_frame(json.dumps({"type": kind, "id": number, "payload": payload}).encode()))

    async def ask(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a frame and return its answer; raises RuntimeError if it is refused."""
        answer = self._answers["q"] = asyncio.get_running_loop().create_future()
        self.send(kind, payload, "q")
        frame: dict[str, Any] = await answer
        if frame["type"] == "error":
            raise RuntimeError(f"{kind}: {frame}")
        return frame

    def close(self) -> None:
        """Cut the connection."""
        assert self._transport is not None
        self._transport.abort()


class Screen(Socket):
    """Shows one topic, whose changes have the numbers `due`: one that a later one overtook is shown with that."""

    def __init__(self, port: int, question: bytes, due: range, run: Run) -> None:
        super().__init__()
        self._port = port
        self._question = question
        self._http: Answers | None = None
        self._due = list(reversed(due))
        self._run = run
        self._told = self._applied = 0
        self._fetching: asyncio.Task[None] | None = None

    def take(self, frame: dict[str, Any]) -> None:
        """Apply the snapshot that came, or fetch one, when the topic is newer than what is shown."""
        if frame["type"] != "sync:invalidate":
            super().take(frame)
            return
        if "snapshot" in frame["payload"]:
            self._apply(frame["payload"]["snapshot"])
        self._told = max(self._told, int(frame["payload"]["revision"]))
        if self._applied < self._told and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    def close(self) -> None:
        """Cut the connections."""
        super().close()
        if self._http is not None:
            self._http.close()

    async def _fetch(self) -> None:
        while self._applied < self._told:
            self._apply(orjson.loads(await self._snapshot()))

    def _apply(self, snapshot: dict[str, Any]) -> None:
        revision = int(snapshot["revision"])
        if revision > self._applied:
            self._applied = revision
            while self._due and self._due[-1] <= snapshot["data"]["content"]:
                self._run.applied(self._due.pop())

    async def _snapshot(self) -> bytes:
        """Ask on the connection that there is; servers close those that nobody uses for some seconds."""
        while True:
            if self._http is None or self._http.closed:
                loop = asyncio.get_running_loop()
                _, self._http = await loop.create_connection(Answers, "127.0.0.1", self._port)
            try:
                return await self._http.ask(self._question)
            except ConnectionError:
                self._http.closed = True


class Run:
    """What was sent when, and when it was applied."""

    def __init__(self, expected: int) -> None:
        self.sent: dict[int, float] = {}
        self.milliseconds: list[float] = []
        self._expected = expected
        self.done = asyncio.Event()

    def applied(self, change: int) -> None:
        """Take down that a client shows a change."""
        self.milliseconds.append((time.perf_counter() - self.sent[change]) * 1000)
        if len(self.milliseconds) == self._expected:
            self.done.set()


async def _screens(port: int, token: str, load: Load, run: Run) -> list[Screen]:
    screens = []
    for start in range(0, load.clients, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, load.clients))
        screens += await asyncio.gather(*(_screen(port, token, one % load.topics, load, run) for one in numbers))
    return screens


async def _screen(port: int, token: str, key: int, load: Load, run: Run) -> Screen:
    question = get(port, token, f"/api/v1/topics/fanout/{key}")
    due = range(key, load.changes, load.topics)
    screen = await _connected(port, token, lambda: Screen(port, question, due, run))
    await screen.ask("subscribe", {"topics": [f"fanout/{key}"], "snapshots": load.way == CARRIED})
    return screen


async def _connected(port: int, token: str, make: Callable[[], S]) -> S:
    transport, socket = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
    transport.write(upgrade(port, token, "/api/v1/stream"))
    await socket.opened
    return socket


async def measure(port: int, token: str, load: Load) -> list[float]:
    """Return the milliseconds from each change to it being shown, of every client that shows its topic."""
    publisher: Socket = await _connected(port, token, Socket)
    for key in range(load.topics):
        await publisher.ask("fanout:change", {"key": str(key), "content": -1})
    run = Run(load.changes * (load.clients // load.topics))
    screens = await _screens(port, token, load, run)
    began = time.perf_counter()
    for number in range(load.changes):
        await asyncio.sleep(began + number / load.rate - time.perf_counter())
        run.sent[number] = time.perf_counter()
        publisher.send("fanout:change", {"key": str(number % load.topics), "content": number})
    await asyncio.wait_for(run.done.wait(), PATIENCE_SECONDS)
    for socket in (publisher, *screens):
        socket.close()
    return run.milliseconds


if __name__ == "__main__":
    port, clients, topics, changes = map(int, sys.argv[1:5])
    load = Load(clients, topics, changes, float(sys.argv[5]), sys.argv[6])
    json.dump(run_on("uvloop", measure(port, sys.stdin.read(), load)), sys.stdout)
