"""A hub that listens on a free port, and clients for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.gateway.plugin import Gateway
from atrium.sdk import Plugin
from atrium.sdk.plugin import Clock
from atrium.sdk.spi import StorageAdapter
from atrium.testing.kernel import kernel_with
from tests.clients import NO_TLS
from tests.gateway.notes import Notes

HANG_SECONDS = 50.0
"""No wait for a hub is longer: it tells one that hangs from a machine that is slow."""

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@dataclass
class House:
    """A running hub."""

    runtime: CoreRuntime
    gateway: Gateway

    @property
    def address(self) -> str:
        return self.gateway.address

    @property
    def port(self) -> int:
        return self.gateway.serving.port

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.gateway.token}"}

    @asynccontextmanager
    async def http(self, *, signed_in: bool = True) -> AsyncIterator[httpx.AsyncClient]:
        headers = self.bearer if signed_in else {}
        base = f"{self.address}/api/v1"
        async with httpx.AsyncClient(
            base_url=base, headers=headers, trust_env=False, verify=NO_TLS, timeout=HANG_SECONDS
        ) as client:
            yield client

    @asynccontextmanager
    async def socket(self, path: str = "/stream", **options: Any) -> AsyncIterator[Socket]:
        headers = {**self.bearer, **options.pop("headers", {})}
        url = f"ws://127.0.0.1:{self.port}/api/v1{path}"
        async with connect(url, additional_headers=headers, proxy=None, **options) as connection:
            yield Socket(connection)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """Return the head of a request with the token, as bytes."""
        first = (f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *lines)
        return "\r\n".join([*first, f"Authorization: {self.bearer['Authorization']}", "", ""]).encode()

    async def raw(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send bytes on a fresh connection and return status, headers and body of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            return await read_answer(reader, has_body=not request.startswith(b"HEAD"))
        finally:
            writer.close()


class Socket:
    """A WebSocket client that speaks frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._last_id = 0

    async def send(self, frame_type: str, payload: Any = None, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": frame_type, "payload": payload or {}, **fields}))

    async def next(self, *types: str) -> Any:
        """Return the next frame, of one of these types if any are named."""
        while True:
            received = json.loads(await asyncio.wait_for(self.connection.recv(), HANG_SECONDS))
            if not types or received["type"] in types:
                return received

    async def ask(self, frame_type: str, payload: Any = None, **fields: Any) -> Any:
        """Send a frame with an id and return its answer; whatever comes before it is dropped."""
        self._last_id += 1
        await self.send(frame_type, payload, id=f"q{self._last_id}", **fields)
        while True:
            received = await self.next()
            if received.get("id") == f"q{self._last_id}":
                return received


async def read_answer(reader: asyncio.StreamReader, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_SECONDS)).decode("latin-1")
    status_line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0)) if has_body else 0
    body = await reader.readexactly(length)
    return int(status_line.split()[1]), headers, body


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds that nothing announces (a file, a buffer, the end of a task)."""
    async with asyncio.timeout(HANG_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


@asynccontextmanager
async def house_with(
    *plugins: type[Plugin[Any]],
    home: Path | None = None,
    adapter: StorageAdapter | None = None,
    clock: Clock | None = None,
    config: Mapping[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[House]:
    """Run a hub with these plugins (the notes if none are named); `settings` are the gateway's."""
    sections = {**(config or {}), "gateway": {"port": 0, **settings}}
    chosen = plugins or (Notes,)
    async with kernel_with(*chosen, Gateway, config=sections, home=home, adapter=adapter, clock=clock) as runtime:
        gateway = runtime.plugin_manager.plugin("gateway")
        assert isinstance(gateway, Gateway)
        await asyncio.wait_for(gateway.opened(), HANG_SECONDS)
        yield House(runtime, gateway)
