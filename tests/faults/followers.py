"""Screens: each follows one session over one transport, goes on from its cursor after every loss, keeps all it saw."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from atrium.client import ClientError, Pace, attach
from tests.clients import NO_TLS
from tests.faults.daemon import HANG_SECONDS, Daemon

Entry = dict[str, Any]

RETRY_SECONDS = 0.1
"""Ten screens that try again more often take from the hub the time in which it could start."""

FIELDS = ("specversion", "id", "type", "source", "subject", "time", "data", "offset", "prev")
GONE = "sessions.session.deleted.v1"
LOST = (httpx.TransportError, OSError, ConnectionClosed, InvalidHandshake, TimeoutError)


class Follower:
    """One screen on one session. `ended`: it saw the deletion, or was told that there is no such session."""

    def __init__(self, daemon: Daemon, session_id: str, transport: str, after: int = 0) -> None:
        self.session_id = session_id
        self.transport = transport
        self.after = self.cursor = after
        self.seen: list[Entry] = []
        self.connections = 0
        self.ended = False
        self.wrong: list[str] = []
        self._daemon = daemon
        self._moved = asyncio.Event()
        self._closed = False
        self._task = asyncio.create_task(self._run(), name=f"{transport} {session_id}")

    async def caught_up(self, offset: int) -> None:
        """Wait until it has everything up to an offset."""
        async with asyncio.timeout(HANG_SECONDS):
            while self.cursor < offset and not self.ended:
                self._check()
                self._moved.clear()
                await self._moved.wait()
            self._check()

    async def told(self) -> None:
        """Wait until it knows that the session is gone."""
        async with asyncio.timeout(HANG_SECONDS):
            await self._task

    async def close(self) -> None:
        """Leave."""
        self._closed = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _check(self) -> None:
        if self._task.done() and not self._closed:
            self._task.result()

    async def _run(self) -> None:
        transports: dict[str, Callable[[], AsyncIterator[Entry]]] = {
            "websocket": self._websocket,
            "ndjson": self._ndjson,
            "sse": self._sse,
            "client": self._client,
        }
        try:
            while not self.ended:
                try:
                    async for entry in transports[self.transport]():
                        self._take(entry)
                except LOST:
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._moved.set()

    def _take(self, entry: Entry) -> None:
        self.seen.append({name: entry[name] for name in FIELDS})
        self.cursor = int(entry["offset"])
        self.ended = entry["type"] == GONE
        self._moved.set()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._daemon.token}"}

    async def _websocket(self) -> AsyncIterator[Entry]:
        path = f"/sessions/{self.session_id}/stream?after={self.cursor}"
        url = self._daemon.api.replace("http", "ws", 1) + path
        try:
            async with connect(url, additional_headers=self._headers(), proxy=None, max_size=None) as socket:
                self.connections += 1
                async for text in socket:
                    frame = json.loads(text)
                    if frame["type"] == "stream:chunk":
                        yield frame["payload"]
                    elif frame["type"] in {"stream:reset", "error"}:
                        self._refused(frame)
        except InvalidHandshake as error:
            if getattr(getattr(error, "response", None), "status_code", 0) == httpx.codes.NOT_FOUND:
                self.ended = True
            raise

    def _refused(self, frame: dict[str, Any]) -> None:
        if frame["payload"].get("status") == httpx.codes.NOT_FOUND:
            self.ended = True
        else:
            self.wrong.append(f"{self.transport} {self.session_id} from {self.cursor}: {frame}")

    async def _ndjson(self) -> AsyncIterator[Entry]:
        async for line in self._lines({"after": str(self.cursor)}, {}):
            if line.strip():
                yield json.loads(line)

    async def _sse(self) -> AsyncIterator[Entry]:
        event: dict[str, str] = {}
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.cursor)}
        async for line in self._lines({}, headers):
            name, _, value = line.partition(": ")
            if line and name:
                event[name] = value
            elif "data" in event:
                entry = json.loads(event["data"])
                if event.get("id") != entry["offset"]:
                    self.wrong.append(f"sse {self.session_id}: id {event.get('id')} of entry {entry['offset']}")
                yield entry
                event = {}

    async def _lines(self, params: dict[str, str], headers: dict[str, str]) -> AsyncIterator[str]:
        """Yield whole lines: what a cut leaves of one is not an entry."""
        url = f"{self._daemon.api}/sessions/{self.session_id}/events"
        timeout = httpx.Timeout(HANG_SECONDS, connect=5)
        async with (
            httpx.AsyncClient(
                trust_env=False, verify=NO_TLS, timeout=timeout, headers=self._headers() | headers
            ) as http,
            http.stream("GET", url, params={**params, "follow": "true"}) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_FOUND:
                self.ended = True
                return
            if answer.is_error:
                await answer.aread()
                if answer.status_code not in {401, 503}:
                    self.wrong.append(f"{self.transport} {self.session_id}: {answer.status_code} {answer.text[:300]}")
                await asyncio.sleep(RETRY_SECONDS)
                return
            self.connections += 1
            rest = b""
            async for chunk in answer.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line.decode()

    async def _client(self) -> AsyncIterator[Entry]:
        """Follow with the client that ships: it finds the hub again by itself."""
        async with attach(self._daemon.home, pace=Pace(patience=HANG_SECONDS)) as client:
            self.connections += 1
            try:
                async for entry in client.follow(self.session_id, after=self.cursor):
                    yield dict(entry.raw)
            except ClientError as error:
                if getattr(error, "status", 0) == httpx.codes.NOT_FOUND:
                    self.ended = True
                else:
                    self.wrong.append(f"client {self.session_id} from {self.cursor}: {error!r}")
                    raise
