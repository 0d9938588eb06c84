"""All WebSockets: who follows what, and one flush for everything that became due in a turn of the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from atrium.plugins.gateway.connection import Connection, Follower
from atrium.plugins.gateway.frames import PING, SESSIONS, chunk, envelope
from atrium.plugins.gateway.protocols import SocketProtocol
from atrium.plugins.gateway.room import Room
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.plugins.gateway.times import wire_time
from atrium.sdk import Clock, Entry, Principal, SpaceStorage, TooManyRequests

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""A space, and the name of a topic or a stream in it."""


class Feed:
    """A topic that connections are subscribed to; one watch serves them all."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.revision = 0
        self.unwatch: Callable[[], None] = lambda: None


class Hub:
    """Owns the connections. Every message is encoded once, whoever gets it."""

    ping_message = PING

    def __init__(self, storage_of: Callable[[str], SpaceStorage], config: GatewayConfig, clock: Clock) -> None:
        self.config = config
        self.connections: set[Connection] = set()
        self._storage_of = storage_of
        self._clock = clock
        self._feeds: dict[Place, Feed] = {}
        self._rooms: dict[Place, Room] = {}
        self._woken: dict[Room, None] = {}
        self._changed: set[Place] = set()
        self._dirty: dict[Connection, None] = {}
        self._chunks: dict[tuple[str, str, int], bytes] = {}
        self._scheduled = False

    def now(self) -> str:
        """Return the time as frames carry it."""
        return wire_time(self._clock.now())

    def connect(self, protocol: SocketProtocol, principal: Principal, session_id: str | None) -> Connection:
        """Take a new connection in."""
        connection = Connection(self, protocol, principal, session_id)
        self.connections.add(connection)
        return connection

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection and all it was subscribed to."""
        self.connections.discard(connection)
        self._dirty.pop(connection, None)
        for topic in tuple(connection.topics):
            self.unsubscribe(connection, topic)
        for stream in tuple(connection.followers):
            self.unfollow(connection, stream)

    async def subscribe(self, connection: Connection, topic: str) -> int:
        """Send a connection the invalidations of a topic; returns its revision. Raises `NotFound`."""
        place = (connection.space, topic)
        storage = self._storage_of(connection.space)
        if topic not in connection.topics:
            self._admit(connection)
            feed = self._feeds.get(place) or self._new_feed(place, storage)
            feed.connections.add(connection)
            connection.topics.add(topic)
        try:
            return (await storage.snapshot(topic)).revision
        except Exception:
            self.unsubscribe(connection, topic)
            raise

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        """Send no more invalidations of a topic."""
        connection.topics.discard(topic)
        connection.pending.pop(("topic", topic), None)
        place = (connection.space, topic)
        feed = self._feeds.get(place)
        if feed is None:
            return
        feed.connections.discard(connection)
        if not feed.connections:
            feed.unwatch()
            del self._feeds[place]

    async def follow(self, connection: Connection, stream: str, after: int | None) -> Follower:
        """Follow a stream from beyond a cursor (None: from now on). Nothing is sent before `begin`.

        Raises `NotFound`, or `CursorReset` for a cursor beyond the head. Following again moves the cursor.
        """
        storage = self._storage_of(connection.space)
        if stream not in connection.followers:
            self._admit(connection)
        follower = Follower(stream)
        cursor = await storage.head(stream) if after is None else after
        place = (connection.space, stream)
        room = self._rooms.get(place) or Room(*place, self._wake)
        follower.tail = await storage.tail(stream, cursor, room.wake)
        self.unfollow(connection, stream)
        # Another may have opened the room meanwhile, or the last one may have left it.
        if self._rooms.setdefault(place, room) is not room:
            follower.close()
            return await self.follow(connection, stream, cursor)
        if not connection.open:
            follower.close()
            self._leave(connection, place)
            return follower
        connection.followers[stream] = follower
        room.followers[connection] = follower
        return follower

    def begin(self, connection: Connection, followers: Iterable[Follower]) -> None:
        """Send what these followers have."""
        for follower in followers:
            follower.ready = True
            connection.wake(follower)

    async def head(self, space: str, stream: str) -> int:
        """Return a stream's last offset."""
        return await self._storage_of(space).head(stream)

    def unfollow(self, connection: Connection, stream: str) -> None:
        """Send no more of a stream."""
        connection.forget(stream)
        self._leave(connection, (connection.space, stream))

    def caught_up(self, connection: Connection, follower: Follower) -> None:
        """Serve a follower that has everything together with the others of its stream."""
        room = self._rooms.get((connection.space, follower.stream))
        if room is not None:
            room.promote(connection, follower)

    def fell_behind(self, connection: Connection) -> None:
        """Let what a connection follows wait until it is writable again."""
        for stream in connection.followers:
            room = self._rooms.get((connection.space, stream))
            follower = room.demote(connection) if room is not None else None
            if follower is not None:
                connection.wake(follower)

    def push(self, frame_type: str, space: str, stream: str, payload: Any) -> None:
        """Send a frame to everybody who follows a stream; of several the latest counts for slow clients."""
        room = self._rooms.get((space, stream))
        if room is not None:
            session_id = stream.removeprefix(SESSIONS) if stream.startswith(SESSIONS) else None
            message = envelope(frame_type, payload, self.now(), session_id=session_id)
            for connection in room.followers:
                connection.pend(("push", frame_type, stream), message)

    def broadcast(self, frame_type: str, payload: Any) -> None:
        """Send a frame to every connection, whatever its buffer holds."""
        message = envelope(frame_type, payload, self.now())
        for connection in self.connections:
            connection.write(message)

    def close_client(self, client: str) -> None:
        """Close every connection of a client that has signed out."""
        for connection in tuple(self.connections):
            if connection.principal.client == client:
                connection.close(1008, "signed out")

    def chunk(self, space: str, stream: str, entry: Entry) -> bytes:
        """Return an entry's message, built once for all its followers."""
        key = (space, stream, entry.offset)
        message = self._chunks.get(key)
        if message is None:
            message = self._chunks[key] = chunk(stream, entry, self.now())
        return message

    def dirty(self, connection: Connection) -> None:
        """Flush a connection soon, together with all others."""
        self._dirty[connection] = None
        self._schedule()

    def flush(self) -> None:
        """Write everything that is due."""
        self._scheduled = False
        self._invalidate()
        woken, self._woken = self._woken, {}
        for room in woken:
            room.flush(self.chunk, self.config.write_buffer_limit)
        dirty, self._dirty = self._dirty, {}
        for connection in dirty:
            try:
                connection.flush()
            except Exception:  # the edge: one faulty connection must not end the others' updates
                log.exception("connection is cut: it could not be written to")
                connection.abort()
        self._chunks.clear()

    async def keep_alive(self) -> None:
        """Ping every connection each interval and cut the ones that are gone."""
        while True:
            await asyncio.sleep(self.config.ping_interval)
            deadline = asyncio.get_running_loop().time() - 2 * self.config.ping_interval
            for connection in tuple(self.connections):
                connection.ping(deadline)

    def close_all(self) -> None:
        """Close every connection because the hub restarts."""
        for connection in tuple(self.connections):
            connection.close(1012, "the hub is restarting")

    def _wake(self, room: Room) -> None:
        self._woken[room] = None
        self._schedule()

    def _leave(self, connection: Connection, place: Place) -> None:
        room = self._rooms.get(place)
        if room is not None:
            room.leave(connection)
            if not room.followers:
                del self._rooms[place]

    def _admit(self, connection: Connection) -> None:
        limit = self.config.max_subscriptions
        if len(connection.topics) + len(connection.followers) >= limit:
            raise TooManyRequests(f"a connection may have {limit} subscriptions; unsubscribe or open another")

    def _new_feed(self, place: Place, storage: SpaceStorage) -> Feed:
        feed = Feed()

        def changed(revision: int) -> None:
            feed.revision = revision
            self._changed.add(place)
            self._schedule()

        feed.unwatch = storage.watch(place[1], changed)
        self._feeds[place] = feed
        return feed

    def _invalidate(self) -> None:
        changed, self._changed = self._changed, set()
        for place in changed:
            feed = self._feeds.get(place)
            if feed is None:
                continue
            stamp = round(self._clock.now() * 1000)
            payload = {"topic": place[1], "revision": str(feed.revision), "timestampMs": stamp}
            message = envelope("sync:invalidate", payload, self.now())
            for connection in feed.connections:
                connection.pending["topic", place[1]] = message
                self._dirty[connection] = None

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)
