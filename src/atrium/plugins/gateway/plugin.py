"""The gateway plugin: opens the port, and answers what concerns the hub itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from atrium.contracts.followers import FollowersChanged, StreamFollower
from atrium.plugins.gateway.errors import NotReady
from atrium.plugins.gateway.identity import LOCAL_USER
from atrium.plugins.gateway.logins import BROWSER
from atrium.plugins.gateway.metrics import (
    ConnectionPage,
    StreamsFollowed,
    connection_page,
    connection_totals,
    streams_followed,
)
from atrium.plugins.gateway.run_files import RunFiles
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import (
    InvalidInput,
    Manifest,
    Plugin,
    Principal,
    Reply,
    Resource,
    ServiceNotFound,
    Unavailable,
    route,
    service,
)
from atrium.sdk.phrases import phrase

if TYPE_CHECKING:
    from atrium.plugins.gateway.serving import Serving

OPEN_SECONDS = 10.0
"""How long the port waits for the other plugins to start before it answers without them."""


class Gateway(Plugin[GatewayConfig]):
    """Owns the port. What other plugins offer at `gateway.route`, `.frame`, `.push` and `.feature` is served here."""

    manifest = Manifest(
        name="gateway",
        version="1.0.0",
        description=phrase("plugins.gateway", "HTTP, WebSocket, SSE and the web page"),
        emits=(FollowersChanged,),
    )

    _serving: Serving | None = None
    _opening: asyncio.Task[None] | None = None

    @property
    def serving(self) -> Serving:
        """Return what serves the port; raises `Unavailable` before start and after stop."""
        if self._serving is None:
            raise Unavailable("the gateway does not run")
        return self._serving

    @property
    def address(self) -> str:
        """Return where the hub answers, as `http://127.0.0.1:8080`."""
        return self.serving.address

    @property
    def token(self) -> str:
        """Return the local owner's token of this run."""
        return self.serving.identity.token

    async def start(self) -> None:
        """Take the port, and answer on it as soon as every plugin has started; raises `PluginFailed` if it is taken."""
        # The web framework is imported when it is needed: commands that only read the configuration start without it.
        from atrium.plugins.gateway.serving import Serving

        self._serving = Serving(self.context, self.config)
        self._files().write("token", self.token)
        await self.serving.identity.logins.sweep()
        await self.serving.names.open()
        self._opening = self.context.spawn(self._open(), "open the port")

    async def opened(self) -> None:
        """Wait until requests are answered and `run/address` says where; raises what prevented it."""
        if self._opening is None:
            raise Unavailable("the gateway does not run")
        await asyncio.shield(self._opening)

    async def drain(self) -> None:
        """Tell every client that the hub restarts; what goes on is still delivered."""
        if self._serving is not None:
            self._serving.announce_restart()

    async def stop(self) -> None:
        """End streams at an entry, close sockets, and stop the server; what does not end in time is cut."""
        self._files().remove("address", "token")
        serving, self._serving = self._serving, None
        if serving is not None:
            await serving.close()

    async def _open(self) -> None:
        serving = self.serving
        try:
            running = self.state.wait_for("runtime.phase", lambda phase: phase == "running")
            await asyncio.wait_for(running, OPEN_SECONDS)
        except TimeoutError:
            pass
        await serving.open()
        self._files().write("address", serving.address + "\n")

    def _files(self) -> RunFiles:
        return RunFiles(self.context.home)

    @route("GET", "/health", public=True)
    async def health(self) -> dict[str, Any]:
        """Tell that the hub lives; nothing it depends on is asked."""
        facts = await self.context.inspect()
        active = await self._call("sessions.count_active", default=0)
        uptime = round(facts["uptime"], 3)
        return {"status": "ok", "version": facts["version"], "uptime": uptime, "activeSessions": active}

    @route("GET", "/ready", public=True)
    async def ready(self) -> dict[str, Any]:
        """Tell whether the hub can do its work; if not, 503 says why."""
        facts = await self.context.inspect()
        if not facts["ready"]:
            raise NotReady("; ".join(facts["reasons"]))
        return {"status": "ready"}

    @route("GET", "/status")
    async def hub_status(self, caller: Principal) -> dict[str, Any]:
        """Return the hub (to its owner with sums over connections), its providers, and the caller's newest sessions.

        A provider's `sessions` counts all of the caller's; of them the newest 100 are listed.
        """
        facts = await self.context.inspect()
        core = {"version": facts["version"], "uptime": round(facts["uptime"], 3), "pid": os.getpid()}
        if caller.user == LOCAL_USER:
            hub = self.serving.hub
            core["connections"] = connection_totals(hub.connections, hub.past, hub.opened)
        providers = (await self._call("providers.list", default={"data": []}))["data"]
        counts = await self._call("sessions.count_by_provider", caller, default={})
        sessions = await self._call("sessions.overview", caller, default=[])
        return {"core": core, "providers": _counted(providers, counts), "sessions": sessions}

    @route("GET", "/connections")
    async def connections(self, caller: Principal, limit: int = 100, cursor: str | None = None) -> ConnectionPage:
        """List the caller's own connections, the oldest first: what each follows, how far it lags, what was written.

        `limit` is 1 to 500. `lag` counts the entries of a stream that were not sent yet: a client that reads slowly is
        *behind*, and goes on from its cursor when it has read.
        """
        return connection_page(self.serving.hub.connections, caller.user, limit, cursor)

    @route("GET", "/connections/streams")
    async def streams_followed(self, caller: Principal, limit: int = 100) -> StreamsFollowed:
        """List the streams that are followed now, those with the most followers first; `limit` is 1 to 500."""
        return streams_followed(self.serving.hub.rooms(caller.space), limit)

    @route("GET", "/plugins")
    async def plugins(self, caller: Principal) -> dict[str, Any]:
        """List every plugin, its state, and why it failed if it did."""
        return {"data": (await self.context.inspect())["plugins"]}

    @route("GET", "/features")
    async def features(self, caller: Principal) -> dict[str, Any]:
        """List what plugins bring into the web page: `{name, plugin, module}`, the module a path to import."""
        return {"data": self.serving.features.list()}

    @route("POST", "/core/shutdown", status=202)
    async def shutdown(self, caller: Principal, graceful: bool = True) -> None:
        """Stop the hub; `graceful` false does not wait for turns that run."""
        _ = self.context.spawn(self.services.call("core.shutdown", graceful), "shutdown")

    @route("GET", "/topics/{topic:path}")
    async def topic(self, caller: Principal, topic: str) -> Resource:
        """Return a topic's snapshot; `<stream>/presence` tells from which devices a stream is followed."""
        snapshot = await self.serving.hub.topics(caller.space, topic).snapshot(topic)
        return Resource(snapshot.revision, snapshot.data)

    @service("gateway.followers")
    async def followers(self, space: str, stream: str) -> tuple[StreamFollower, ...]:
        """Return who follows a stream from which device, whoever has been there longest first."""
        return self.serving.hub.presence.followers(space, stream)

    @route("GET", "/openapi.json")
    async def openapi(self, caller: Principal) -> Any:
        """Return this interface as OpenAPI 3.1."""
        return orjson.Fragment(self.serving.dispatcher.openapi())

    @route("POST", "/auth/code")
    async def code(self, caller: Principal) -> dict[str, Any]:
        """Return a one-time code that signs a browser in, and the link that carries it."""
        return await self.login_code(caller.user)

    @service("gateway.login_code")
    async def login_code(self, user: str = "local") -> dict[str, Any]:
        """Return `{code, expiresIn, url}`; the code works once."""
        code = self.serving.identity.issue_code(user)
        expires_in = round(self.config.code_expiry)
        return {"code": code, "expiresIn": expires_in, "url": f"{self.config.public_url or self.address}/#code={code}"}

    @route("POST", "/auth/login", status=204, public=True)
    async def login(self, code: str) -> Reply:
        """Redeem a one-time code for a session cookie."""
        return Reply(status=204, headers={"set-cookie": await self.serving.identity.login(code)})

    @route("POST", "/auth/logout", status=204)
    async def logout(self, caller: Principal) -> Reply:
        """Sign this browser out and close its sockets."""
        if not caller.client.startswith(BROWSER):
            raise InvalidInput("only a browser can sign out; the token is valid until the hub restarts")
        await self.serving.identity.logins.end(caller.client.removeprefix(BROWSER))
        await self.serving.names.forget(caller.client)
        self.serving.hub.close_client(caller.client)
        return Reply(status=204, headers={"set-cookie": self.serving.identity.set_cookie("")})

    @route("PUT", "/auth/device")
    async def name_device(self, caller: Principal, name: str) -> dict[str, str]:
        """Give this browser a name of at most 40 characters, under which others see it; `""` takes the name away."""
        if not caller.client.startswith(BROWSER):
            raise InvalidInput("only a browser is given a name; a terminal is called as its host")
        named = await self.serving.names.set(caller.client, name)
        self.serving.hub.presence.renamed(caller.client)
        return {"name": named}

    @route("POST", "/auth/ticket")
    async def ticket(self, caller: Principal) -> dict[str, Any]:
        """Return a ticket that opens one WebSocket, `?token=<ticket>`, and the caller's `client`, as others see it."""
        return {
            "ticket": self.serving.identity.issue_ticket(caller),
            "client": caller.client,
            "expiresIn": round(self.config.ticket_expiry),
        }

    async def _call(self, name: str, *arguments: Any, default: Any) -> Any:
        try:
            return await self.services.call(name, *arguments)
        except ServiceNotFound:
            return default


def _counted(providers: list[Any], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = []
    for provider in providers:
        row = provider if isinstance(provider, dict) else provider.model_dump(by_alias=True)
        kept = {name: row[name] for name in ("id", "version", "status", "reason", "circuit") if name in row}
        rows.append({**kept, "sessions": counts.get(row["id"], 0)})
    return rows
