"""Point reads a second: one document of 200 bytes by its key, decoded, from 10,000 stored, in random order.

References: apsw on the same rows, inline on the loop as ours but without the hub, and aiosqlite, which asks a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random

import orjson

from atrium.sdk.clock import SystemClock
from atrium.sdk.ids import IdSource
from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.references.sqlite_aiosqlite import Aiosqlite, aiosqlite_on
from bench.references.sqlite_apsw import ApswLoop
from bench.references.sqlite_rows import document
from bench.stored import DOCUMENT, SPACE, plugin_on
from bench.stored import Bench as BenchPlugin
from bench.timing import Load, Timings, Work, in_turn

STORED, READS, SLOW = 10_000, 50_000, 2_000


def _ours(plugin: BenchPlugin, keys: list[str]) -> Work:
    async def work() -> None:
        get = plugin.storage.of(SPACE).get
        for key in keys:
            await get(key)

    return work


def _apsw(bare: ApswLoop, keys: list[str]) -> Work:
    async def work() -> None:
        for key in keys:
            orjson.loads(bare.find(key))

    return work


def _aiosqlite(aio: Aiosqlite, keys: list[str]) -> Work:
    async def work() -> None:
        for key in keys:
            orjson.loads(await aio.find(key))

    return work


async def _all(effort: Effort, path: Path) -> dict[str, Timings]:
    async with AsyncExitStack() as stack:
        plugin = await stack.enter_async_context(plugin_on(path / "ours.db"))
        aio = await stack.enter_async_context(aiosqlite_on(path / "aiosqlite.db"))
        bare = ApswLoop(path / "apsw.db")
        stack.callback(bare.close)
        stored = await _fill(plugin, bare, aio)
        wanted = Random(1).choices(stored, k=effort.of(READS))
        slow = wanted[: effort.of(SLOW)]
        return await in_turn(
            effort,
            {
                "ours": Load(len(wanted), partial(_ours, plugin, wanted)),
                "apsw": Load(len(wanted), partial(_apsw, bare, wanted)),
                "aiosqlite": Load(len(slow), partial(_aiosqlite, aio, slow)),
            },
        )


async def _fill(plugin: BenchPlugin, bare: ApswLoop, aio: Aiosqlite) -> list[str]:
    new_id = IdSource(SystemClock().now)
    keys = [new_id() for _ in range(STORED)]
    rows = [document(key, number) for number, key in enumerate(keys, 1)]
    bare.store(rows, STORED)
    await aio.store([statement for unit in rows for statement in unit])
    async with plugin.storage.of(SPACE).batch() as batch:
        for key in keys:
            batch.set(key, DOCUMENT)
    return keys


def _measure(effort: Effort) -> Iterator[Figure]:
    with folder() as path:
        found = run_on("uvloop", _all(effort, path))
    references = (Reference("aiosqlite", found["aiosqlite"].rates), Reference("apsw, inline", found["apsw"].rates))
    yield Figure("point read", "reads/s", found["ours"].rates, found["ours"].cpu_us, Bar(">=", 100_000), references)


LIMITS = """
SQLite: binding, stepping and fetching one statement is nine tenths, as the bare loop shows; decoding the JSON and
four layers of calls are the rest.
"""

BENCH = Bench(
    name="reads",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
