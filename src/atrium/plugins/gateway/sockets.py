"""The WebSocket endpoints: who may open one, and what it follows from the start."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from atrium.plugins.gateway.commands import Commands, cursor_of
from atrium.plugins.gateway.connection import Connection
from atrium.plugins.gateway.frames import SESSIONS
from atrium.plugins.gateway.headers import RequestHeaders
from atrium.plugins.gateway.hub import Hub
from atrium.plugins.gateway.identity import HUB_URL, Identity
from atrium.plugins.gateway.protocols import NOBODY, SOCKET, SocketProtocol
from atrium.sdk import CursorReset, NotFound

STREAM = "/api/v1/stream"
SESSION_STREAM = "/api/v1/sessions/{id}/stream"
ENDPOINTS = (STREAM, SESSION_STREAM)

_SESSION_STREAM = re.compile(r"/api/v1/sessions/([^/]{1,128})/stream")


class Sockets:
    """An ASGI application for WebSockets. The caller has checked `Host` and `Origin`."""

    def __init__(self, hub: Hub, commands: Commands, identity: Identity) -> None:
        self._hub = hub
        self._commands = commands
        self._identity = identity

    async def __call__(self, scope: Any, receive: Any, send: Any, headers: RequestHeaders) -> None:
        """Serve one WebSocket; raises before the handshake if it must not be opened."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        ticket = query.get("token", [None])[0]
        principal = self._identity.socket_principal(headers.get("authorization"), ticket)
        self._identity.limits.request(principal)
        session_id = _session_id(scope["path"])
        protocol: SocketProtocol = scope["extensions"][SOCKET]
        handle = partial(self._commands.handle, hub_url=scope["state"][HUB_URL])
        connection = Connection(self._hub, protocol, principal, scope["client"], session_id, handle)
        self._hub.connect(connection, headers.get("user-agent"))
        try:
            begin = await self._follow(connection, session_id, query)
            await receive()
            protocol.listener = connection
            await send({"type": "websocket.accept"})
        except BaseException:
            protocol.listener = NOBODY
            connection.closed()
            raise
        begin()

    async def _follow(self, connection: Connection, session_id: str | None, query: dict[str, list[str]]) -> Any:
        """Follow the session that the address names; returns what begins to send once the socket is open."""
        if session_id is None:
            return lambda: None
        stream = SESSIONS + session_id
        after = cursor_of(query.get("after", [None])[0], "after")
        try:
            follower = await self._hub.follow(connection, stream, after)
        except CursorReset as error:
            reset = error
            return lambda: self._commands.reset(connection, stream, reset)
        return lambda: self._hub.begin([follower])


def _session_id(path: str) -> str | None:
    if path == STREAM:
        return None
    match = _SESSION_STREAM.fullmatch(path)
    if match is None:
        raise NotFound(f"sockets are opened at {' and '.join(ENDPOINTS)}")
    return match[1]
