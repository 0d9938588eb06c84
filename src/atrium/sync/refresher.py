"""Fetching and applying: one refresh at a time, followed by another only when an invalidation asks for it."""

import asyncio
import inspect
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from atrium.sync.errors import ProtocolError, RefreshReentered
from atrium.sync.messages import SnapshotEnvelope, parse_snapshot
from atrium.sync.ports import SnapshotApplier, SnapshotProvider, SyncPhase
from atrium.sync.reporter import Reporter
from atrium.sync.revision import ZERO_REVISION, Revision, compare_revisions

T = TypeVar("T")


class TaskOwner:
    """Keep every task started here alive until it has ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run the work in a task of its own."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


@dataclass(eq=False, slots=True)
class _Flight:
    """One refresh under way."""

    outcome: asyncio.Future[None]
    task: asyncio.Task[None] | None = None
    phase: SyncPhase = "getSnapshot"
    abandoned: bool = False


class Refresher(Generic[T]):
    """Bring snapshots from the provider to the applier, newer ones only and never two at once.

    `follow` decides whether invalidations start refreshes. An invalidation seen while a refresh is in flight gets a
    refresh after it, if the local revision is still behind then; a snapshot older than the newest invalidation gets one
    more try. A refresh that fails gets none: that is a retry policy's decision.
    """

    def __init__(
        self, provider: SnapshotProvider[T], applier: SnapshotApplier[T], reporter: Reporter, tasks: TaskOwner
    ) -> None:
        self.local_revision: Revision = ZERO_REVISION
        self._provider = provider
        self._applier = applier
        self._reporter = reporter
        self._tasks = tasks
        self._flight: _Flight | None = None
        self._applying = asyncio.Lock()
        self._following = False
        self._wanted: Revision = ZERO_REVISION
        self._asked = False
        self._extra = False

    async def refresh(self) -> None:
        """Join the refresh in flight, or begin one, and wait for its end."""
        flight = self._flight or self._begin()
        if flight.task is asyncio.current_task():
            raise RefreshReentered("refresh() would wait for itself: do not await it in get_snapshot() or apply()")
        await asyncio.shield(flight.outcome)

    async def refresh_anew(self) -> None:
        """Refresh with a snapshot that is asked for only now, after any refresh already in flight."""
        if self._flight is not None:
            await asyncio.wait({self._flight.outcome})
        await self.refresh()

    def want(self, revision: Revision) -> None:
        """Note that the source has announced a revision, and catch up if that is newer than what is here."""
        if compare_revisions(revision, self._wanted) > 0:
            self._wanted = revision
        self._asked = True
        if self._following and self._flight is None:
            self._begin_if_behind()

    def follow(self) -> None:
        """Let invalidations start refreshes from now on, those already noted included."""
        self._following = True
        if self._flight is None:
            self._begin_if_behind()

    def abandon(self) -> None:
        """Discard the refresh in flight and forget every invalidation; an apply already running ends by itself."""
        self._following = self._asked = self._extra = False
        self._wanted = ZERO_REVISION
        flight, self._flight = self._flight, None
        if flight is None:
            return
        flight.abandoned = True
        if flight.task is not None and flight.phase != "apply":
            flight.task.cancel()
        if not flight.outcome.done():
            flight.outcome.set_result(None)

    def _begin(self) -> _Flight:
        if self._asked:
            self._asked, self._extra = False, True
        flight = self._flight = _Flight(asyncio.get_running_loop().create_future())
        flight.task = self._tasks.spawn(self._fly(flight))
        return flight

    def _begin_if_behind(self) -> None:
        behind = compare_revisions(self._wanted, self.local_revision) > 0
        if behind and (self._asked or self._extra):
            self._extra = False
            self._begin()

    async def _fly(self, flight: _Flight) -> None:
        try:
            snapshot = parse_snapshot(await self._provider.get_snapshot())
            await self._apply(flight, cast(SnapshotEnvelope[T], snapshot))
        except Exception as error:  # noqa: BLE001 - it is reported and reaches whoever awaits the refresh
            self._land(flight, error)
        else:
            self._land(flight, None)
        finally:
            if not flight.outcome.done():
                flight.outcome.cancel()

    async def _apply(self, flight: _Flight, snapshot: SnapshotEnvelope[T]) -> None:
        # The lock matters after a restart only: the apply of the run before may still be under way.
        async with self._applying:
            if flight.abandoned:
                return
            if compare_revisions(snapshot.revision, self.local_revision) <= 0:
                self._reporter.step("snapshot of %(topic)s not newer: %(revision)s", revision=snapshot.revision)
                return
            flight.phase = "apply"
            result = self._applier.apply(snapshot)
            if inspect.isawaitable(result):
                await result
            self.local_revision = snapshot.revision
        self._reporter.step("snapshot of %(topic)s applied: %(revision)s", revision=snapshot.revision)

    def _land(self, flight: _Flight, error: Exception | None) -> None:
        if error is not None and not flight.abandoned:
            protocol = flight.phase == "getSnapshot" and isinstance(error, ProtocolError)
            self._reporter.failure("protocol" if protocol else flight.phase, error)
        if flight.abandoned:  # possibly by the error hook just now
            self._reporter.step("result for %(topic)s discarded: stopped")
            return
        self._flight = None
        settle(flight.outcome, error)
        if self._following:
            self._extra = self._extra and error is None
            self._begin_if_behind()


def settle(outcome: asyncio.Future[None], error: Exception | None) -> None:
    """Resolve a future that may have no reader."""
    if error is None:
        outcome.set_result(None)
        return
    outcome.set_exception(error)
    outcome.exception()  # the failure has been reported: asyncio must not complain when nobody awaits it as well
