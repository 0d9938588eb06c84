"""Keep one child process for as long as it is of use: started at the first turn, stopped when idle, replaced after a
crash, with growing pauses when it crashes again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from pathlib import Path
from typing import Any

from atrium.adapters.providers.local_process import ModelFile, ModelProcess
from atrium.sdk.errors import ProviderCrashed
from atrium.sdk.plugin import Clock

LONGEST_PAUSE = 60.0
GOODBYE_SECONDS = 1.0
"""How long the end of a child may lag behind the end of its connections."""


class LocalChild:
    """The child process, shared by all turns."""

    def __init__(self, run_folder: Path, clock: Clock) -> None:
        self._run_folder = run_folder
        self._clock = clock
        self._process: ModelProcess | None = None
        self._model: ModelFile | None = None
        self._change = asyncio.Lock()
        self._starting: asyncio.Task[ModelProcess] | None = None
        self._idle: asyncio.Task[None] | None = None
        self._ending = False
        self._users = 0
        self._crashes = 0
        self._not_before = 0.0
        self._last_crashed: ModelProcess | None = None
        self._changed: Callable[[], None] = lambda: None

    @property
    def starting(self) -> bool:
        """Tell whether a child is loading its model."""
        return self._starting is not None and not self._starting.done()

    def watch(self, changed: Callable[[], None]) -> None:
        """Call back whenever `starting` has changed."""
        self._changed = changed

    @asynccontextmanager
    async def use(self, model: ModelFile, idle_timeout: float) -> AsyncIterator[ModelProcess]:
        """Give a child that serves this model; the last one to leave sets the idle timer."""
        self._users += 1
        try:
            if self._idle is not None and not self._ending:
                self._idle.cancel()
            yield await self._get(model)
        finally:
            self._users -= 1
            if self._users == 0:
                self._idle = _detached(self._stop_when_idle(idle_timeout), "local model: idle")

    def proved_well(self) -> None:
        """Forget earlier crashes: a turn was answered whole."""
        self._crashes = 0

    async def lost(self, process: ModelProcess) -> None:
        """Take note that the connection to a child broke, and end the rest of it; ended on purpose it did not crash."""
        await process.ended(within=GOODBYE_SECONDS)
        if process is not self._last_crashed and not process.is_stopped:
            self._last_crashed = process
            self._crashed()
        if process.alive:
            await process.stop()

    async def close(self) -> None:
        """End the child, whatever it is doing."""
        for task in (self._idle, self._starting):
            if task is not None:
                if task is not self._idle or not self._ending:
                    task.cancel()
                await asyncio.wait([task])
        await self._stop()

    async def _get(self, model: ModelFile) -> ModelProcess:
        if self._process is not None and self._process.alive and (model == self._model or self._users > 1):
            return self._process
        if self._starting is None or self._starting.done():
            self._respect_pause()
            self._starting = _detached(self._start(model), "local model: start")
            self._starting.add_done_callback(lambda _: self._changed())
            self._changed()
        # A turn that is cancelled while the model loads leaves it loading: others wait for it, or soon will.
        return await asyncio.shield(self._starting)

    async def _start(self, model: ModelFile) -> ModelProcess:
        await self._stop()
        async with self._change:
            try:
                self._process = await ModelProcess.start(model, self._run_folder)
            except ProviderCrashed:
                self._crashed()
                raise
            self._model = model
            return self._process

    def _respect_pause(self) -> None:
        wait = self._not_before - self._clock.monotonic()
        if wait > 0:
            message = f"it crashed {self._crashes} times in a row; it is started again in {wait:.0f} s"
            raise ProviderCrashed(message, retry_after=wait)

    def _crashed(self) -> None:
        self._crashes += 1
        pause = min(LONGEST_PAUSE, 2.0 ** (self._crashes - 2)) if self._crashes > 1 else 0.0
        self._not_before = self._clock.monotonic() + pause

    async def _stop_when_idle(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._ending = True  # a new turn does not cancel this any more, it waits for the lock
        try:
            await self._stop()
        finally:
            self._ending = False

    async def _stop(self) -> None:
        async with self._change:
            process, self._process = self._process, None
            if process is not None:
                await process.stop()


def _detached(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    """Run work that outlives the turn which began it: with a context of its own, its failure seen by whoever waits."""
    task = asyncio.get_running_loop().create_task(work, name=name, context=Context())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
