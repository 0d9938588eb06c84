"""The in-memory hub's own controls."""

import pytest

from atrium.sync import InMemoryHub, InvalidationEvent, InvalidEvent, Revision


async def test_the_wire_holds_drops_duplicates_and_reorders() -> None:
    hub: InMemoryHub[int] = InMemoryHub()
    seen: list[object] = []
    unsubscribe = await hub.subscriber().subscribe(seen.append)
    events = [InvalidationEvent("t", Revision(str(n))) for n in range(3)]
    hub.hold()
    for event in events:
        hub.emit(event)
    hub.drop()
    hub.duplicate(1)
    hub.reorder([2, 0, 1])
    assert (seen, hub.in_flight) == ([], [events[2], events[1], events[2]])
    hub.release()
    assert seen == [events[2], events[1], events[2]]
    unsubscribe()
    unsubscribe()
    hub.emit(events[0])
    assert len(seen) == 3


def test_an_order_that_is_no_permutation_is_declined() -> None:
    hub: InMemoryHub[int] = InMemoryHub()
    with pytest.raises(ValueError, match=r"order \[0\] is no permutation of the 0 events"):
        hub.reorder([0])


async def test_topics_count_for_themselves() -> None:
    hub: InMemoryHub[str] = InMemoryHub()
    assert hub.revision("a") == "0"
    assert [hub.bump("a", "x"), hub.bump("a", "y"), hub.bump("b", "z")] == ["1", "2", "1"]
    assert (await hub.provider("a").get_snapshot()).to_wire() == {"revision": "2", "data": "y"}
    with pytest.raises(LookupError, match="'c' has no data yet"):
        await hub.provider("c").get_snapshot()
    with pytest.raises(InvalidEvent):
        hub.bump(" ", "x")


async def test_the_same_handler_may_subscribe_twice() -> None:
    hub: InMemoryHub[str] = InMemoryHub()
    seen: list[object] = []
    first = await hub.subscriber().subscribe(seen.append)
    await hub.subscriber().subscribe(seen.append)
    first()
    hub.publish("t", "x", source_id="window:a")
    assert seen == [InvalidationEvent("t", Revision("1"), "window:a")]
