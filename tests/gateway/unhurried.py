"""A storage that takes its time, so that things happen between a question and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from atrium.plugins.gateway.hub import Hub
from atrium.sdk import Principal, Tail, TopicSnapshot
from atrium.sdk.context import SpaceStorage

OWNER = Principal(user="local", client="cli")


class Unhurried(SpaceStorage):
    """A storage that takes its time for whatever it does, as one over a network would; `meanwhile` happens then."""

    def __init__(self, storage: SpaceStorage) -> None:
        super().__init__(storage._storage, storage._name, storage.space)
        self.meanwhile: list[Callable[[], Awaitable[object]]] = []
        self.snapshots = 0

    async def tail(self, stream: str, after: int = 0, wake: Callable[[], None] | None = None) -> Tail:
        await asyncio.sleep(0)
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return await super().tail(stream, after, wake)

    async def snapshot(self, topic: str) -> TopicSnapshot:
        self.snapshots += 1
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return await super().snapshot(topic)


def slow_down(hub: Hub) -> Unhurried:
    """Let a hub wait for the owner's storage from now on."""
    storage = Unhurried(hub._storage_of(OWNER.space))
    hub._storage_of = lambda space: storage
    return storage


async def nothing() -> None:
    """Let time pass."""
