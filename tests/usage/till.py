"""A kernel with the usage plugin, and providers that use what they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.usage import UsageReport
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.plugins.usage import Usages
from atrium.sdk import Principal
from atrium.sdk.providers import Note, TurnRequest
from atrium.sdk.spi import StorageAdapter
from atrium.testing.clock import ManualClock
from atrium.testing.kernel import kernel_with
from tests.usage.spender import Spending

ALICE = Principal("alice", "laptop")
BOB = Principal("bob", "laptop")

NOON = 1_800_014_400.0
"""2027-01-15, 12:00 UTC."""


class Till:
    """A running kernel, and what a person does in it."""

    def __init__(self, runtime: CoreRuntime, clock: ManualClock) -> None:
        self.runtime = runtime
        self.clock = clock
        self.told: list[Any] = []
        self.notes: list[str] = []
        self._turns = 0
        runtime.event_bus.subscribe("usage.*", self._hear)

    async def call(self, name: str, *args: Any, **more: Any) -> Any:
        return await self.runtime.service_registry.call(name, *args, **more)

    async def spend(
        self,
        content: str,
        *,
        by: Principal = ALICE,
        provider: str = "spender",
        turn: str | None = None,
        session: str = "session-1",
    ) -> str:
        """Run a turn and return its id."""
        self._turns += 1
        turn_id = turn or f"turn-{self._turns}"
        request = TurnRequest(session, turn_id, content, by=by)
        async with self.runtime.service_registry.stream("providers.run", provider, request) as events:
            self.notes += [event.content async for event in events if isinstance(event, Note)]
        await self.runtime.event_bus.drain()
        return turn_id

    async def report(self, by: Principal = ALICE, days: int = 30) -> UsageReport:
        report = await self.call("usage.report", by, days)
        assert isinstance(report, UsageReport)
        return report

    def heard(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    async def _hear(self, _: str, event: Any) -> None:
        self.told.append(event)


@asynccontextmanager
async def till(
    adapter: StorageAdapter | None = None, clock: ManualClock | None = None, **settings: Any
) -> AsyncIterator[Till]:
    """Run the plugins with these settings of the usage plugin."""
    clock = clock or ManualClock(NOON)
    plugins = (Providers, Usages, Spending)
    config = {"usage": settings}
    async with kernel_with(*plugins, config=config, adapter=adapter or MemoryStorageAdapter(), clock=clock) as runtime:
        built = Till(runtime, clock)
        while len((await built.call("providers.list"))["data"]) < 2:  # noqa: ASYNC110  # offers are taken in soon
            await asyncio.sleep(0)
        yield built
