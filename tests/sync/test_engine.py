"""What the shared scenarios cannot say of the engine: cancellation, re-entrance, contexts, logging, its tasks."""

import asyncio
import logging
from typing import Any

import pytest

from atrium.sync import (
    InvalidationHandler,
    InvalidEvent,
    ProtocolError,
    RefreshReentered,
    SnapshotEnvelope,
    SyncErrorContext,
    Unsubscribe,
)
from tests.sync.window import TOPIC, Hanging, Raising, Window


@pytest.mark.parametrize("topic", ["", "  ", None, 7])
def test_a_blank_topic_is_declined_when_the_sync_is_built(topic: Any) -> None:
    with pytest.raises(InvalidEvent, match="topic"):
        Window(topic=topic)


async def test_a_cancelled_start_leaves_nothing_behind() -> None:
    provider = Hanging()
    window = Window(provider=provider)
    starting = asyncio.ensure_future(window.sync.start())
    await provider.asked.wait()
    assert window.hub.subscriptions == 1
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await provider.cancelled.wait()
    assert window.hub.subscriptions == 0
    assert window.errors == []


async def test_a_start_goes_on_while_anyone_waits_for_it() -> None:
    provider = Hanging()
    window = Window(provider=provider)
    first, second = (asyncio.ensure_future(window.sync.start()) for _ in range(2))
    await provider.asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert window.hub.subscriptions == 1
    window.sync.stop()
    await second
    assert window.hub.subscriptions == 0


async def test_a_cancelled_refresh_does_not_cancel_the_one_it_shares() -> None:
    arrival: asyncio.Future[SnapshotEnvelope[str]] = asyncio.get_running_loop().create_future()
    window = Window()

    class Provider:
        async def get_snapshot(self) -> SnapshotEnvelope[str]:
            return await arrival

    window.sync._refresher._provider = Provider()
    first, second = (asyncio.ensure_future(window.sync.refresh()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    arrival.set_result(window.hub.snapshot(TOPIC))
    await second
    assert window.applied == ["one"]


async def test_stop_cancels_a_hanging_fetch_and_a_hanging_subscribe() -> None:
    for part in ("provider", "subscriber"):
        hanging = Hanging()
        window = Window(**{part: hanging})
        starting = asyncio.ensure_future(window.sync.start())
        await hanging.asked.wait()
        window.sync.stop()
        await starting
        await hanging.cancelled.wait()
        assert window.hub.subscriptions == 0
        assert window.errors == []


async def test_no_task_outlives_stop() -> None:
    before = asyncio.all_tasks()
    provider = Hanging()
    window = Window()
    await window.sync.start()
    window.sync._refresher._provider = provider
    window.hub.publish(TOPIC, "two")
    await provider.asked.wait()
    window.sync.stop()
    await provider.cancelled.wait()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_refresh_inside_a_refresh_is_named_instead_of_hanging() -> None:
    class Applier:
        async def apply(self, snapshot: SnapshotEnvelope[str], /) -> None:
            await window.sync.refresh()

    window = Window(applier=Applier())
    with pytest.raises(RefreshReentered):
        await window.sync.start()
    assert [context.phase for context in window.errors] == ["apply"]


async def test_stop_inside_apply_lets_it_finish() -> None:
    applier = Raising(lambda: None)
    window = Window(applier=applier)
    applier.act = window.sync.stop
    await window.sync.start()
    assert window.hub.subscriptions == 0
    assert window.sync.local_revision == "1"


async def test_stop_inside_the_error_hook() -> None:
    def offline() -> None:
        raise ConnectionError

    def stop(context: SyncErrorContext) -> None:
        window.sync.stop()

    window = Window(provider=Raising(offline), on_error=stop)
    await window.sync.start()
    assert window.hub.subscriptions == 0


async def test_stop_inside_the_filter() -> None:
    fetches: list[str] = []

    class Counting:
        async def get_snapshot(self) -> SnapshotEnvelope[str]:
            fetches.append(window.hub.revision(TOPIC))
            return window.hub.snapshot(TOPIC)

    def stop(event: object) -> bool:
        window.sync.stop()
        return True

    window = Window(should_refresh=stop, provider=Counting())
    await window.sync.start()
    window.hub.emit({"topic": TOPIC, "revision": "99"})
    await window.sync.start()
    await asyncio.sleep(0)
    assert fetches == ["1", "1"]
    window.sync.stop()


async def test_a_protocol_error_carries_the_raw_payload() -> None:
    window = Window()
    await window.sync.start()
    payload = {"topic": TOPIC, "revision": "007"}
    window.hub.emit(payload)
    (context,) = window.errors
    assert (context.phase, context.topic, context.source_event) == ("protocol", TOPIC, payload)
    assert isinstance(context.error, ProtocolError)
    window.sync.stop()


async def test_start_raises_the_error_itself() -> None:
    failure = ConnectionError("no network")

    def offline() -> None:
        raise failure

    window = Window(provider=Raising(offline))
    with pytest.raises(ConnectionError) as caught:
        await window.sync.start()
    assert caught.value is failure
    assert [context.error for context in window.errors] == [failure]


async def test_a_protocol_error_of_the_provider_is_one() -> None:
    def malformed() -> None:
        raise ProtocolError("bad body")

    window = Window(provider=Raising(malformed))
    with pytest.raises(ProtocolError):
        await window.sync.start()
    assert [context.phase for context in window.errors] == ["protocol"]


async def test_an_unsubscribe_that_fails_is_reported_and_the_sync_has_stopped() -> None:
    failure = OSError("socket gone")

    class Subscriber:
        async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
            def unsubscribe() -> None:
                raise failure

            return unsubscribe

    window = Window(subscriber=Subscriber())
    await window.sync.start()
    window.sync.stop()
    window.sync.stop()
    assert [(context.phase, context.error) for context in window.errors] == [("subscribe", failure)]


async def test_a_standard_logger_tells_the_story(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("test.sync")
    with caplog.at_level(logging.DEBUG, logger="test.sync"):
        window = Window(logger=logger)
        await window.sync.start()
        window.hub.emit({"topic": TOPIC, "revision": "1"})
        window.hub.emit({"topic": TOPIC, "revision": "1%s"})
        window.sync.stop()
    story = [record.getMessage() for record in caplog.records]
    assert story[:3] == [
        "subscribed to app-config",
        "snapshot of app-config applied: 1",
        "invalidation of app-config ignored: 1 is not newer",
    ]
    assert story[3].startswith("protocol of app-config failed: InvalidRevision(\"revision '1%s' is not")
    assert story[4] == "unsubscribed from app-config"


async def test_a_broken_logger_is_let_be() -> None:
    class Broken:
        def debug(self, msg: str, extra: object, /) -> None:
            raise OSError("disk full")

        warning = error = debug

    window = Window(logger=Broken())
    await window.sync.start()
    window.hub.emit({"topic": TOPIC, "revision": "01"})
    window.sync.stop()
    assert window.applied == ["one"]


async def test_stop_after_the_loop_has_ended_is_quiet() -> None:
    def live_and_let_die() -> Window:
        window = Window()
        asyncio.run(window.sync.start())
        return window

    window = await asyncio.to_thread(live_and_let_die)
    window.sync.stop()
    assert window.hub.subscriptions == 0
