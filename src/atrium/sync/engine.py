"""The sync engine: subscribe, refresh, and follow invalidations until stopped."""

import asyncio
from collections.abc import Mapping
from typing import Generic, TypeVar

from atrium.sync.errors import ProtocolError
from atrium.sync.messages import InvalidationEvent, parse_event, parse_topic
from atrium.sync.ports import (
    InvalidationSubscriber,
    Logger,
    OnError,
    ShouldRefresh,
    SnapshotApplier,
    SnapshotProvider,
    Unsubscribe,
)
from atrium.sync.refresher import Refresher, TaskOwner, settle
from atrium.sync.reporter import Reporter
from atrium.sync.revision import Revision, compare_revisions

T = TypeVar("T")


class _Run:
    """The time from one `start()` to its `stop()`."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opening: asyncio.Task[None] | None = None
        self.unsubscribe: Unsubscribe | None = None
        self.waiting = 0


class RevisionSync(Generic[T]):
    """Keep one topic's local state equal to its source. Build it with `create_revision_sync`."""

    def __init__(
        self,
        refresher: Refresher[T],
        subscriber: InvalidationSubscriber,
        should_refresh: ShouldRefresh | None,
        reporter: Reporter,
        tasks: TaskOwner,
    ) -> None:
        self._refresher = refresher
        self._subscriber = subscriber
        self._should_refresh = should_refresh
        self._reporter = reporter
        self._tasks = tasks
        self._run: _Run | None = None
        self._stopped = False

    @property
    def local_revision(self) -> Revision:
        """The revision last applied; `"0"` while nothing has been. It survives `stop()`."""
        return self._refresher.local_revision

    async def start(self) -> None:
        """Subscribe, then refresh; return when both are done.

        Raises what the subscriber, the provider or the applier raised, or a `ProtocolError`; nothing is left subscribed
        then. A call during or after a start joins it. A `stop()` in the meantime ends the wait without an error. After
        `stop()` it starts anew.
        """
        run = self._run or self._begin()
        run.waiting += 1
        try:
            await asyncio.shield(run.opened)
        except asyncio.CancelledError:
            if run.waiting == 1 and not run.opened.done():
                self._close(run)
            raise
        finally:
            run.waiting -= 1

    def stop(self) -> None:
        """Unsubscribe and discard what is in flight. From here on `apply` is not called. Idempotent.

        An `apply` that is already running is left to finish.
        """
        self._stopped = True
        if self._run is not None:
            self._close(self._run)
        self._refresher.abandon()

    async def refresh(self) -> None:
        """Fetch a snapshot and apply it if it is newer; join the refresh in flight if there is one.

        Raises what the provider or the applier raised, or a `ProtocolError`; the subscription lives on. May be called
        before `start()` for a single pull; does nothing after `stop()`.
        """
        if self._stopped:
            self._reporter.step("refresh of %(topic)s ignored: stopped")
            return
        await self._refresher.refresh()

    def _begin(self) -> _Run:
        self._stopped = False
        run = self._run = _Run()
        run.opening = self._tasks.spawn(self._open(run))
        return run

    async def _open(self, run: _Run) -> None:
        try:
            if await self._subscribe(run):
                await self._refresher.refresh_anew()
        except Exception as error:  # noqa: BLE001 - it reaches whoever awaits start()
            self._close(run, error)
        except asyncio.CancelledError:
            self._close(run)
            raise
        else:
            if self._run is run:
                run.opened.set_result(None)
                self._refresher.follow()

    async def _subscribe(self, run: _Run) -> bool:
        def handler(payload: InvalidationEvent | Mapping[str, object]) -> None:
            if self._run is run:
                self._receive(run, payload)

        try:
            unsubscribe = await self._subscriber.subscribe(handler)
        except Exception as error:
            if self._run is run:
                self._reporter.failure("subscribe", error)
            raise
        if self._run is not run:
            self._release(unsubscribe)
            return False
        run.unsubscribe = unsubscribe
        self._reporter.step("subscribed to %(topic)s")
        return True

    def _receive(self, run: _Run, payload: object) -> None:
        try:
            event = parse_event(payload)
        except ProtocolError as error:
            self._reporter.failure("protocol", error, payload)
            return
        if event.topic != self._reporter.topic:
            return
        if compare_revisions(event.revision, self.local_revision) <= 0:
            self._reporter.step("invalidation of %(topic)s ignored: %(revision)s is not newer", revision=event.revision)
        elif self._accepts(event, payload) and self._run is run:
            self._refresher.want(event.revision)

    def _accepts(self, event: InvalidationEvent, payload: object) -> bool:
        if self._should_refresh is None:
            return True
        try:
            return self._should_refresh(event)
        except Exception as error:  # noqa: BLE001 - a broken filter must not end the sync
            # A filter only saves work: when it fails, one refresh too many is safe and one too few is not.
            self._reporter.failure("invalidation", error, payload)
            return True

    def _close(self, run: _Run, error: Exception | None = None) -> None:
        if self._run is not run:
            return
        self._run = None
        self._refresher.abandon()
        if run.opening is not None:
            run.opening.cancel()
        if not run.opened.done():
            settle(run.opened, error)
        if run.unsubscribe is not None:
            self._release(run.unsubscribe)

    def _release(self, unsubscribe: Unsubscribe) -> None:
        try:
            unsubscribe()
        except Exception as error:  # noqa: BLE001 - stop() stops whatever the transport does
            self._reporter.failure("subscribe", error)
        else:
            self._reporter.step("unsubscribed from %(topic)s")


def create_revision_sync(
    *,
    topic: str,
    subscriber: InvalidationSubscriber,
    provider: SnapshotProvider[T],
    applier: SnapshotApplier[T],
    should_refresh: ShouldRefresh | None = None,
    logger: Logger | None = None,
    on_error: OnError | None = None,
) -> RevisionSync[T]:
    """Build the sync of one topic; nothing happens before `start()`.

    `should_refresh` sees each valid, newer invalidation of the topic and may decline it. `logger` says nothing by
    default. `on_error` hears of every failure once, with its context; failures after `start()` never end the sync.
    Raises `InvalidEvent` for a blank topic.
    """
    reporter = Reporter(parse_topic(topic), logger, on_error)
    tasks = TaskOwner()
    refresher = Refresher(provider, applier, reporter, tasks)
    return RevisionSync(refresher, subscriber, should_refresh, reporter, tasks)
