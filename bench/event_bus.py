"""The event bus: events a second through `emit` and `publish`.

`emit` queues 50,000 events and then waits until the handlers, which do nothing, have had them all; `publish` lets the
loop turn once for each event, so that the handler has run when it returns. References: awaiting the handler directly,
and blinker's `send_async`, which does just that for each receiver.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from blinker import Signal

from atrium.kernel.event_bus import EventBus
from bench.figures import Bar, Bench, Effort, Figure, Reference
from bench.loops import LOOPS, run_on
from bench.timing import Load, Timings, Work, in_turn

EMITTED = 50_000
PUBLISHED = 50_000
EVENT = "bench.thing.happened.v1"
BARS = {
    "emit, 1 subscriber, uvloop": Bar(">=", 1_500_000),
    "publish, 1 subscriber, uvloop": Bar(">=", 200_000),
}


async def _handler(event_type: str, data: Any) -> None:
    pass


async def _receiver(number: int, sender: object, data: Any = None) -> None:
    pass


def _emit(count: int, subscribers: int) -> Work:
    bus = EventBus()
    for _ in range(subscribers):
        bus.subscribe(EVENT, _handler)

    async def work() -> None:
        emit = bus.emit
        for number in range(count):
            emit(EVENT, number)
        await bus.drain()

    return work


def _publish(count: int) -> Work:
    bus = EventBus()
    bus.subscribe(EVENT, _handler)

    async def work() -> None:
        for number in range(count):
            await bus.publish(EVENT, number)

    return work


def _direct(count: int, subscribers: int) -> Work:
    handlers = [_handler] * subscribers

    async def work() -> None:
        for number in range(count):
            for handler in handlers:
                await handler(EVENT, number)

    return work


def _blinker(count: int, subscribers: int) -> Work:
    signal = Signal(EVENT)
    receivers = [partial(_receiver, number) for number in range(subscribers)]
    for receiver in receivers:
        signal.connect(receiver, weak=False)

    async def work() -> None:
        for number in range(count):
            await signal.send_async(None, data=number)

    return work


async def _all(effort: Effort) -> dict[str, Timings]:
    emitted, published = effort.of(EMITTED), effort.of(PUBLISHED)
    loads = {"publish 1": Load(published, partial(_publish, published))}
    for kind, make in (("emit", _emit), ("direct", _direct), ("blinker", _blinker)):
        for subscribers in (1, 10):
            loads[f"{kind} {subscribers}"] = Load(emitted, partial(make, emitted, subscribers))
    return await in_turn(effort, loads)


def _measure(effort: Effort) -> Iterator[Figure]:
    for loop in LOOPS:
        found = run_on(loop, _all(effort))
        for kind, subscribers in (("emit", 1), ("emit", 10), ("publish", 1)):
            timings = found[f"{kind} {subscribers}"]
            references = (
                Reference("blinker send_async", found[f"blinker {subscribers}"].rates),
                Reference("direct await", found[f"direct {subscribers}"].rates),
            )
            what = f"{kind}, {subscribers} subscriber{'s' * (subscribers > 1)}, {loop}"
            yield Figure(what, "events/s", timings.rates, timings.cpu_us, BARS.get(what), references)


LIMITS = """
`emit`: a third is the handler's coroutine itself (see direct await); the rest is one tuple, the look-up of the route,
and a deque in and out. `publish`: a task for each event, since the queue is empty again each time, and a turn of the
loop; creating the task is half of it.
"""

BENCH = Bench(
    name="event-bus",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
