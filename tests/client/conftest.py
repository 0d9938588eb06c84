"""A peer that speaks the hub's WebSocket as a script says: it cuts, repeats, leaves out and restarts on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from atrium.client import Pace

Script = Callable[["Peer", ServerConnection, dict[str, Any]], Awaitable[None]]


class Peer:
    """Records every frame it gets and answers with the script."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.frames: list[dict[str, Any]] = []
        self.connections: list[ServerConnection] = []
        self.tokens: list[str | None] = []
        self.script: Script = acknowledge
        self._changed = asyncio.Condition()
        self._server: Server | None = None

    async def start(self, token: str = "first") -> None:
        self._server = await serve(self._handle, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        run = self.home / "run"
        run.mkdir(exist_ok=True)
        (run / "token").write_text(token)
        (run / "address").write_text(f"http://127.0.0.1:{port}\n")

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def until(self, ready: Callable[[], bool]) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(ready), 50)

    def subscriptions(self) -> list[dict[str, Any]]:
        return [frame["payload"] for frame in self.frames if frame["type"] == "subscribe"]

    async def _handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.tokens.append(socket.request.headers.get("Authorization"))
        self.connections.append(socket)
        try:
            async for text in socket:
                frame = json.loads(text)
                async with self._changed:
                    self.frames.append(frame)
                    self._changed.notify_all()
                await self.script(self, socket, frame)
        except ConnectionClosed:
            return


async def acknowledge(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
    """Answer every frame."""
    await send(socket, "ack", frame["payload"], frame["id"])


async def send(socket: ServerConnection, kind: str, payload: Any, frame_id: str | None = None) -> None:
    frame = {"type": kind, "payload": payload, "timestamp": "2026-01-01T00:00:00Z"}
    await socket.send(json.dumps(frame if frame_id is None else {**frame, "id": frame_id}))


def entry(offset: int, prev: int, kind: str = "sessions.session.renamed.v1", **data: Any) -> dict[str, Any]:
    """Build an entry as it travels."""
    return {
        "specversion": "1.0",
        "id": f"e{offset}",
        "type": kind,
        "source": "/sessions/s1",
        "subject": "s1",
        "time": "2026-01-01T00:00:00Z",
        "data": data or {"title": str(offset), "by": "local"},
        "offset": str(offset),
        "prev": str(prev),
    }


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    found = Peer(tmp_path)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def pace() -> Pace:
    """A pace that lets the loop turn instead of waiting."""

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0.001)

    return Pace(sleep=at_once, random=lambda: 0.5)
