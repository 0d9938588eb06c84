"""Topics that connections follow: one watch and one message for all of them, one read where the snapshot goes along."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from atrium.plugins.gateway.encoding import encode
from atrium.plugins.gateway.frames import envelope
from atrium.sdk import AtriumError, TopicSnapshot

if TYPE_CHECKING:
    from atrium.plugins.gateway.connection import Connection
    from atrium.plugins.gateway.hub import Hub

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""A space, and the name of a topic or a stream in it."""


class TopicSource(Protocol):
    """What knows the topics of a space."""

    async def snapshot(self, topic: str) -> TopicSnapshot:
        """Return a topic's data and revision; raises `NotFound`."""

    def watch(self, topic: str, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back with each new revision of a topic; returns what ends it. Raises `NotFound`."""


class Feed:
    """A topic. `plain` are the connections that get its invalidations alone, `takers` those that take its snapshot too.

    `sent` is the revision that the takers were told last. `fits` is false once the snapshot was too large to go along.
    """

    __slots__ = ("fits", "plain", "reading", "revision", "sent", "space", "takers", "topic", "unwatch")

    def __init__(self, space: str, topic: str) -> None:
        self.space = space
        self.topic = topic
        self.plain: set[Connection] = set()
        self.takers: set[Connection] = set()
        self.revision = self.sent = 0
        self.fits = True
        self.reading: asyncio.Task[None] | None = None
        self.unwatch: Callable[[], None] = lambda: None


class Feeds:
    """Tells connections what has changed. Snapshots are read for those who take them, of each topic one at a time.

    What changes during a read is in the next one: a burst of changes costs two reads, however many they are. For a
    connection that is behind only the latest revision is kept: it asks for the snapshot when it reads again.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._feeds: dict[Place, Feed] = {}
        self._changed: dict[Feed, None] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    async def subscribe(self, connection: Connection, topic: str) -> int:
        """Send a connection the invalidations of a topic; returns its revision. Raises `NotFound`."""
        source: TopicSource = self._hub.topics(connection.space, topic)
        if topic not in connection.topics:
            feed = self._feeds.get((connection.space, topic)) or self._open(connection.space, topic, source)
            feed.plain.add(connection)
            connection.topics.add(topic)
        try:
            return (await source.snapshot(topic)).revision
        except Exception:
            self.unsubscribe(connection, topic)
            raise

    def carry(self, connection: Connection, topic: str, *, snapshots: bool) -> None:
        """Let the snapshot go along with what a connection is told of a topic that it follows, or no more."""
        feed = self._feeds.get((connection.space, topic))
        if feed is None or topic not in connection.topics:
            return
        left, entered = (feed.plain, feed.takers) if snapshots else (feed.takers, feed.plain)
        left.discard(connection)
        entered.add(connection)
        # It may fit by now: who subscribes costs a read anyway.
        feed.fits = feed.fits or snapshots

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        """Send no more invalidations of a topic."""
        connection.topics.discard(topic)
        connection.pending.pop(("topic", topic), None)
        place = (connection.space, topic)
        feed = self._feeds.get(place)
        if feed is None:
            return
        feed.plain.discard(connection)
        feed.takers.discard(connection)
        if not feed.plain and not feed.takers:
            feed.unwatch()
            feed.unwatch = lambda: None  # it holds the feed
            if feed.reading is not None:
                feed.reading.cancel()
            del self._feeds[place]

    def flush(self) -> None:
        """Tell everybody what has changed; the takers as soon as the snapshot is read."""
        changed, self._changed = self._changed, {}
        for feed in changed:
            if feed.plain:
                self._tell(feed, feed.plain, feed.revision, None)
            if not feed.takers or feed.reading is not None or feed.sent >= feed.revision:
                continue
            if feed.fits and not all(connection.behind for connection in feed.takers):
                feed.reading = asyncio.get_running_loop().create_task(self._read(feed), context=Context())
            else:
                feed.sent = feed.revision
                self._tell(feed, feed.takers, feed.revision, None)

    def _open(self, space: str, topic: str, source: TopicSource) -> Feed:
        feed = Feed(space, topic)

        def changed(revision: int) -> None:
            feed.revision = revision
            self._changed[feed] = None
            self._hub.schedule()

        feed.unwatch = source.watch(topic, changed)
        self._feeds[space, topic] = feed
        return feed

    async def _read(self, feed: Feed) -> None:
        """Send the takers the snapshot, and the next one if there is a newer revision by then."""
        try:
            while feed.takers and feed.sent < feed.revision:
                feed.sent, snapshot = await self._snapshot(feed, feed.revision)
                behind = {connection for connection in feed.takers if connection.behind}
                self._tell(feed, feed.takers - behind, feed.sent, snapshot)
                if behind:
                    self._tell(feed, behind, feed.sent, None)
        finally:
            feed.reading = None

    async def _snapshot(self, feed: Feed, revision: int) -> tuple[int, bytes | None]:
        """Return a snapshot's revision and its JSON; of one that cannot go along the revision to tell instead."""
        try:
            snapshot = await self._hub.topics(feed.space, feed.topic).snapshot(feed.topic)
            encoded = encode({"revision": str(snapshot.revision), "data": snapshot.data})
        except AtriumError:
            return revision, None  # it is gone, or cannot be read: who asks for it is told so
        except Exception:  # the edge: whatever it is, the change must not go untold
            log.exception("snapshot could not go along", extra={"topic": feed.topic})
            return revision, None
        feed.fits = len(encoded) <= self._hub.write_limit
        return max(snapshot.revision, revision), encoded if feed.fits and snapshot.revision >= revision else None

    def _tell(self, feed: Feed, connections: set[Connection], revision: int, snapshot: bytes | None) -> None:
        stamp = round(self._hub.clock.now() * 1000)
        payload: dict[str, Any] = {"topic": feed.topic, "revision": str(revision), "timestampMs": stamp}
        if snapshot is not None:
            payload["snapshot"] = orjson.Fragment(snapshot)
        message = envelope("sync:invalidate", payload, self._hub.now())
        self._hub.pend(connections, ("topic", feed.topic), message)
