"""Transports that ignore cancellation or unsubscribing: what they bring after stop is not let in."""

import asyncio
from typing import Any

import pytest

from atrium.sync import InvalidationHandler, SnapshotEnvelope, Unsubscribe
from tests.sync.window import TOPIC, Hanging, Window


async def test_a_subscription_gained_despite_cancellation_is_given_back() -> None:
    subscribed = asyncio.Event()
    given_back = asyncio.Event()

    class Stubborn:
        async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
            subscribed.set()
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                handler({"topic": TOPIC, "revision": "99"})
            return given_back.set

    window = Window(subscriber=Stubborn())
    starting = asyncio.ensure_future(window.sync.start())
    await subscribed.wait()
    window.sync.stop()
    await starting
    await given_back.wait()
    assert window.applied == []


@pytest.mark.parametrize("late", [{"revision": "99", "data": "late"}, {"revision": "099"}, ConnectionError("late")])
async def test_a_fetch_that_will_not_be_cancelled_is_discarded(late: Any) -> None:
    ended = asyncio.Event()
    provider = Hanging()

    class Stubborn:
        async def get_snapshot(self) -> Any:
            try:
                await provider.get_snapshot()
            except asyncio.CancelledError:
                ended.set()
            if isinstance(late, Exception):
                raise late
            return late

    window = Window(provider=Stubborn())
    starting = asyncio.ensure_future(window.sync.start())
    await provider.asked.wait()
    window.sync.stop()
    await starting
    await ended.wait()
    await asyncio.sleep(0)
    assert (window.applied, window.errors, window.sync.local_revision) == ([], [], "0")


async def test_a_discarded_fetch_leaves_the_next_run_alone() -> None:
    landings: list[asyncio.Future[SnapshotEnvelope[str]]] = []
    asked_for = [asyncio.Event(), asyncio.Event()]

    class Stubborn:
        async def get_snapshot(self) -> SnapshotEnvelope[str]:
            landings.append(asyncio.get_running_loop().create_future())
            landing = landings[-1]
            asked_for[len(landings) - 1].set()
            try:
                return await asyncio.shield(landing)
            except asyncio.CancelledError:
                return await landing

    window = Window(provider=Stubborn())
    first = asyncio.ensure_future(window.sync.start())
    await asked_for[0].wait()
    window.sync.stop()
    second = asyncio.ensure_future(window.sync.start())
    await asked_for[1].wait()
    landings[0].set_result(window.hub.snapshot(TOPIC))
    await first
    refreshing = asyncio.ensure_future(window.sync.refresh())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (len(landings), window.applied) == (2, [])
    landings[1].set_result(window.hub.snapshot(TOPIC))
    await asyncio.gather(second, refreshing)
    assert window.applied == ["one"]
    window.sync.stop()


async def test_a_subscribe_that_fails_after_stop_is_nobodys_business() -> None:
    hanging = Hanging()
    ended = asyncio.Event()

    class Stubborn:
        async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
            try:
                return await hanging.subscribe(handler)
            except asyncio.CancelledError:
                ended.set()
                raise ConnectionError("late") from None

    window = Window(subscriber=Stubborn())
    starting = asyncio.ensure_future(window.sync.start())
    await hanging.asked.wait()
    window.sync.stop()
    await starting
    await ended.wait()
    await asyncio.sleep(0)
    assert window.errors == []


async def test_events_of_a_transport_that_does_not_unsubscribe_are_not_heard_after_stop() -> None:
    handlers: list[InvalidationHandler] = []

    class Leaky:
        async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
            handlers.append(handler)
            return lambda: None

    window = Window(subscriber=Leaky())
    await window.sync.start()
    window.sync.stop()
    handlers[0]({"topic": TOPIC, "revision": "01"})
    handlers[0]({"topic": TOPIC, "revision": "99"})
    await asyncio.sleep(0)
    assert (window.applied, window.errors) == (["one"], [])
