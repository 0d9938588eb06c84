"""Who comes through a proxy: requests, streams and sockets under the public name, over TLS."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from atrium.testing.daemon import DaemonProcess
from tests.network.hub import PATIENCE, hub_at, token_of
from tests.network.screens import FIELDS, Entry, Transport
from tests.proxies.fronts import NAME, TLS, Front, block, free_port, front_before

SOON = 10.0
"""Seconds: a proxy that collects what it should hand on holds it for longer."""


@dataclass(frozen=True, slots=True)
class Site:
    """A hub, and the proxy in front of it."""

    hub: DaemonProcess
    front: Front

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token_of(self.hub)}"}

    @asynccontextmanager
    async def http(self, *, signed_in: bool = True, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Return a client that asks the proxy over TLS."""

        async def name(request: httpx.Request) -> None:
            request.extensions["sni_hostname"] = NAME

        async with httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.front.https}/api/v1",
            headers={"Host": NAME, **(self.bearer if signed_in else {}), **headers},
            event_hooks={"request": [name]},
            verify=TLS,
            trust_env=False,
            timeout=PATIENCE,
        ) as http:
            yield http

    def socket(self, path: str = "/stream", headers: Mapping[str, str] | None = None, **options: Any) -> connect:
        """Return what opens a WebSocket through the proxy."""
        more = self.bearer if headers is None else headers
        where: dict[str, Any] = {"host": "127.0.0.1", "port": self.front.https, "ssl": TLS, "proxy": None}
        return connect(f"wss://{NAME}/api/v1{path}", additional_headers=more, **where, **options)

    @asynccontextmanager
    async def following(
        self, transport: Transport, stream: str, entries: str, after: int = 0
    ) -> AsyncIterator[AsyncIterator[Entry]]:
        """Follow a stream of this name and this path; yield its entries as they come."""
        if transport == "websocket":
            async with self.socket(max_size=None) as socket:
                await socket.send(json.dumps({"type": "subscribe", "payload": {"streams": {stream: str(after)}}}))
                yield _chunks(socket)
            return
        accept = "text/event-stream" if transport == "sse" else "application/x-ndjson"
        params = {"follow": "true", "after": str(after)}
        async with self.http(Accept=accept) as http, http.stream("GET", entries, params=params) as answer:
            assert answer.headers["content-type"].startswith(accept)
            yield _lines(answer)


async def _chunks(socket: ClientConnection) -> AsyncIterator[Entry]:
    async for message in socket:
        frame = json.loads(message)
        if frame["type"] == "stream:chunk":
            yield _entry(frame["payload"])


async def _lines(answer: httpx.Response) -> AsyncIterator[Entry]:
    rest = b""
    async for piece in answer.aiter_bytes():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith((b"{", b"data: ")):
                yield _entry(json.loads(line.removeprefix(b"data: ")))


def _entry(whole: Mapping[str, Any]) -> Entry:
    return {name: whole[name] for name in FIELDS}


@asynccontextmanager
async def site_behind(kind: str, folder: Path, **settings: Any) -> AsyncIterator[Site]:
    """Run a hub with the settings that the documentation names, always at one port, and a proxy in front of it."""
    port, home = free_port(), folder / "home"
    (home / "core").mkdir(parents=True)
    config = json.loads(block("json")) | {"providers": {"default": "echo"}}
    (home / "core" / "config.json").write_text(json.dumps(config))
    running = hub_at(home, "--port", str(port), **settings)
    async with front_before(kind, folder / kind, port) as front, running as hub:
        yield Site(hub, front)
