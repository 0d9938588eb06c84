"""A real hub for these tests: the kernel, the sessions plugin, and a provider that does what a message says."""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.contracts.sessions import MessageAccepted
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.sessions import Sessions
from atrium.sdk import Entry, FieldError, InvalidInput, Manifest, NoConfig, Plugin, Principal, SpaceStorage, service
from atrium.sdk.errors import ProviderRateLimited
from atrium.sdk.providers import Note, ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult, TurnRequest, Usage
from atrium.sdk.spi import StorageAdapter
from atrium.testing.held_storage import HeldStorageAdapter

ALICE = Principal("alice", "test")
BOB = Principal("bob", "test")

ENDS = ("completed", "failed", "cancelled", "interrupted")


class Scripted(Plugin[NoConfig]):
    """Answers by the first word of a message; `wait NAME` goes on when the test opens that gate."""

    manifest = Manifest(name="providers")

    def __init__(self, host: CoreRuntime) -> None:
        super().__init__(host)
        self.gates: dict[str, asyncio.Event] = {}
        self.reached: dict[str, asyncio.Event] = {}
        self.requests: list[TurnRequest] = []
        self.used: list[str] = []
        self.stopped: list[tuple[str, str]] = []
        self.running = 0
        self.most = 0

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def arrived(self, name: str) -> None:
        await self.reached.setdefault(name, asyncio.Event()).wait()

    @service("providers.check")
    async def check(self, provider_id: str) -> None:
        if provider_id not in {"echo", "other"}:
            raise InvalidInput(f"there is no provider {provider_id}", fields=[FieldError("providerId", "unknown")])

    @service("providers.stop_session")
    async def stop_session(self, provider_id: str, session_id: str) -> None:
        if provider_id == "other":
            raise ProviderRateLimited("even for this")
        self.stopped.append((provider_id, session_id))

    @service("providers.run")
    async def run(self, provider_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        self.requests.append(turn)
        self.used.append(provider_id)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            verb, _, rest = turn.content.partition(" ")
            script: Callable[[str], AsyncIterator[ProviderEvent]] = getattr(self, f"_{verb}", self._echo)
            async for event in script(rest):
                yield event
        finally:
            self.running -= 1

    async def _echo(self, rest: str) -> AsyncIterator[ProviderEvent]:
        for word in f"you said {rest}".split(" "):
            yield TextDelta(word + " ")

    async def _wait(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield TextDelta("half ")
        self.reached.setdefault(rest, asyncio.Event()).set()
        await self.gate(rest).wait()
        yield TextDelta("whole")

    async def _silent(self, rest: str) -> AsyncIterator[ProviderEvent]:
        self.reached.setdefault(rest, asyncio.Event()).set()
        await self.gate(rest).wait()
        if rest == "never":
            yield TextDelta("")

    async def _stubborn(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield TextDelta("never ")
        self.reached.setdefault(rest, asyncio.Event()).set()
        while not self.gate(rest).is_set():
            with suppress(asyncio.CancelledError):
                await self.gate(rest).wait()
        yield TextDelta("too late")

    async def _fail(self, rest: str) -> AsyncIterator[ProviderEvent]:
        if rest == "late":
            yield TextDelta("so far")
        raise ProviderRateLimited("slow down", retry_after=3.0)

    async def _crash(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield TextDelta("oops")
        raise RuntimeError("a bug")

    async def _think(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield ThinkingDelta("hm ")
        yield ThinkingDelta("hm")
        yield TextDelta("aha")
        yield Usage(1, 1)
        yield Usage(10, 20, 0.5)

    async def _note(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield Note("its beginning was left out")
        yield TextDelta("aha")

    async def _tool(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield ToolCall("t1", "search", {"q": "x"})
        yield ToolCall("t1", "search", {"q": "xy"}, "waiting")
        yield ToolResult("t1", "search", "found")
        yield ToolResult("t2", "unannounced", "no", "failed")
        yield ToolCall("t3", "left_open")
        if rest:
            self.reached.setdefault(rest, asyncio.Event()).set()
            await self.gate(rest).wait()
        yield TextDelta("done")

    async def _halves(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield TextDelta("a\ud83d")
        yield TextDelta("")
        yield TextDelta("\ude00b")

    async def _broken(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield Usage(1, 2, float("nan"))
        yield ToolCall("t\ud800", "na\ud800me", {"q": ["\ud800", {"k": "\udc00"}, 1]})
        yield ToolResult("t\ud800", "other", "\ud800")
        raise ProviderRateLimited("why \ud800", retry_after=float("inf"), fields=[FieldError("f\ud800", "m\ud800")])

    async def _wrong(self, rest: str) -> AsyncIterator[ProviderEvent]:
        yield ToolCall("t", "search", {"q": float("nan")})

    async def _flood(self, rest: str) -> AsyncIterator[ProviderEvent]:
        for _ in range(100):
            yield TextDelta("x" * (1 << 20))


class Hub:
    """One runtime with the two plugins, and what tests ask of it."""

    def __init__(self, adapter: StorageAdapter, home: Path | None = None, **options: Any) -> None:
        self.adapter = adapter
        self.runtime = CoreRuntime(adapter, home=home, **options)
        self.providers = Scripted(self.runtime)
        self.sessions = Sessions(self.runtime)

    async def start(self) -> "Hub":
        for plugin in (self.providers, self.sessions):
            await self.runtime.plugin_manager.load_plugin(plugin)
        await self.runtime.start()
        assert not self.runtime.plugin_manager.failures, self.runtime.plugin_manager.failures
        return self

    async def stop(self, drain_seconds: float = 0.0) -> None:
        await self.runtime.stop(drain_seconds)

    @property
    def storage(self) -> SpaceStorage:
        return self.sessions.storage.of(ALICE.space)

    async def create(self, **fields: Any) -> str:
        created = await self.sessions.create(ALICE, fields.pop("provider_id", "echo"), **fields)
        return created.session_id

    async def send(self, session_id: str, content: str, token: str | None = None) -> MessageAccepted:
        return await self.sessions.send(ALICE, session_id, content, client_token=token)

    async def get(self, session_id: str) -> dict[str, Any]:
        data: dict[str, Any] = (await self.sessions.get(ALICE, session_id)).data
        return data

    async def messages(self, session_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = await self.sessions.messages(ALICE, session_id, limit=7, cursor=cursor)
            found += page["data"]
            cursor = page["nextCursor"]
            if cursor is None:
                return found

    async def entries(self, session_id: str, *, hints: bool = False) -> list[dict[str, Any]]:
        entries: list[Entry] = []
        while page := await self.storage.read(f"sessions/{session_id}", entries[-1].offset if entries else 0):
            entries += page
        return [orjson.loads(entry.encoded) for entry in entries if hints or not entry.hint]

    async def types(self, session_id: str) -> list[str]:
        return [short(entry["type"]) for entry in await self.entries(session_id)]

    async def until(self, session_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the session as soon as this holds for it."""
        changed = asyncio.Event()
        end = self.storage.watch(f"sessions/{session_id}", lambda _: changed.set())
        try:
            while not holds(session := await self.get(session_id)):
                await changed.wait()
                changed.clear()
            return session
        finally:
            end()

    async def shown(self, session_id: str, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Return when an entry is shown for which this holds."""
        tail = await self.storage.tail(f"sessions/{session_id}")
        async for batch in tail:
            if any(holds(orjson.loads(entry.encoded)) for entry in batch):
                tail.close()

    async def idle(self, session_id: str) -> dict[str, Any]:
        """Return the session as soon as it has nothing to do."""
        return await self.until(session_id, lambda s: s["turn"] is None and not s["queued"])

    async def ask(self, session_id: str, content: str) -> MessageAccepted:
        """Send a message and return when its turn is over."""
        accepted = await self.send(session_id, content)
        await self.idle(session_id)
        return accepted

    async def service(self, name: str, *args: Any) -> Any:
        return await self.runtime.service_registry.call(name, *args)


def short(entry_type: str) -> str:
    return entry_type.removeprefix("sessions.").removesuffix(".v1")


def ends(types: list[str]) -> list[str]:
    return [name for name in types if name.startswith("turn.") and name != "turn.started"]


def crashed_copy(adapter: StorageAdapter, database: Path, folder: Path) -> StorageAdapter:
    """Return what is on disk now, as a process that starts after a crash would find it."""
    if isinstance(adapter, MemoryStorageAdapter):
        return copy.deepcopy(adapter)
    folder.mkdir()
    for path in database.parent.glob(database.name + "*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder / path.name)
    return SQLiteStorageAdapter(folder / database.name)


async def committing(adapter: HeldStorageAdapter) -> None:
    """Return when a commit is held back."""
    for _ in range(1000):
        if adapter.held:
            return
        await asyncio.sleep(0)
    raise AssertionError("nothing was committed")
