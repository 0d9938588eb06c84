"""Start: from `exec` of `atrium up` to the first healthy answer, on a home that exists.

A client tries to connect from the first moment; the request that it sends on the first connection the port takes must
be answered. Reference: a bare FastAPI application with three routes on uvicorn, timed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.disk import folder
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.server import bare_app, hub


def _measure(effort: Effort) -> Iterator[Figure]:
    ours, bare = [], []
    with folder() as home:
        for repetition in range(effort.repetitions + 1):
            with hub(home) as daemon, bare_app() as reference:
                pass
            if repetition:
                ours.append(daemon.start_seconds)
                bare.append(reference.start_seconds)
    yield Figure(
        "start to first healthy answer",
        "s",
        tuple(ours),
        None,
        Bar("<=", 1.0),
        (Reference("bare FastAPI", tuple(bare)),),
    )


LIMITS = """
Importing: four fifths of the time. FastAPI with Starlette is a third of that, pydantic and our own contract models a
quarter, uvicorn with websockets a seventh, click a tenth. Opening SQLite and starting the plugins takes a few
hundredths of a second. Where Python may not keep compiled modules (PYTHONDONTWRITEBYTECODE), a start takes twice as
long.
"""

BENCH = Bench(
    name="start",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
