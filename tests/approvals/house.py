"""A kernel with the approvals plugin, and somebody who asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.approvals import Act, ApprovalRequest, Decision, Risk
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.approvals import Approvals
from atrium.sdk import Principal
from atrium.sdk.host import Clock
from atrium.sdk.spi import StorageAdapter
from atrium.testing.kernel import kernel_with

ALICE = Principal("alice", "laptop")
PHONE = Principal("alice", "phone")
BOB = Principal("bob", "laptop")

WRITE = Act(tool="write_file", arguments={"text": "hello"}, paths=("/home/alice/notes/a.md",))
REMOVE = Act(tool="command", argv=("rm", "-r", "build"), cwd="/home/alice/notes", env={"LANG": "C"})
SCRIPT = Act(tool="command", argv=("/usr/bin/python3.11", "tidy.py"), cwd="/home/alice/notes")


class House:
    """A running kernel, asked and answered by its services."""

    def __init__(self, runtime: CoreRuntime) -> None:
        self.runtime = runtime
        self.asking: set[asyncio.Task[Decision]] = set()

    async def call(self, name: str, *args: Any, **more: Any) -> Any:
        return await self.runtime.service_registry.call(name, *args, **more)

    def ask(self, act: Act = WRITE, *, caller: Principal = ALICE, **more: Any) -> asyncio.Task[Decision]:
        """Ask in a task of its own, as an agent would."""
        task: asyncio.Task[Decision] = asyncio.ensure_future(
            self.call("approvals.request", caller, request(act, **more))
        )
        self.asking.add(task)
        return task

    async def open(self, count: int, caller: Principal = ALICE) -> list[dict[str, Any]]:
        """Return the open questions once there are this many."""
        changed = asyncio.Event()
        end = self.runtime.storage.watch("approvals", lambda _: changed.set(), space=caller.space)
        try:
            while True:
                changed.clear()
                found: list[dict[str, Any]] = (await self.call("approvals.list", caller)).data
                if len(found) == count:
                    return found
                await asyncio.wait_for(changed.wait(), 50)
        finally:
            end()

    async def answer(self, approval_id: str, answer: str, *, caller: Principal = PHONE, **more: Any) -> Any:
        return await self.call("approvals.answer", caller, approval_id, answer, **more)


def request(
    act: Act = WRITE,
    *,
    key: str = "call-1",
    risk: Risk = "medium",
    title: str = "Write a.md",
    session_id: str | None = "session-1",
    turn_id: str | None = None,
    project: str | None = "notes",
) -> ApprovalRequest:
    return ApprovalRequest(
        key=key, title=title, act=act, risk=risk, session_id=session_id, turn_id=turn_id, project=project
    )


async def turns() -> None:
    """Let whatever waits for neither time nor disk go on."""
    for _ in range(50):
        await asyncio.sleep(0)


@asynccontextmanager
async def house(
    adapter: StorageAdapter | None = None, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[House]:
    """Run the plugin with these settings; whoever still asks at the end is cancelled."""
    config = {"approvals": settings}
    async with kernel_with(Approvals, config=config, adapter=adapter or MemoryStorageAdapter(), clock=clock) as runtime:
        built = House(runtime)
        try:
            yield built
        finally:
            for task in built.asking:
                task.cancel()
            await asyncio.gather(*built.asking, return_exceptions=True)
