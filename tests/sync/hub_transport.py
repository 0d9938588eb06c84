"""A hub as the scenarios' source of truth: a kernel with the gateway, and `atrium.client` as the transport."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.client import Connection, ConnectionState, HttpSnapshotProvider, Pace, WebSocketSubscriber
from atrium.client.http import Http
from atrium.client.location import locate
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.gateway.plugin import Gateway
from atrium.sdk import Manifest, Plugin, Principal, Topic
from atrium.sync import (
    InvalidationHandler,
    InvalidationSubscriber,
    RetryPolicy,
    Revision,
    SnapshotEnvelope,
    SnapshotProvider,
    Unsubscribe,
)
from atrium.testing.clock import ManualClock
from atrium.testing.kernel import kernel_with
from tests.sync.network import LossyNetwork

TOPICS = ("app-config", "auth-state")
OWNER = Principal(user="local", client="cli")
SOON = RetryPolicy(base_delay_ms=1, max_delay_ms=5)


class Settings(Plugin[Any]):
    """Owns the scenarios' topics: each is a collection with one document."""

    manifest = Manifest(name="settings")
    topics = tuple(Topic(name, collection=name) for name in TOPICS)

    async def change(self, topic: str, data: object) -> Revision:
        """Store a topic's data and return the topic's revision."""
        storage = self.storage.of(OWNER.space)
        await storage.set("value", {"value": data}, collection=topic)
        return Revision(str((await storage.snapshot(topic)).revision))


class House:
    """A kernel that is stopped and started again over the same storage, at another time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = ManualClock()
        self._adapter = MemoryStorageAdapter()
        self._running = AsyncExitStack()
        self._runtime: CoreRuntime | None = None

    @property
    def settings(self) -> Settings:
        """Return the plugin of the present life."""
        assert self._runtime is not None
        plugin = self._runtime.plugin_manager.plugin("settings")
        assert isinstance(plugin, Settings)
        return plugin

    async def start(self) -> None:
        """Begin to listen on a free port; `run/address` and `run/token` say where and for whom."""
        kernel = kernel_with(
            Settings, Gateway, config={"gateway": {"port": 0}}, adapter=self._adapter, home=self.home, clock=self.clock
        )
        self._runtime = await self._running.enter_async_context(kernel)
        gateway = self._runtime.plugin_manager.plugin("gateway")
        assert isinstance(gateway, Gateway)
        await gateway.opened()

    async def stop(self) -> None:
        """Stop in order."""
        await self._running.aclose()


class HubTransport:
    """Each window has a WebSocket of its own, through a network that only delivers what the scenario announces.

    With `shared` all windows have the same one, and take the snapshots that come with its events; `asked` counts the
    others.
    """

    def __init__(self, house: House, *, shared: bool = False) -> None:
        self.house = house
        self.asked = 0
        self._shared = shared
        self._pace = Pace(policy=SOON, restart_policy=SOON)
        self._locator = locate(house.home, None, None)
        self._network = LossyNetwork(self._locator.find)
        self._http = Http(self._locator, self._pace)
        self._connections: list[Connection] = []

    async def open(self) -> None:
        """Connect the network."""
        await self._network.open()
        if self._shared:
            self._connect()

    async def bump(self, topic: str, data: object) -> Revision:
        """Store the data."""
        return await self.house.settings.change(topic, data)

    async def emit(self, payload: object) -> None:
        """Send an announcement; a snapshot in it is one of a collection with one document."""
        if isinstance(payload, dict) and isinstance(payload.get("snapshot"), dict) and "data" in payload["snapshot"]:
            documents = [{"id": "value", "value": payload["snapshot"]["data"]}]
            payload = {**payload, "snapshot": {**payload["snapshot"], "data": documents}}
        await self._network.announce(payload)

    def subscriber(self) -> InvalidationSubscriber:
        """Return one window's end."""
        return _EveryTopic(self._connections[0] if self._shared else self._connect())

    def provider(self, topic: str) -> SnapshotProvider[object]:
        """Return a topic over HTTP, behind what came with its events."""
        asked = _Counted(self, HttpSnapshotProvider(self._http, topic))
        return _Value(self._connections[0].carried.before(topic, asked) if self._shared else asked)

    async def settle(self) -> None:
        """Return when every connection has answered behind what was sent to it."""
        for connection in self._connections:
            if connection.state is ConnectionState.ONLINE:
                await connection.call("subscribe", {})

    async def restart(self, clock_ms: int) -> None:
        """Stop the hub, move its clock, start it, and wait until every window is back."""
        returned = [_Return(one) for one in self._connections if one.state is ConnectionState.ONLINE]
        await self.house.stop()
        self.house.clock.time += clock_ms / 1000
        await self.house.start()
        for one in returned:
            await one.wait()

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections:
            await connection.close()
        await self._http.close()
        await self._network.close()

    def _connect(self) -> Connection:
        connection = Connection(locate(None, self._network.url, "given-by-the-network"), self._pace)
        self._connections.append(connection)
        return connection


class _Return:
    """Notices that a connection was lost and is there again."""

    def __init__(self, connection: Connection) -> None:
        self._online = asyncio.Event()
        self._forget = connection.on_state(self._note)

    def _note(self, state: ConnectionState) -> None:
        if state is ConnectionState.ONLINE:
            self._online.set()

    async def wait(self) -> None:
        async with asyncio.timeout(50):
            await self._online.wait()
        self._forget()


class _EveryTopic:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        ends = [await WebSocketSubscriber(self._connection, topic).subscribe(handler) for topic in TOPICS]

        def end_all() -> None:
            for end in ends:
                end()

        return end_all


class _Counted:
    """Counts what is asked for."""

    def __init__(self, transport: HubTransport, provider: HttpSnapshotProvider) -> None:
        self._transport = transport
        self._provider = provider

    async def get_snapshot(self) -> SnapshotEnvelope[Any]:
        self._transport.asked += 1
        return await self._provider.get_snapshot()


class _Value:
    """What a scenario stored: the one document of the topic."""

    def __init__(self, provider: SnapshotProvider[Any]) -> None:
        self._provider = provider

    async def get_snapshot(self) -> SnapshotEnvelope[object]:
        snapshot = await self._provider.get_snapshot()
        (document,) = snapshot.data
        return SnapshotEnvelope(snapshot.revision, document["value"])
