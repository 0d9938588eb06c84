"""Service calls: one call of a service that returns its argument, by name through the registry.

Reference: awaiting the function directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from atrium.kernel.service_registry import ServiceRegistry
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import run_on
from bench.timing import Load, Timings, Work, in_turn

CALLS = 100_000


async def _service(value: int) -> int:
    return value


def _called(count: int) -> Work:
    services = ServiceRegistry()
    services.register("bench.echo", _service)

    async def work() -> None:
        call = services.call
        for number in range(count):
            await call("bench.echo", number)

    return work


def _awaited(count: int) -> Work:
    async def work() -> None:
        for number in range(count):
            await _service(number)

    return work


async def _both(effort: Effort) -> dict[str, Timings]:
    count = effort.of(CALLS)
    return await in_turn(
        effort, {"call": Load(count, partial(_called, count)), "await": Load(count, partial(_awaited, count))}
    )


def _measure(effort: Effort) -> Iterator[Figure]:
    found = run_on("uvloop", _both(effort))
    reference = Reference("direct await", found["await"].micros)
    yield Figure("service call", "us", found["call"].micros, found["call"].cpu_us, Bar("<=", 2.0), (reference,))


LIMITS = """
One coroutine more than a direct await, a dictionary look-up, the context variable with the deadline, and the count of
calls in progress that `unregister` waits for.
"""

BENCH = Bench(
    name="service-call",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
