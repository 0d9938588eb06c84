"""Topics over the wire: invalidations by WebSocket, snapshots with them or by HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from atrium.client.connection import Connection
from atrium.client.http import Http
from atrium.sync import InvalidationHandler, SnapshotEnvelope, Unsubscribe, parse_snapshot


class WebSocketSubscriber:
    """Delivers a topic's invalidations. After a reconnect the topic's sync must refresh: some may have been missed."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        """Return once the hub has confirmed the subscription, with what ends it."""
        return await self._connection.watch(self._topic, handler)


class HttpSnapshotProvider:
    """Reads a topic's snapshot; `GET /topics/<topic>`."""

    def __init__(self, http: Http, topic: str) -> None:
        self._http = http
        self._path = f"/topics/{quote(topic, safe='/')}"

    async def get_snapshot(self) -> SnapshotEnvelope[Any]:
        """Return the revision and the data; raises `ProblemError`, `NotRunning` or a `ProtocolError`."""
        return parse_snapshot(await self._http.call("GET", self._path))
