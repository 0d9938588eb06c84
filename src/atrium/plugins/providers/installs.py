"""Installations that run: one for each program, shown on every screen while they last, ended when the hub stops."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from atrium.sdk import SYSTEM, AtriumError, Conflict, Context, NotFound, SpaceStorage
from atrium.sdk.clock import timestamp
from atrium.sdk.phrases import reworded, with_phrases
from atrium.sdk.programs import Program
from atrium.sdk.providers import Progress, Provider

log = logging.getLogger(__name__)

COLLECTION = "programs"
_WRITE_SECONDS = 0.3
"""Between two stored states of progress: a bar needs no more."""


class NothingInstalling(NotFound):
    """The program is not being installed."""


class AlreadyInstalling(Conflict):
    """The program is being installed already: its progress is shown."""


@dataclass(slots=True)
class _Job:
    program: Program
    storage: SpaceStorage
    started_at: str
    progress: Progress = field(default_factory=lambda: Progress("check"))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def report(self, progress: Progress) -> None:
        self.progress = progress
        self.changed.set()

    def document(self, status: str, time: str, error: dict[str, Any] | None = None) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": self.program.id,
            "status": status,
            "version": self.program.version,
            "step": self.progress.step,
            "done": self.progress.done,
            "total": self.progress.total,
            "startedAt": self.started_at,
            "updatedAt": time,
        }
        return shown | ({"error": error} if error else {})


class Installs:
    """Starts, shows and cancels installations. `space` is of whoever asked; the hub's own updates are in `system`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._jobs: dict[str, _Job] = {}

    async def open(self) -> None:
        """Say of installations that the last stop cut short that they failed."""
        for space in await self._context.storage.spaces(collection=COLLECTION):
            storage = self._context.storage.of(space)
            for key in await storage.list_keys(collection=COLLECTION):
                shown = await storage.get(key, collection=COLLECTION)
                if shown and shown["status"] == "running":
                    error = {"code": "INTERRUPTED", "detail": "the hub stopped; what was installed before still works"}
                    cut = shown | {"status": "failed", "error": error, "updatedAt": self._time()}
                    await storage.set(key, cut, collection=COLLECTION)

    async def close(self) -> None:
        """End every installation; what was installed before stays."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def shown_to(self, space: str) -> dict[str, dict[str, Any]]:
        """Return the last installation of each program, as a space sees it."""
        storage = self._context.storage.of(space)
        keys = await storage.list_keys(collection=COLLECTION)
        found = [await storage.get(key, collection=COLLECTION) for key in keys]
        return {one["id"]: one for one in found if one}

    async def start(self, provider: Provider, program: Program, space: str = SYSTEM) -> dict[str, Any]:
        """Begin to install a program and return how it is shown; raises `AlreadyInstalling`."""
        if program.id in self._jobs:
            raise AlreadyInstalling(program.name)
        job = self._jobs[program.id] = _Job(program, self._context.storage.of(space), self._time())
        shown = job.document("running", job.started_at)
        try:
            await self._store(job, shown)
        except BaseException:
            del self._jobs[program.id]
            raise
        job.task = self._context.spawn(self._run(job, provider), f"install {program.id}")
        return shown

    async def cancel(self, program_id: str) -> None:
        """End an installation and wait until nothing of it is left; raises `NothingInstalling`."""
        job = self._jobs.get(program_id)
        if job is None or job.task is None:
            raise NothingInstalling(program_id)
        job.task.cancel()
        await asyncio.wait([job.task])

    async def forget(self, program_id: str, space: str) -> None:
        """Show a space nothing any more of how a program was installed, which has been removed."""
        if program_id not in self._jobs:
            await self._context.storage.of(space).delete(program_id, collection=COLLECTION)

    async def _run(self, job: _Job, provider: Provider) -> None:
        showing = asyncio.create_task(self._show(job), name=f"{job.program.id}: progress")
        status, error = "cancelled", None
        try:
            await provider.install_or_update(job.report)
            status = "completed"
        except AtriumError as failure:
            told = reworded(failure.detail, str(failure))
            status, error = "failed", with_phrases({"code": failure.code, "detail": told})
        except Exception as failure:  # providers of others may fail in any way
            log.exception("%s could not be installed", job.program.id)
            status, error = "failed", {"code": AtriumError.code, "detail": f"{type(failure).__name__}: {failure}"}
        finally:
            showing.cancel()
            await asyncio.wait([showing])
            self._jobs.pop(job.program.id, None)
            await self._store(job, job.document(status, self._time(), error))

    async def _show(self, job: _Job) -> None:
        while True:
            await job.changed.wait()
            job.changed.clear()
            await self._store(job, job.document("running", self._time()))
            await self._context.clock.sleep(_WRITE_SECONDS)

    async def _store(self, job: _Job, shown: dict[str, Any]) -> None:
        await job.storage.set(job.program.id, shown, collection=COLLECTION)

    def _time(self) -> str:
        return timestamp(self._context.clock.now())
