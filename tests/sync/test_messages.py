"""Events and snapshots: what untrusted input becomes. The shared scenarios have the tables of bad input."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.sync import (
    InvalidationEvent,
    InvalidEvent,
    InvalidSnapshot,
    ProtocolError,
    Revision,
    SnapshotEnvelope,
    parse_event,
    parse_snapshot,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_an_event_survives_the_wire() -> None:
    event = InvalidationEvent("app-config", Revision("42"), "window:settings", 1738123456789)
    assert event.to_wire() == {
        "topic": "app-config",
        "revision": "42",
        "sourceId": "window:settings",
        "timestampMs": 1738123456789,
    }
    assert parse_event(event.to_wire()) == event


def test_absent_fields_stay_absent() -> None:
    event = InvalidationEvent("app-config", Revision("42"))
    assert event.to_wire() == {"topic": "app-config", "revision": "42"}
    assert parse_event(event.to_wire()) == event


def test_unknown_fields_and_wrong_diagnostics_are_ignored() -> None:
    payload = {"topic": "t", "revision": "1", "sourceId": 7, "timestampMs": True, "v": 2}
    assert parse_event(payload) == InvalidationEvent("t", Revision("1"))


def test_an_event_already_built_is_checked_as_well() -> None:
    with pytest.raises(ProtocolError, match="revision '007'"):
        parse_event(InvalidationEvent("t", Revision("007")))
    with pytest.raises(InvalidEvent, match="topic ' '"):
        parse_event(InvalidationEvent(" ", Revision("7")))


def test_a_snapshot_survives_the_wire() -> None:
    snapshot = SnapshotEnvelope(Revision("42"), {"theme": "dark"})
    assert parse_snapshot(snapshot.to_wire()) == snapshot
    assert parse_snapshot({"revision": "1", "data": None, "v": 2}) == SnapshotEnvelope(Revision("1"), None)


def test_a_snapshot_says_what_is_missing() -> None:
    with pytest.raises(InvalidSnapshot, match="revision 3 has no data"):
        parse_snapshot({"revision": "3"})
    with pytest.raises(InvalidSnapshot, match="not list"):
        parse_snapshot([])


@given(JSON)
def test_any_json_is_read_or_declined_by_name(payload: object) -> None:
    for parse in (parse_event, parse_snapshot):
        with suppress(ProtocolError):
            parse(payload)
