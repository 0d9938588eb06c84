"""Snapshots that came with their events: what a transport that gets them gives before it asks for one."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from atrium.sync.errors import ProtocolError
from atrium.sync.messages import SnapshotEnvelope, parse_event, parse_snapshot
from atrium.sync.ports import SnapshotProvider
from atrium.sync.revision import ZERO_REVISION, compare_revisions

T = TypeVar("T")


class CarriedSnapshots:
    """Keep of each topic the newest snapshot that an event brought, until an event names a newer revision.

    An event stays a signal: a snapshot that is older than it, or malformed, is not kept, and the provider is asked.
    """

    def __init__(self) -> None:
        self._newest: dict[str, SnapshotEnvelope[Any]] = {}

    def note(self, payload: object) -> None:
        """Look at an event, before those who follow its topic hear of it."""
        try:
            event = parse_event(payload)
        except ProtocolError:
            return  # the engine reports it
        snapshot = _snapshot(payload)
        if snapshot is not None and compare_revisions(snapshot.revision, event.revision) >= 0:
            kept = self._newest.setdefault(event.topic, snapshot)
            if compare_revisions(snapshot.revision, kept.revision) > 0:
                self._newest[event.topic] = snapshot
        elif compare_revisions(self._newest.get(event.topic, event).revision, event.revision) < 0:
            del self._newest[event.topic]

    def forget(self, topic: str | None = None) -> None:
        """Forget a topic that is followed no more; or all, because events may have been lost."""
        if topic is None:
            self._newest.clear()
        else:
            self._newest.pop(topic, None)

    def newest(self, topic: str) -> SnapshotEnvelope[Any] | None:
        """Return the snapshot that is kept of a topic. Its data is everybody's: to be read, not to be changed."""
        return self._newest.get(topic)

    def before(self, topic: str, provider: SnapshotProvider[T]) -> SnapshotProvider[T]:
        """Return a provider that gives each snapshot of a topic that came once, and asks `provider` otherwise."""
        return _CarriedFirst(self, topic, provider)


class _CarriedFirst(Generic[T]):
    def __init__(self, carried: CarriedSnapshots, topic: str, provider: SnapshotProvider[T]) -> None:
        self._carried = carried
        self._topic = topic
        self._provider = provider
        self._given = ZERO_REVISION

    async def get_snapshot(self) -> SnapshotEnvelope[T]:
        snapshot = self._carried.newest(self._topic)
        if snapshot is None or compare_revisions(snapshot.revision, self._given) <= 0:
            return await self._provider.get_snapshot()
        self._given = snapshot.revision
        return snapshot


def _snapshot(payload: object) -> SnapshotEnvelope[object] | None:
    """Return the snapshot that an event carries, if it is one."""
    if not isinstance(payload, Mapping) or "snapshot" not in payload:
        return None
    try:
        return parse_snapshot(payload["snapshot"])
    except ProtocolError:
        return None
