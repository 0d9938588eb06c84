"""uvicorn without signal handlers: it starts when told, and stops in bounded time."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from atrium.plugins.gateway.protocols import HttpProtocol, SocketProtocol
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import PluginFailed

Application = Callable[[Any, Any, Any], Awaitable[None]]
BACKLOG = 2048
ADVICE = {
    errno.EADDRINUSE: (
        "another program (perhaps another hub) uses this port; stop it, or choose another with core.port or --port"
    ),
    errno.EACCES: "ports below 1024 need more rights; choose another with core.port or --port",
    errno.EADDRNOTAVAIL: "this machine has no such address; change core.host",
}
"""What to do when the port cannot be had."""


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; raises `PluginFailed` with what to do if the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        # On Linux two sockets with SO_REUSEADDR may be bound to one port: only listening tells.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        advice = ADVICE.get(error.errno or 0, f"{error.strerror or error}; change core.host or core.port")
        raise PluginFailed(f"the gateway cannot listen on {host}:{port}: {advice}") from error
    listener.setblocking(False)
    return listener


class HttpServer(uvicorn.Server):
    """One listening socket and its connections. The runtime owns the signals and the order of shutdown."""

    def __init__(self, app: Application, config: GatewayConfig, listener: socket.socket) -> None:
        limits = {"max_header_bytes": config.max_header_bytes, "header_timeout": config.header_timeout}
        socket_limits = {"max_fragments": config.max_fragments}
        super().__init__(
            uvicorn.Config(
                app,
                http=type("LimitedHttpProtocol", (HttpProtocol,), limits),
                ws=type("LimitedSocketProtocol", (SocketProtocol,), socket_limits),
                ws_max_size=config.max_frame_bytes,
                ws_ping_interval=None,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                # uvicorn would log the address of each WebSocket, and with it the ticket.
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=bool(config.trusted_proxies),
                forwarded_allow_ips=[str(network) for network in config.trusted_proxies],
                interface="asgi3",
                reset_contextvars=True,
                timeout_keep_alive=75,
            )
        )
        self._listener = listener
        self._stop_timeout = config.stop_timeout
        self.ready = asyncio.Event()
        self._exit = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Serve; returns when requests are answered, raises what prevented it."""
        self._task = asyncio.create_task(self._serve(sockets=[self._listener]), name="gateway server")
        ready = asyncio.create_task(self.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Stop listening, end what goes on, and cut what does not end."""
        self.should_exit = True
        self._exit.set()
        if self._task is not None:
            await self._task
        self._listener.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Refresh the date header once a second until told to stop."""
        while not await self.on_tick(0):
            try:
                await asyncio.wait_for(self._exit.wait(), 1.0)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listener and every connection; nothing outlives the stop timeout."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=self._stop_timeout)
        leftover = set(self.server_state.tasks)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in leftover:
            task.cancel()
        if leftover:
            await asyncio.wait(leftover, timeout=self._stop_timeout)
        # Lost connections are reported on the next turns of the loop.
        await asyncio.sleep(0)
