import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.kernel.event_bus import EventBus, Subscription


class Recorder:
    """A handler that keeps what it got, and can be held up."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, event_type: str, data: object) -> None:
        await self.gate.wait()
        self.seen.append((event_type, data))


async def test_every_subscriber_gets_every_matching_event_in_order() -> None:
    bus, exact, prefix, everything, other = EventBus(), Recorder(), Recorder(), Recorder(), Recorder()
    for pattern, handler in (
        ("devices.lamp.on", exact),
        ("devices.*", prefix),
        ("*", everything),
        ("users.*", other),
    ):
        bus.subscribe(pattern, handler)
    for number in range(5):
        bus.emit("devices.lamp.on", number)
        bus.emit("devices.lamp.off", number)
    await bus.drain()
    assert [data for _, data in exact.seen] == [0, 1, 2, 3, 4]
    assert prefix.seen == everything.seen
    assert [kind for kind, _ in prefix.seen] == ["devices.lamp.on", "devices.lamp.off"] * 5
    assert other.seen == []


class Pattern(str):
    """Counts how often it is compared."""

    compared = 0

    def endswith(self, *arguments: Any) -> bool:
        self.compared += 1
        return super().endswith(*arguments)


async def test_who_hears_an_event_is_looked_for_once_also_when_nobody_does() -> None:
    bus, pattern = EventBus(), Pattern("devices.*")
    bus.subscribe(pattern, Recorder())
    for _ in range(3):
        bus.emit("users.user.added", None)
        bus.emit("devices.lamp.on", None)
    assert pattern.compared == 2
    await bus.drain()


async def test_publish_returns_after_an_idle_handler_has_run() -> None:
    bus, recorder = EventBus(), Recorder()
    bus.subscribe("a", recorder)
    await bus.publish("a", 1)
    assert recorder.seen == [("a", 1)]


async def test_a_slow_handler_delays_neither_the_publisher_nor_others() -> None:
    bus, slow, quick = EventBus(), Recorder(), Recorder()
    slow.gate.clear()
    bus.subscribe("a", slow)
    bus.subscribe("a", quick)
    await bus.publish("a", 1)
    assert (quick.seen, slow.seen) == ([("a", 1)], [])
    slow.gate.set()
    await bus.drain()
    assert slow.seen == [("a", 1)]


async def test_a_failing_handler_is_logged_with_its_plugin_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    bus, good = EventBus(), Recorder()
    calls = 0

    async def bad(event_type: str, data: object) -> None:
        nonlocal calls
        calls += 1
        raise ValueError("broken")

    bus.subscribe("a", bad, owner="crashy")
    bus.subscribe("a", good)
    with caplog.at_level(logging.ERROR):
        bus.emit("a", 1)
        bus.emit("a", 2)
        await bus.drain()
    assert calls == 2
    assert [data for _, data in good.seen] == [1, 2]
    assert [record.plugin for record in caplog.records] == ["crashy", "crashy"]  # type: ignore[attr-defined]


async def test_unsubscribing_drops_what_is_queued_and_leaves_nothing_behind() -> None:
    bus, recorder = EventBus(), Recorder()
    unsubscribe = bus.subscribe("a", recorder)
    bus.emit("a", 1)
    unsubscribe()
    unsubscribe()
    bus.emit("a", 2)
    await bus.drain()
    await asyncio.sleep(0)
    assert recorder.seen == []


async def test_a_full_queue_cancels_the_subscription_and_reports_it() -> None:
    overflowed: list[Subscription] = []
    bus, recorder = EventBus(overflowed.append), Recorder()
    recorder.gate.clear()
    bus.subscribe("a", recorder, owner="slowpoke", limit=3)
    for number in range(10):
        bus.emit("a", number)
    assert [one.owner for one in overflowed] == ["slowpoke"]
    assert overflowed[0].dropped == 4
    recorder.gate.set()
    bus.emit("a", 11)
    await bus.drain()
    assert recorder.seen == []


async def test_a_lossy_subscription_loses_its_oldest_and_counts() -> None:
    bus, recorder = EventBus(), Recorder()
    bus.subscribe("a", recorder, limit=2, drop_oldest=True)
    for number in range(5):
        bus.emit("a", number)
    await bus.drain()
    assert [data for _, data in recorder.seen] == [3, 4]


async def test_draining_inside_a_handler_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()

    async def handler(event_type: str, data: object) -> None:
        await bus.drain()

    bus.subscribe("a", handler)
    await bus.publish("a", 1)
    assert "must not call it" in caplog.text


async def test_a_handler_that_is_not_async_is_refused() -> None:
    with pytest.raises(TypeError, match="async"):
        EventBus().subscribe("a", lambda event_type, data: None)  # type: ignore[arg-type, return-value]


async def test_events_emitted_by_a_handler_are_delivered_after_the_current_one() -> None:
    bus, seen = EventBus(), []

    async def handler(event_type: str, data: int) -> None:
        if data < 3:
            bus.emit("a", data + 1)
        seen.append(data)

    bus.subscribe("a", handler)
    bus.emit("a", 0)
    await bus.drain()
    assert seen == [0, 1, 2, 3]


async def test_cancelling_the_publisher_does_not_reach_the_handler() -> None:
    bus, recorder = EventBus(), Recorder()
    recorder.gate.clear()
    bus.subscribe("a", recorder)
    publisher = asyncio.create_task(bus.publish("a", 1))
    await asyncio.sleep(0)
    publisher.cancel()
    recorder.gate.set()
    await bus.drain()
    assert recorder.seen == [("a", 1)]


@given(st.lists(st.tuples(st.sampled_from(["x.a", "x.b", "y.a"]), st.integers())))
def test_order_is_kept_per_subscriber(events: list[tuple[str, int]]) -> None:
    async def run() -> None:
        bus, recorders = EventBus(), {pattern: Recorder() for pattern in ("x.*", "x.a", "*")}
        for pattern, recorder in recorders.items():
            bus.subscribe(pattern, recorder)
        for event_type, data in events:
            bus.emit(event_type, data)
        await bus.drain()
        assert recorders["*"].seen == events
        assert recorders["x.*"].seen == [event for event in events if event[0].startswith("x.")]
        assert recorders["x.a"].seen == [event for event in events if event[0] == "x.a"]

    asyncio.run(run())
