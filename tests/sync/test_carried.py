"""Snapshots that come with their events: what is kept, what is given, and when the provider is asked."""

from __future__ import annotations

from typing import Any

import pytest

from atrium.sync import CarriedSnapshots, Revision, SnapshotEnvelope


class Counting:
    """A source that is always at revision 9."""

    def __init__(self) -> None:
        self.asked = 0

    async def get_snapshot(self) -> SnapshotEnvelope[Any]:
        self.asked += 1
        return SnapshotEnvelope(Revision("9"), "asked")


def event(revision: str, carried: str | None = None, topic: str = "notes") -> dict[str, Any]:
    snapshot = {} if carried is None else {"snapshot": {"revision": carried, "data": carried}}
    return {"topic": topic, "revision": revision, **snapshot}


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ([event("2", "2")], "2"),
        ([event("2", "3")], "3"),
        ([event("3", "2")], None),
        ([event("10", "10"), event("9", "9")], "10"),
        ([event("2", "2"), event("2")], "2"),
        ([event("2", "2"), event("3")], None),
        ([event("2", "4"), event("3")], "4"),
        ([event("2", "2"), event("4", "3")], None),
        ([event("2", "2"), event("3", "3")], "3"),
        ([event("2", "2", "other")], None),
        ([event("2", "2"), event("3", topic="other")], "2"),
        ([{**event("2"), "snapshot": None}], None),
        ([{**event("2"), "snapshot": {"revision": "2"}}], None),
        ([{**event("2"), "snapshot": {"revision": "02", "data": 1}}], None),
        ([event("2", "2"), {"topic": "notes"}, None, "text"], "2"),
    ],
)
async def test_the_newest_is_kept_until_an_event_is_newer(events: list[object], kept: str | None) -> None:
    carried = CarriedSnapshots()
    for one in events:
        carried.note(one)
    newest = carried.newest("notes")
    assert (newest and newest.revision) == kept
    assert (newest and newest.data) == kept


async def test_each_is_given_once_to_every_provider_and_all_else_is_asked_for() -> None:
    carried, source = CarriedSnapshots(), Counting()
    one, two = carried.before("notes", source), carried.before("notes", source)
    assert (await one.get_snapshot()).data == "asked"
    carried.note(event("10", "10"))
    assert [(await each.get_snapshot()).data for each in (one, two)] == ["10", "10"]
    assert (await one.get_snapshot()).data == "asked"
    carried.note(event("11", "11"))
    assert (await one.get_snapshot()).data == "11"
    assert source.asked == 2


async def test_what_is_forgotten_is_asked_for() -> None:
    carried, source = CarriedSnapshots(), Counting()
    for topic in ("notes", "other"):
        carried.note(event("10", "10", topic))
    carried.forget("notes")
    assert (await carried.before("notes", source).get_snapshot()).data == "asked"
    assert (await carried.before("other", source).get_snapshot()).data == "10"
    carried.forget()
    assert carried.newest("other") is None
