"""The in-memory transport: a source of truth and a wire that loses, repeats and reorders on demand.

For tests, and to simulate several windows in one process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from atrium.sync.messages import InvalidationEvent, SnapshotEnvelope, parse_topic
from atrium.sync.ports import InvalidationHandler, Unsubscribe
from atrium.sync.revision import ZERO_REVISION, Revision

T = TypeVar("T")
Payload = InvalidationEvent | Mapping[str, object]


class InMemoryHub(Generic[T]):
    """Hold topics and tell subscribers of changes.

    Events are delivered at once, in the caller's stack, unless the wire is held: then they wait in `in_flight`, where
    they can be dropped, duplicated and reordered before `release()`.
    """

    def __init__(self) -> None:
        self.in_flight: list[Payload] = []
        self._held = False
        self._topics: dict[str, SnapshotEnvelope[T]] = {}
        self._handlers: dict[object, InvalidationHandler] = {}

    @property
    def subscriptions(self) -> int:
        """How many handlers are subscribed."""
        return len(self._handlers)

    def revision(self, topic: str) -> Revision:
        """Return a topic's current revision, `"0"` before its first `bump`."""
        known = self._topics.get(topic)
        return known.revision if known else ZERO_REVISION

    def snapshot(self, topic: str) -> SnapshotEnvelope[T]:
        """Return a topic's current snapshot; raises `LookupError` before its first `bump`."""
        if topic not in self._topics:
            raise LookupError(f"topic {topic!r} has no data yet: bump() it first")
        return self._topics[topic]

    def bump(self, topic: str, data: T) -> Revision:
        """Change a topic quietly and return its new revision."""
        revision = Revision(str(int(self.revision(topic)) + 1))
        self._topics[parse_topic(topic)] = SnapshotEnvelope(revision, data)
        return revision

    def announce(self, topic: str, *, source_id: str | None = None) -> None:
        """Emit the invalidation of a topic's current revision."""
        self.emit(InvalidationEvent(topic, self.revision(topic), source_id))

    def publish(self, topic: str, data: T, *, source_id: str | None = None) -> Revision:
        """Change a topic and announce it."""
        revision = self.bump(topic, data)
        self.announce(topic, source_id=source_id)
        return revision

    def emit(self, payload: Payload) -> None:
        """Put any payload on the wire, malformed ones included."""
        if self._held:
            self.in_flight.append(payload)
            return
        for handler in list(self._handlers.values()):
            handler(payload)

    def hold(self) -> None:
        """Keep events in flight until `release()`."""
        self._held = True

    def release(self) -> None:
        """Deliver what is in flight, in its present order, and let events through again."""
        self._held = False
        delivered, self.in_flight = self.in_flight, []
        for payload in delivered:
            self.emit(payload)

    def drop(self, index: int = 0) -> None:
        """Lose one event in flight."""
        del self.in_flight[index]

    def duplicate(self, index: int = 0) -> None:
        """Repeat one event in flight, behind itself."""
        self.in_flight.insert(index, self.in_flight[index])

    def reorder(self, order: Sequence[int]) -> None:
        """Rearrange the events in flight; `order` is a permutation of their indexes."""
        if sorted(order) != list(range(len(self.in_flight))):
            raise ValueError(f"order {list(order)} is no permutation of the {len(self.in_flight)} events in flight")
        self.in_flight = [self.in_flight[index] for index in order]

    def subscriber(self) -> "InMemorySubscriber":
        """Return the hub's event side."""
        return InMemorySubscriber(self._add)

    def provider(self, topic: str) -> "InMemoryProvider[T]":
        """Return the hub's snapshot side for one topic."""
        return InMemoryProvider(self, topic)

    def _add(self, handler: InvalidationHandler) -> Unsubscribe:
        key = object()
        self._handlers[key] = handler

        def unsubscribe() -> None:
            self._handlers.pop(key, None)

        return unsubscribe


@dataclass(frozen=True, slots=True)
class InMemorySubscriber:
    """Subscribe to a hub."""

    add: Callable[[InvalidationHandler], Unsubscribe]

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        """Deliver every event of the hub, of all topics, to the handler."""
        return self.add(handler)


@dataclass(frozen=True, slots=True)
class InMemoryProvider(Generic[T]):
    """Read one topic of a hub."""

    hub: InMemoryHub[T]
    topic: str

    async def get_snapshot(self) -> SnapshotEnvelope[T]:
        """Return the topic's current snapshot; raises `LookupError` before its first `bump`."""
        return self.hub.snapshot(self.topic)
