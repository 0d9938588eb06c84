"""The thread that writes: it takes what has queued up, commits it as one group, and tells the loop once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import apsw

from atrium.adapters.storage.sqlite.faults import DatabaseUnusable, unusable
from atrium.adapters.storage.sqlite.schema import connect, shut
from atrium.adapters.storage.sqlite.transactions import Outcome, Transactions
from atrium.sdk.crash_points import crash_point
from atrium.sdk.errors import AtriumError, StorageFailed
from atrium.sdk.spi import Commit, CommitCallback, Committed

GROUP_LIMIT = 200
"""Operations in one transaction: enough to share a sync, few enough that callers prepare more while it is written."""

Queued = tuple[Commit, CommitCallback]
Observer = Callable[[Outcome], None]


class Writer:
    """Owns the writing connection. Its methods are called on the loop; `observe` is too, before a group's callbacks."""

    def __init__(self, path: Path, observe: Observer) -> None:
        self._path = path
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Queued | None] = SimpleQueue()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        # A daemon: a process that dies without closing must not wait for its writer.
        self._thread = threading.Thread(target=self._run, name="atrium-sqlite-writer", daemon=True)

    async def start(self) -> None:
        """Open the database and bring it up to date; raises `DatabaseUnusable`."""
        self._thread.start()
        await asyncio.shield(self._opened)

    async def stop(self) -> None:
        """Write what is queued, checkpoint and close; may be called twice."""
        self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()  # it has nothing left to do

    def submit(self, commit: Commit, done: CommitCallback) -> None:
        """Queue a commit."""
        self._queue.put((commit, done))
        if self._ended.done():
            self._loop.call_soon(self._refuse_queued)

    def _run(self) -> None:
        try:
            connection = connect(self._path)
        except (apsw.Error, OSError, AtriumError) as error:
            self._tell(self._end, error if isinstance(error, AtriumError) else unusable(self._path, error))
            return
        try:
            self._tell(self._opened.set_result, None)
            self._write_groups(Transactions(connection))
        finally:
            shut(connection)
            self._tell(self._end, None)

    def _write_groups(self, transactions: Transactions) -> None:
        while group := self._next_group():
            outcome = transactions.write([commit for commit, _ in group])
            if not self._tell(self._deliver, group, outcome):
                return

    def _next_group(self) -> list[Queued]:
        """Wait for something to write; an empty group ends the thread."""
        group: list[Queued] = []
        operations = 0
        queued = self._queue.get()
        while queued is not None:
            group.append(queued)
            operations += len(queued[0].operations)
            if operations >= GROUP_LIMIT:
                return group
            try:
                queued = self._queue.get_nowait()
            except Empty:
                return group
        if group:
            self._queue.put(None)
        return group

    def _tell(self, callback: Callable[..., None], *arguments: object) -> bool:
        """Call back on the loop, unless it is closed: then nobody is left to be told."""
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            return False
        return True

    def _deliver(self, group: Sequence[Queued], outcome: Outcome) -> None:
        self._observe(outcome)
        for (_, done), result in zip(group, outcome.results, strict=True):
            self._call(done, result)
            crash_point("storage.told")

    def _call(self, done: CommitCallback, result: Committed | AtriumError) -> None:
        try:
            done(result)
        except Exception as error:  # noqa: BLE001 - as with every callback of the loop, one must not harm the next
            self._loop.call_exception_handler({"message": f"{done!r} failed after a commit", "exception": error})

    def _end(self, failure: AtriumError | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(failure or DatabaseUnusable("the database is closed"))
        self._ended.set_result(None)
        self._refuse_queued()

    def _refuse_queued(self) -> None:
        while True:
            try:
                queued = self._queue.get_nowait()
            except Empty:
                return
            if queued is not None:
                self._call(queued[1], StorageFailed("the database is closed"))
