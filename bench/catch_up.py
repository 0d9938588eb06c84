"""Catching up: a follower that is 10,000 entries behind, through the kernel's tail and as NDJSON over HTTP.

The tail reads from SQLite what the ring no longer has. Over HTTP it is `GET .../events` with `follow=false`, of a
session whose history has that many entries; the client only counts lines. Reference: the entries read with one
statement by apsw, and a bare FastAPI application that streams as many lines of the same length.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apsw

from atrium.sdk import NewEntry
from bench.conversation import SESSIONS, converse
from bench.disk import folder
from bench.figures import Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.server import Server, bare_app, hub
from bench.stored import NAME, SPACE, plugin_on
from bench.stored import Bench as BenchPlugin
from bench.timing import Load, Timings, Work, in_turn

BEHIND = 10_000
AT_ONCE = 100
ENTRIES_PER_MESSAGE = 4
STREAM = f"{NAME}/story"
ALL = 'SELECT "offset", data FROM entries WHERE space = ? AND stream = ? ORDER BY "offset"'


async def _fill(plugin: BenchPlugin, count: int) -> None:
    storage = plugin.storage.of(SPACE)
    for start in range(0, count, AT_ONCE):
        news = [NewEntry("bench.line.added.v1", {"number": start + one, "text": "x" * 120}) for one in range(AT_ONCE)]
        async with storage.batch() as batch:
            batch.append(STREAM, news)


def _tail(plugin: BenchPlugin, count: int) -> Work:
    async def work() -> None:
        tail = await plugin.storage.of(SPACE).tail(STREAM, 0)
        seen = 0
        async for entries in tail:
            seen += len(entries)
            if seen == count:
                break
        tail.close()

    return work


def _select(path: Path) -> Work:
    async def work() -> None:
        connection = apsw.Connection(str(path))
        connection.execute(ALL, (SPACE, STREAM)).fetchall()
        connection.close()

    return work


async def _in_process(effort: Effort, path: Path) -> dict[str, Timings]:
    count = _whole(effort.of(BEHIND))
    async with plugin_on(path) as plugin:
        await _fill(plugin, count)
        loads = {"tail": Load(count, partial(_tail, plugin, count)), "select": Load(count, partial(_select, path))}
        return await in_turn(effort, loads)


def _whole(count: int) -> int:
    return max(count // AT_ONCE, 1) * AT_ONCE


async def _history(server: Server, count: int) -> str:
    conversation = await converse(server.port, server.token)
    for _ in range(count // ENTRIES_PER_MESSAGE):
        await conversation.say()
    conversation.close()
    return f"{SESSIONS}/{conversation.session_id}/events"


def _lines_per_second(server: Server, path: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {server.token}"})
    lines = connection.getresponse().read().count(b"\n")
    seconds = time.perf_counter() - began
    connection.close()
    return lines / seconds


def _over_http(effort: Effort) -> tuple[list[float], list[float]]:
    count = _whole(effort.of(BEHIND))
    ours, bare = [], []
    with folder() as home, hub(home) as daemon, bare_app() as reference:
        path = run_on("uvloop", _history(daemon, count))
        for repetition in range(effort.repetitions + 1):
            values = _lines_per_second(daemon, path), _lines_per_second(reference, f"/lines/{count}")
            if repetition:
                ours.append(values[0])
                bare.append(values[1])
    return ours, bare


def _measure(effort: Effort) -> Iterator[Figure]:
    with folder() as path:
        found = run_on("uvloop", _in_process(effort, path / "ours.db"))
    select = Reference("apsw, one SELECT", found["select"].rates)
    yield Figure("catch-up, kernel tail", "entries/s", found["tail"].rates, found["tail"].cpu_us, None, (select,))
    ours, bare = _over_http(effort)
    lines = Reference("bare FastAPI, lines from memory", tuple(bare))
    yield Figure("catch-up, NDJSON over HTTP", "entries/s", tuple(ours), None, None, (lines,))


LIMITS = """
The tail: half is adding `prev` to each entry's bytes and making its object, a seventh is SQLite, the rest is lists.
NDJSON adds joining the lines and writing them to the socket.
"""

BENCH = Bench(
    name="catch-up",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
