"""The network between windows and a hub: it loses every announcement, and delivers what the scenario announces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from atrium.client import Location


class LossyNetwork:
    """Carries WebSockets to wherever the hub is now; the hub's own `sync:invalidate` frames get lost."""

    def __init__(self, hub: Callable[[], Location]) -> None:
        self.url = ""
        self._hub = hub
        self._links: set[ServerConnection] = set()
        self._server: Server | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await serve(self._carry, "127.0.0.1", 0, max_size=None, compression=None)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def announce(self, payload: object) -> None:
        """Deliver an invalidation to everybody who is connected."""
        text = json.dumps({"type": "sync:invalidate", "payload": payload, "timestamp": "2026-01-01T00:00:00Z"})
        for link in list(self._links):
            await link.send(text)

    async def _carry(self, link: ServerConnection) -> None:
        place = self._hub()
        headers = {"Authorization": f"Bearer {place.token}"}
        try:
            async with connect(
                place.stream, additional_headers=headers, max_size=None, compression=None, proxy=None
            ) as far:
                await self._join(link, far)
        except (OSError, EOFError):
            await link.close(HTTPStatus.SERVICE_UNAVAILABLE + 3500, "there is no hub at the moment")

    async def _join(self, link: ServerConnection, far: ClientConnection) -> None:
        self._links.add(link)
        ways = [asyncio.create_task(_forward(link, far)), asyncio.create_task(_forward(far, link))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links.discard(link)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _forward(source: ServerConnection | ClientConnection, target: ServerConnection | ClientConnection) -> None:
    with suppress(ConnectionClosed):  # either end may go; the other is closed then
        async for text in source:
            if json.loads(text)["type"] != "sync:invalidate":
                await target.send(text)
