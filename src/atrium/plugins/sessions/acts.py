"""Acts: work that is finished though whoever asked for it goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from atrium.sdk import Unavailable

T = TypeVar("T")


class Acts:
    """Runs each act in a task of the plugin, so that a cancelled caller never leaves one half done."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]) -> None:
        self._spawn = spawn
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, name: str, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, or raise what it raises; cancelling this call does not cancel the work."""
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        task = self._spawn(_settle(work, outcome), name)
        self._tasks.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            work.close()
            if not outcome.done():
                outcome.set_exception(Unavailable("sessions are being stopped; try again"))

        task.add_done_callback(over)
        return await asyncio.shield(outcome)

    async def settle(self) -> None:
        """Wait until all acts are done."""
        while self._tasks:
            await asyncio.wait(self._tasks)


async def _settle(work: Coroutine[Any, Any, T], outcome: asyncio.Future[T]) -> None:
    try:
        result = await work
    except Exception as error:  # noqa: BLE001  # raised where the outcome is awaited
        outcome.set_exception(error)
    else:
        outcome.set_result(result)
