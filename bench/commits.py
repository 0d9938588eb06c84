"""Durable commits a second through the API that plugins use, `self.storage.of(space)`, on a real disk.

A single document has 200 bytes and a new, time-ordered id. A message batch is one stream entry and the document that it
changes, and two topics are touched: the least that a message can be. A whole message is what `sessions` stores: it
requires besides that the message's token is absent, and stores its token and its turn. Every commit is synced (WAL,
synchronous=FULL) before its writer goes on.
References: the same rows by apsw in a bare loop with as many units in each transaction as there are writers (what
SQLite itself can do: no event loop, no futures, no encoding of entries), and by aiosqlite, a transaction for each unit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

from atrium.sdk.clock import SystemClock
from atrium.sdk.ids import IdSource
from bench.disk import file_system, folder, sync_ms
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.references.sqlite_aiosqlite import Aiosqlite, aiosqlite_on
from bench.references.sqlite_apsw import ApswLoop
from bench.references.sqlite_rows import Statement, document, message, note
from bench.stored import DOCUMENT, SPACE, Message, Note, Writer, plugin_on
from bench.stored import Bench as BenchPlugin
from bench.timing import Load, Timings, Work, in_turn

WRITERS = 100
DOCUMENTS, BATCHES, ALONE, SLOW = 20_000, 10_000, 500, 1_000

BARS = {"document, 100 writers": Bar(">=", 60_000), "message batch, 100 writers": Bar(">=", 15_000)}

Rows = Sequence[Sequence[Statement]]
MakeRows = Callable[["Stores", int, int], Rows]


class Stores:
    """Ours and the two references, each over a database of its own, and what is stored in them."""

    def __init__(self, plugin: BenchPlugin, bare: ApswLoop, aio: Aiosqlite) -> None:
        self.plugin = plugin
        self.bare = bare
        self.aio = aio
        self._ids = IdSource(SystemClock().now)
        self._numbers = count(1)
        self._writers = [Writer(self._ids) for _ in range(WRITERS)]

    def keys(self, total: int, writers: int) -> list[list[str]]:
        """Return new keys for each writer, in the order of time over all of them."""
        keys = [self._ids() for _ in range(total)]
        return [keys[number::writers] for number in range(writers)]

    def messages(self, total: int, writers: int, kind: type[Message] = Message) -> list[list[Message]]:
        """Return new messages for each writer, in the order of time over all of them."""
        chosen = self._writers[:writers]
        rounds = [[writer.message(kind) for writer in chosen] for _ in range(total // writers)]
        return [list(share) for share in zip(*rounds, strict=True)]

    def document_rows(self, total: int, writers: int) -> Rows:
        """Return rows of new documents."""
        return [document(key, next(self._numbers)) for key in chain(*zip(*self.keys(total, writers), strict=True))]

    def message_rows(self, total: int, writers: int) -> Rows:
        """Return rows of new messages, the writers taking turns."""
        return [message(one, next(self._numbers)) for one in self._in_order(total, writers)]

    def note_rows(self, total: int, writers: int) -> Rows:
        """Return rows of the least that messages store, the writers taking turns."""
        return [note(one, next(self._numbers)) for one in self._in_order(total, writers)]

    def _in_order(self, total: int, writers: int) -> Iterable[Message]:
        return chain.from_iterable(zip(*self.messages(total, writers), strict=True))


async def _together(work: Callable[[Any], Coroutine[Any, Any, None]], shares: Sequence[Any]) -> None:
    async with asyncio.TaskGroup() as group:
        for share in shares:
            group.create_task(work(share))


def _ours_documents(stores: Stores, total: int, writers: int) -> Work:
    shares = stores.keys(total, writers)

    async def write(keys: list[str]) -> None:
        storage = stores.plugin.storage.of(SPACE)
        for key in keys:
            await storage.set(key, DOCUMENT)

    return partial(_together, write, shares)


def _ours_messages(stores: Stores, total: int, writers: int, kind: type[Message] = Message) -> Work:
    shares = stores.messages(total, writers, kind)

    async def write(messages: list[Message]) -> None:
        for one in messages:
            await one.store(stores.plugin)

    return partial(_together, write, shares)


def _apsw(stores: Stores, rows: MakeRows, total: int, writers: int) -> Work:
    units = rows(stores, total, writers)
    return partial(asyncio.to_thread, stores.bare.store, units, writers)


def _aiosqlite(stores: Stores, rows: MakeRows, total: int, writers: int) -> Work:
    units = rows(stores, total, writers)

    async def write(share: Rows) -> None:
        for unit in share:
            await stores.aio.store(unit)

    return partial(_together, write, [units[number::writers] for number in range(writers)])


def _loads(stores: Stores, effort: Effort) -> dict[str, Load]:
    loads = {}
    for shape, ours, rows, full in (
        ("document", _ours_documents, Stores.document_rows, DOCUMENTS),
        ("message batch", partial(_ours_messages, kind=Note), Stores.note_rows, BATCHES),
        ("whole message", _ours_messages, Stores.message_rows, BATCHES),
    ):
        for writers in (WRITERS, 1):
            total = _whole(effort.of(full if writers > 1 else ALONE), writers)
            slow = _whole(effort.of(SLOW), writers)
            key = f"{shape}, {writers} writer{'s' * (writers > 1)}"
            loads[key] = Load(total, partial(ours, stores, total, writers))
            loads[f"{key} apsw"] = Load(total, partial(_apsw, stores, rows, total, writers))
            loads[f"{key} aiosqlite"] = Load(slow, partial(_aiosqlite, stores, rows, slow, writers))
    return loads


def _whole(total: int, writers: int) -> int:
    """Return a number of operations that the writers can share evenly."""
    return max(total // writers, 1) * writers


async def _all(effort: Effort, path: Path) -> dict[str, Timings]:
    async with AsyncExitStack() as stack:
        plugin = await stack.enter_async_context(plugin_on(path / "ours.db"))
        aio = await stack.enter_async_context(aiosqlite_on(path / "aiosqlite.db"))
        bare = ApswLoop(path / "apsw.db")
        stack.callback(bare.close)
        return await in_turn(effort, _loads(Stores(plugin, bare, aio), effort))


def _measure(effort: Effort) -> Iterator[Figure]:
    with folder() as path:
        yield Figure(f"sync of 4 KiB on {file_system(path)}", "ms", (sync_ms(path),))
        found = run_on("uvloop", _all(effort, path))
    for what in [name for name in found if name.endswith(("writer", "writers"))]:
        references = (
            Reference("aiosqlite", found[f"{what} aiosqlite"].rates),
            Reference("apsw, bare loop", found[f"{what} apsw"].rates),
        )
        yield Figure(what, "commits/s", found[what].rates, found[what].cpu_us, BARS.get(what), references)


LIMITS = """
Single documents: the interpreter. A third is the loop's (encoding, one future, one callback: 4.5 us alone), the rest
the writer's thread, of which SQLite is half; new time-ordered ids share pages, while keys spread at random would each
dirty a page of their own and cost 25 us. Message batches: the interpreter and the pages, one after the other. The loop
takes 36 us for a batch, the writer's thread as long again (COMMIT is two thirds of it); all writers wait for the same
commit, so the two take turns, and neither smaller groups nor a shorter switch interval made them overlap. Whole
messages: dirty pages. Token and entry lie with their session, so each writes 5.6 pages to the log
(SQLITE_DBSTATUS_CACHE_WRITE; 2 are the rows', the rest pages that split), about 10 us each: COMMIT is three quarters of
the writer's thread. Entries in the order of commits under an index would write 4.3 pages, but a stream would be read
half as fast (460k instead of 900k rows/s, bare): streams stay clustered. Other page sizes (1 to 16 KiB) and rarer
checkpoints were slower. One writer: the sync, and two changes of thread.
"""

BENCH = Bench(
    name="commits",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
