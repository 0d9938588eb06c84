"""A real hub with the providers plugin, providers that fail as a test says, and a clock that the test moves."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.plugins.sessions import Sessions
from atrium.sdk.providers import ProviderEvent, ProviderInfo, TextDelta, TurnRequest
from atrium.sdk.spi import StorageAdapter
from atrium.testing.plain_provider import PlainProvider
from tests.sessions.hub import Hub

Step = Exception | ProviderEvent | asyncio.Event


class StepClock:
    """Time that stands still until the test moves it; whoever sleeps wakes when their time has come."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._fallen_asleep = asyncio.Event()
        self._count = 0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.sleeping, (self.time + seconds, self._count, woken))
        self._fallen_asleep.set()
        await woken

    async def pass_(self, seconds: float) -> None:
        """Let so much time pass, and wake whom it wakes."""
        self.time += seconds
        while self.sleeping and self.sleeping[0][0] <= self.time:
            woken = heapq.heappop(self.sleeping)[2]
            if not woken.done():
                woken.set_result(None)
        for _ in range(5):
            await asyncio.sleep(0)

    async def wake_next(self) -> float:
        """Wait until somebody sleeps, let the time pass until the first wakes, and return how long that was."""
        while not (waiting := [one for one in self.sleeping if not one[2].done()]):
            self._fallen_asleep.clear()
            await self._fallen_asleep.wait()
        seconds = min(waiting)[0] - self.time
        await self.pass_(seconds)
        return seconds


class Flaky(PlainProvider):
    """A provider that does the next steps of its script at each attempt, and answers with its name when it has none."""

    def __init__(self, provider_id: str, *script: Iterable[Step], **limits: int) -> None:
        self.info = ProviderInfo(provider_id, provider_id.title(), "1", {"tools": True}, limits)
        self.script = deque(script)
        self.requests: list[TurnRequest] = []
        self.arrived = asyncio.Event()
        self.started: list[Mapping[str, Any]] = []

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        self.started.append(settings)

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        self.requests.append(turn)
        self.arrived.set()
        for step in self.script.popleft() if self.script else [TextDelta(f"{self.info.id} answers")]:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
            else:
                yield step


class FailingHub(Hub):
    """A hub whose providers are real to it."""

    def __init__(
        self, adapter: StorageAdapter, *flaky: Flaky, sessions: dict[str, Any] | None = None, **providers: Any
    ) -> None:
        self.adapter = adapter
        self.clock = StepClock()
        self.flaky = {one.info.id: one for one in flaky}
        self.runtime = CoreRuntime(
            adapter, clock=self.clock, config={"providers": providers, "sessions": sessions or {}}
        )
        self.providers = Providers(self.runtime)  # type: ignore[assignment]  # the real one
        self.sessions = Sessions(self.runtime)
        for one in flaky:
            self.runtime.extensions.contribute("providers.provider", "test", one)

    async def circuits(self) -> dict[str, dict[str, Any]]:
        """Return what `GET /providers` says of each provider's circuit."""
        return {one["id"]: one["circuit"] for one in (await self.service("providers.list"))["data"]}

    async def told(self, session_id: str, entry_type: str) -> list[dict[str, Any]]:
        """Return the data of a session's entries of one type."""
        wanted = f"sessions.{entry_type}.v1"
        return [entry["data"] for entry in await self.entries(session_id) if entry["type"] == wanted]


@asynccontextmanager
async def failing_hub(*flaky: Flaky, **providers: Any) -> AsyncIterator[FailingHub]:
    """Run a hub with these providers."""
    hub = FailingHub(MemoryStorageAdapter(), *flaky, **providers)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
