"""The gateway's parts put together for one run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from atrium.contracts.events import Event
from atrium.contracts.followers import FollowersChanged
from atrium.plugins.gateway.commands import Commands
from atrium.plugins.gateway.connection import Connection
from atrium.plugins.gateway.device_names import DeviceNames
from atrium.plugins.gateway.dispatcher import Dispatcher
from atrium.plugins.gateway.edge import Edge
from atrium.plugins.gateway.entry_stream import EntryStreams, StreamConnection
from atrium.plugins.gateway.features import FEATURES, Features
from atrium.plugins.gateway.hosts import HostRules, bracketed
from atrium.plugins.gateway.hub import Hub
from atrium.plugins.gateway.identity import Identity
from atrium.plugins.gateway.page import Page
from atrium.plugins.gateway.problems import MEDIA_TYPE, problem_reply
from atrium.plugins.gateway.replies import Replies
from atrium.plugins.gateway.server import HttpServer, bind
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.plugins.gateway.sockets import Sockets
from atrium.sdk import AtriumError, Context, Contribution, PluginStatus, tracing

log = logging.getLogger(__name__)

ROUTES, FRAMES, PUSHES = "gateway.route", "gateway.frame", "gateway.push"
NEEDED = {ROUTES: ("method", "path"), FRAMES: ("type",), PUSHES: ("event_type", "frame"), FEATURES: ("name",)}
"""The options, all of them words, without which an offer cannot be served."""
CALLED = frozenset({ROUTES, FRAMES})
"""Where what is offered must be a function."""

LOGIN_CHECK_SECONDS = 60.0
"""How long a connection may outlive the login it was opened with."""


class Serving:
    """Everything between the port and the plugins, from start to stop."""

    def __init__(self, context: Context, config: GatewayConfig) -> None:
        self._context = context
        self._config = config
        listener = bind(config.host, config.port)
        self.port: int = listener.getsockname()[1]
        self.identity = Identity(context.storage.system, context.clock, context.new_id, config, self.port)
        self.names = DeviceNames(context.storage.system)
        self.hub = Hub(context.storage.of, config, context.clock, self._followers_changed, self.names)
        self.entry_streams = EntryStreams(context.storage.of, self.hub)
        self._refused: list[Contribution] = []
        self.features = Features(partial(self._offered, FEATURES))
        self.dispatcher = Dispatcher(
            partial(self._offered, ROUTES), Replies(self.entry_streams), self._problem_response, self._failures
        )
        self.commands = Commands(
            self.hub, partial(self._offered, FRAMES), context.clock, self._new_trace_id, self.identity.limits
        )
        self.server = HttpServer(self._edge(), config, listener)
        self._pushes: dict[int, Callable[[], None]] = {}
        self._restarting = False

    @property
    def address(self) -> str:
        """Return where the hub answers; a wildcard address is shown as the loopback one."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._config.host, self._config.host)
        return f"http://{bracketed(host)}:{self.port}"

    async def open(self) -> None:
        """Answer requests."""
        extensions = self._context.extensions
        extensions.watch(ROUTES, self.dispatcher.changed)
        extensions.watch(FRAMES, self.commands.changed)
        extensions.watch(PUSHES, self._watch_pushes)
        self.dispatcher.changed()
        self.commands.changed()
        self._watch_pushes()
        await self.server.open()
        _ = self._context.spawn(self.dispatcher.warm_up(), "import the web framework")
        _ = self._context.spawn(self._check_logins(), "close what outlives its login")
        for kind, interval in ((Connection, self._config.ping_interval), (StreamConnection, self._config.heartbeat)):
            _ = self._context.spawn(self.hub.keep_alive(kind, interval), f"keep each {kind.__name__} alive")

    async def close_expired(self) -> None:
        """Close the connections of browsers whose login has ended."""
        callers = {connection.principal.client: connection.principal for connection in self.hub.connections}
        for caller in callers.values():
            if not await self.identity.is_signed_in(caller):
                self.hub.close_client(caller.client)

    def announce_restart(self) -> None:
        """Tell every WebSocket, once."""
        if not self._restarting:
            self._restarting = True
            self.hub.broadcast("core:restarting", {})

    async def close(self) -> None:
        """Stop in order: announce, end streams, close sockets, end the server."""
        self.announce_restart()
        self.entry_streams.stop()
        # Streams that end by themselves send their last bytes before their connections are closed.
        await asyncio.sleep(0)
        self.hub.close_all()
        await self.server.close()

    def _followers_changed(self, space: str, stream: str) -> None:
        self._context.events.emit(FollowersChanged(space=space, stream=stream))

    async def _check_logins(self) -> None:
        while True:
            await asyncio.sleep(LOGIN_CHECK_SECONDS)
            await self.close_expired()

    def _edge(self) -> Edge:
        config, context = self._config, self._context
        return Edge(
            HostRules(config.host, self.port, config.allowed_hosts, config.allowed_origins, config.public_url),
            self.identity,
            self.dispatcher,
            Sockets(self.hub, self.commands, self.identity),
            Page(config.static_dir, self.features),
            config,
            context.clock,
            self._new_trace_id,
        )

    def _offered(self, point: str) -> list[Contribution]:
        """Return what can be served of what is offered; of the rest each is told of once."""
        served = []
        for one in self._context.extensions.at(point):
            lacks = [name for name in NEEDED[point] if not isinstance(one.options.get(name), str)]
            if point in CALLED and not callable(one.value):
                lacks.append("a function")
            if not lacks:
                served.append(one)
            elif one not in self._refused:
                self._refused.append(one)
                log.error("offer is not served", extra={"plugin": one.owner, "point": point, "lacks": ", ".join(lacks)})
        return served

    def _new_trace_id(self) -> str:
        return self._context.new_id().replace("-", "")

    def _problem_response(self, request: Request, error: AtriumError) -> Response:
        reply = problem_reply(error, tracing.trace_id.get(), self._context.clock.now())
        return Response(orjson.dumps(reply.body), reply.status, dict(reply.headers), MEDIA_TYPE)

    async def _failures(self) -> dict[str, str]:
        plugins = (await self._context.inspect())["plugins"]
        return {plugin["name"]: plugin["reason"] for plugin in plugins if plugin["status"] == PluginStatus.FAILED.value}

    def _watch_pushes(self) -> None:
        """Subscribe to the events that plugins want pushed, and to no others."""
        offered = {id(contribution): contribution for contribution in self._offered(PUSHES)}
        for gone in self._pushes.keys() - offered.keys():
            self._pushes.pop(gone)()
        for key in offered.keys() - self._pushes.keys():
            event_type, frame_type = offered[key].options["event_type"], offered[key].options["frame"]
            self._pushes[key] = self._context.events.subscribe(event_type, self._pusher(frame_type))

    def _pusher(self, frame_type: str) -> Any:
        async def push(event_type: str, data: Any) -> None:
            fields = data.to_wire() if isinstance(data, Event) else dict(data)
            space, stream = fields.pop("space"), fields.pop("stream")
            self.hub.push(frame_type, space, stream, fields)

        return push
