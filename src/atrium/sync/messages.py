"""The two messages of the protocol, and how untrusted input becomes one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from atrium.sync.errors import InvalidEvent, InvalidSnapshot
from atrium.sync.revision import Revision, parse_revision

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class InvalidationEvent:
    """Say that a topic may have new data: a signal, never the data itself.

    `source_id` and `timestamp_ms` (epoch milliseconds) are for diagnosis only; order comes from the revision alone.
    """

    topic: str
    revision: Revision
    source_id: str | None = None
    timestamp_ms: float | None = None

    def to_wire(self) -> dict[str, object]:
        """Return the event as it travels: camelCase, absent fields left out."""
        wire: dict[str, object] = {"topic": self.topic, "revision": self.revision}
        if self.source_id is not None:
            wire["sourceId"] = self.source_id
        if self.timestamp_ms is not None:
            wire["timestampMs"] = self.timestamp_ms
        return wire


@dataclass(frozen=True, slots=True)
class SnapshotEnvelope(Generic[T_co]):
    """Hold a topic's whole data and the revision it was read at."""

    revision: Revision
    data: T_co

    def to_wire(self) -> dict[str, object]:
        """Return the envelope as it travels; `data` is passed on as it is."""
        return {"revision": self.revision, "data": self.data}


def parse_topic(value: object) -> str:
    """Return the value as a topic; raise `InvalidEvent` when it is not a string or blank after trimming."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidEvent(f"topic {repr(value)[:60]} is not a non-empty string")
    return value


def parse_event(payload: object) -> InvalidationEvent:
    """Read an invalidation event from a wire mapping or from an event already built.

    Unknown fields are ignored, and so are `sourceId` and `timestampMs` of a wrong type: nothing depends on them.
    Raises `InvalidEvent` or `InvalidRevision`.
    """
    if isinstance(payload, InvalidationEvent):
        parse_topic(payload.topic)
        parse_revision(payload.revision)
        return payload
    if not isinstance(payload, Mapping):
        raise InvalidEvent(f"an event is an object with topic and revision, not {type(payload).__name__}")
    source_id, timestamp_ms = payload.get("sourceId"), payload.get("timestampMs")
    return InvalidationEvent(
        topic=parse_topic(payload.get("topic")),
        revision=parse_revision(payload.get("revision")),
        source_id=source_id if isinstance(source_id, str) else None,
        timestamp_ms=timestamp_ms if _is_number(timestamp_ms) else None,
    )


def parse_snapshot(payload: object) -> SnapshotEnvelope[object]:
    """Read a snapshot from a wire mapping or from an envelope already built.

    Unknown fields are ignored. Raises `InvalidSnapshot` or `InvalidRevision`.
    """
    if isinstance(payload, SnapshotEnvelope):
        parse_revision(payload.revision)
        return payload
    if not isinstance(payload, Mapping):
        raise InvalidSnapshot(f"a snapshot is an object with revision and data, not {type(payload).__name__}")
    revision = parse_revision(payload.get("revision"))
    if "data" not in payload:
        raise InvalidSnapshot(f"the snapshot of revision {revision} has no data field")
    return SnapshotEnvelope(revision, payload["data"])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
