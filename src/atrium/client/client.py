"""The client: attach to a hub, call it, follow its streams, keep its topics."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from atrium.client.answers import mapping
from atrium.client.connection import Connection, ConnectionState
from atrium.client.entries import Entry
from atrium.client.errors import ConnectionLost, NotRunning, ProblemError
from atrium.client.http import Http
from atrium.client.location import Locator, locate
from atrium.client.pace import Pace
from atrium.client.presence import other_devices
from atrium.client.sessions import Sessions
from atrium.client.topics import HttpSnapshotProvider, WebSocketSubscriber
from atrium.contracts.followers import Device
from atrium.sync import OnError, RevisionSync, SnapshotApplier, SnapshotEnvelope, create_revision_sync

Cursor = int | str

_NDJSON = "application/x-ndjson"
_END = (1 << 63) - 1
"""An offset behind every entry."""


def attach(
    home: str | os.PathLike[str] | None = None,
    url: str | None = None,
    token: str | None = None,
    *,
    pace: Pace | None = None,
) -> Client:
    """Return a client of the hub in a home (default: `ATRIUM_HOME`, or `~/.atrium`), or at a url with a token.

    Use it as `async with attach() as client`. Raises `NotRunning` if the home names no running hub.
    """
    locator = locate(home, url, token)
    locator.find()
    return Client(locator, pace or Pace())


class Client:
    """A hub as a program sees it. Every call raises `ProblemError`, `NotRunning` or another `ClientError`."""

    def __init__(self, locator: Locator, pace: Pace) -> None:
        self._locator = locator
        self._pace = pace
        self._http = Http(locator, pace)
        self.connection = Connection(locator, pace)
        self.sessions = Sessions(self._http)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End everything that follows, and close all connections."""
        await self.connection.close()
        await self._http.close()

    @property
    def url(self) -> str:
        """Return where the hub is now."""
        return self._locator.find().url

    async def health(self) -> dict[str, Any]:
        """Return `{status, version, uptime, activeSessions}`; `uptime` in seconds."""
        return mapping(await self._http.call("GET", "/health"))

    async def status(self) -> dict[str, Any]:
        """Return `{core, providers, sessions}` in brief."""
        return mapping(await self._http.call("GET", "/status"), "core", "providers", "sessions")

    async def providers(self) -> list[dict[str, Any]]:
        """Return each provider with its status and, if it cannot take a turn, the reason."""
        answer = mapping(await self._http.call("GET", "/providers"), "data")
        return [mapping(one, "id", "status") for one in answer["data"]]

    async def plugins(self) -> list[dict[str, Any]]:
        """Return each plugin with its status and, if it does not run, the reason."""
        answer = mapping(await self._http.call("GET", "/plugins"), "data")
        return [mapping(one, "name", "version", "status") for one in answer["data"]]

    async def shutdown(self, *, graceful: bool = True) -> None:
        """Ask the hub to stop; running turns may finish if `graceful`."""
        await self._http.call("POST", "/core/shutdown", body={"graceful": graceful})

    async def call(self, method: str, path: str, *, body: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """Call any path below `/api/v1` and return its JSON answer."""
        return await self._http.call(method, path, body=body, params=params)

    async def follow(self, session_id: str, *, after: Cursor | None = 0) -> AsyncGenerator[Entry]:
        """Yield a session's entries beyond a cursor (None: from now on), then new ones, over reconnects and restarts.

        No entry is missing and none comes twice. Ends after the entry that says the session was deleted. Raises
        `StreamReset` when the cursor is not of this history, `ProblemError` if there is no such session. Several may
        be followed at once over the one connection.
        """
        async with self.following(session_id, after=after) as entries:
            async for entry in entries:
                yield entry

    @asynccontextmanager
    async def following(self, session_id: str, *, after: Cursor | None = 0) -> AsyncIterator[AsyncIterator[Entry]]:
        """Do as `follow`, and have begun when the block begins: `async with client.following(id) as entries`."""
        follower = self.connection.follow(f"sessions/{session_id}", None if after is None else int(after))
        try:
            await follower.started.wait()
            yield follower
        finally:
            self.connection.unfollow(follower)

    async def events(
        self,
        session_id: str,
        *,
        after: Cursor = 0,
        follow: bool = False,
        form: Literal["ndjson", "sse"] = "ndjson",
    ) -> AsyncGenerator[Entry]:
        """Yield entries from one HTTP answer, without reconnects: all up to the head, or more with `follow`."""
        accept = "text/event-stream" if form == "sse" else _NDJSON
        params = {"after": str(after), "follow": "true" if follow else "false"}
        async with self._http.lines(_events(session_id), params, accept) as lines:
            async for line in lines:
                text = line.removeprefix("data:").strip() if form == "sse" else line.strip()
                if not text or (form == "sse" and not line.startswith("data:")):
                    continue
                yield Entry.from_text(text)

    async def earlier(self, session_id: str, *, before: Cursor | None = None, limit: int = 500) -> list[Entry]:
        """Return the last entries below an offset (None: of all), oldest first, at most `limit` (1 to 500) of them.

        Fewer may come before the beginning is reached: it is when the first one's `prev` is 0, or none come.
        """
        params = {"before": str(_END if before is None else before), "limit": str(limit)}
        async with self._http.lines(_events(session_id), params, _NDJSON) as lines:
            return [Entry.from_text(line) async for line in lines if line.strip()]

    async def watch_devices(self, stream: str, tell: Callable[[tuple[Device, ...]], Any]) -> None:
        """Call `tell` with the other devices that follow a stream, now and after each change, until cancelled.

        A session's stream is `sessions/<id>`. Ends by itself when there is no such stream.
        """

        def apply(snapshot: SnapshotEnvelope[Any]) -> None:
            tell(other_devices(snapshot.data))

        attempt = 0
        while True:
            try:
                async with self.topic(f"{stream}/presence", apply):
                    await asyncio.Event().wait()
            except (NotRunning, ConnectionLost):
                attempt += 1
                await self._pace.wait(attempt)
            except ProblemError:
                return

    @asynccontextmanager
    async def topic(
        self,
        name: str,
        apply: Callable[[SnapshotEnvelope[Any]], Any],
        *,
        on_error: OnError | None = None,
    ) -> AsyncIterator[RevisionSync[Any]]:
        """Call `apply` with a topic's snapshot now and after each change, for as long as the block lasts."""
        sync = create_revision_sync(
            topic=name,
            subscriber=WebSocketSubscriber(self.connection, name),
            provider=self.connection.carried.before(name, HttpSnapshotProvider(self._http, name)),
            applier=_Applier(apply),
            on_error=on_error,
        )
        refreshes: set[asyncio.Task[None]] = set()

        def renew(state: ConnectionState) -> None:
            if state is ConnectionState.ONLINE:
                # What was announced while there was no connection. `on_error` is told if this fails.
                task = asyncio.get_running_loop().create_task(sync.refresh())
                refreshes.add(task)
                task.add_done_callback(refreshes.discard)
                task.add_done_callback(_heard)

        forget = self.connection.on_state(renew)
        try:
            await sync.start()
            yield sync
        finally:
            forget()
            sync.stop()
            await asyncio.gather(*refreshes, return_exceptions=True)


def _events(session_id: str) -> str:
    return f"/sessions/{quote(session_id, safe='')}/events"


class _Applier(SnapshotApplier[Any]):
    def __init__(self, function: Callable[[SnapshotEnvelope[Any]], Any]) -> None:
        self._function = function

    def apply(self, snapshot: SnapshotEnvelope[Any], /) -> Any:
        return self._function(snapshot)


def _heard(task: asyncio.Task[None]) -> None:
    """Take note of a failure that has been reported elsewhere."""
    if not task.cancelled():
        task.exception()
