"""One window on an in-memory hub, and parts that hang or raise."""

import asyncio
from collections.abc import Callable
from typing import Any

from atrium.sync import (
    InMemoryHub,
    InvalidationHandler,
    SnapshotEnvelope,
    SyncErrorContext,
    Unsubscribe,
    create_revision_sync,
)

TOPIC = "app-config"


class Window:
    """A sync over a hub, with parts that tests replace."""

    def __init__(self, **parts: Any) -> None:
        self.hub: InMemoryHub[str] = InMemoryHub()
        self.hub.bump(TOPIC, "one")
        self.applied: list[str] = []
        self.errors: list[SyncErrorContext] = []
        defaults = {
            "topic": TOPIC,
            "subscriber": self.hub.subscriber(),
            "provider": self.hub.provider(TOPIC),
            "applier": self,
            "on_error": self.errors.append,
        }
        self.sync = create_revision_sync(**{**defaults, **parts})

    def apply(self, snapshot: SnapshotEnvelope[str], /) -> None:
        self.applied.append(snapshot.data)


class Hanging:
    """A provider and a subscriber that never answer, and note how they end."""

    def __init__(self) -> None:
        self.asked, self.cancelled = asyncio.Event(), asyncio.Event()

    async def get_snapshot(self) -> SnapshotEnvelope[str]:
        await self._hang()
        raise AssertionError("it hangs for ever")

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        await self._hang()
        raise AssertionError("it hangs for ever")

    async def _hang(self) -> None:
        self.asked.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class Raising:
    """A provider or applier that does what it is given."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act

    async def get_snapshot(self) -> Any:
        return self.act()

    def apply(self, snapshot: SnapshotEnvelope[str], /) -> None:
        self.act()
