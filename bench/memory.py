"""Memory of the daemon process, resident (RSS) and proportional (PSS): idle, then with 10 echo sessions.

The sessions have a conversation of 10 messages each, and their followers are still connected. Reference: a bare FastAPI
application under the same load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench.conversation import Conversation, converse
from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.server import Server, bare_app, hub

SESSIONS, MESSAGES = 10, 10

Sizes = tuple[float, float]


async def _talked(server: Server) -> Sizes:
    conversations = [await converse(server.port, server.token) for _ in range(SESSIONS)]
    await asyncio.gather(*(_talk(one) for one in conversations))
    found = server.memory_mb()
    for one in conversations:
        one.close()
    return found


async def _talk(conversation: Conversation) -> None:
    for _ in range(MESSAGES):
        await conversation.say()


def _sizes(server: Server) -> tuple[Sizes, Sizes]:
    idle = server.memory_mb()
    return idle, run_on("uvloop", _talked(server))


def _measure(effort: Effort) -> Iterator[Figure]:
    ours, bare = [], []
    for _ in range(effort.repetitions):
        with folder() as home, hub(home) as daemon:
            ours.append(_sizes(daemon))
        with bare_app() as reference:
            bare.append(_sizes(reference))
    for moment, when, limit in ((0, "idle", 80), (1, f"{SESSIONS} sessions", 100)):
        for kind, what in ((0, "RSS"), (1, "PSS")):
            values, theirs = (tuple(one[moment][kind] for one in sizes) for sizes in (ours, bare))
            bar = Bar("<=", limit) if what == "RSS" else None
            yield Figure(f"{what}, {when}", "MB", values, None, bar, (Reference("bare FastAPI", theirs),))


LIMITS = """
The interpreter with FastAPI, pydantic and uvicorn is nearly all of the idle size, as the bare application shows. What
the first sessions add is mostly paid once: SQLite's page caches, which fill up to 8 MB each, and modules and
specialised code that the first messages touch; then each followed stream keeps its last entries, at most 1 MB.
"""

BENCH = Bench(
    name="memory",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
