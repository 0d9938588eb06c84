"""All connections: who follows what, and one flush for everything that became due in a turn of the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from atrium.plugins.gateway.connection import Connection
from atrium.plugins.gateway.device import device_of
from atrium.plugins.gateway.device_names import DeviceNames
from atrium.plugins.gateway.feeds import Feeds, Place
from atrium.plugins.gateway.formats import EncodedEntries
from atrium.plugins.gateway.frames import SESSIONS, envelope
from atrium.plugins.gateway.metrics import Past
from atrium.plugins.gateway.presence import PRESENCE, FollowerTopics, Presence
from atrium.plugins.gateway.room import Follower, Room
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.plugins.gateway.sink import Sink
from atrium.sdk import Clock, SpaceStorage, TooManyRequests
from atrium.sdk.clock import timestamp

log = logging.getLogger(__name__)

SMALLEST_WRITE_LIMIT = 4096
PINGED_AT_ONCE = 200
SHORTEST_SILENCE = 1.0
"""TCP may acknowledge late: less than this many seconds say nothing about a client."""


class Hub:
    """Owns the connections. Every message is encoded once, whoever gets it."""

    def __init__(
        self,
        storage_of: Callable[[str], SpaceStorage],
        config: GatewayConfig,
        clock: Clock,
        announce: Callable[[str, str], None],
        names: DeviceNames,
    ) -> None:
        self.config = config
        self.clock = clock
        self.names = names
        self.connections: set[Sink] = set()
        self.write_limit = config.write_buffer_limit
        self.past = Past()
        self.opened = 0
        self._capacity = 1
        self._storage_of = storage_of
        self._feeds = Feeds(self)
        self._rooms: dict[Place, Room] = {}
        self._woken: dict[Room, None] = {}
        self._dirty: dict[Connection, None] = {}
        self.presence = Presence(storage_of, clock, announce, names)
        self._encoded = EncodedEntries(self.now)
        self._scheduled = False

    def now(self) -> str:
        """Return the time as frames carry it."""
        return timestamp(self.clock.now())

    def connect(self, sink: Sink, user_agent: str | None) -> None:
        """Take a new connection in; the header tells from which device it comes."""
        sink.device = device_of(user_agent)
        self.connections.add(sink)
        self.opened += 1
        sink.number = self.opened
        self._share_buffers()
        sink.limit(self.write_limit)

    def disconnected(self, sink: Sink) -> None:
        """Forget a connection and all it was subscribed to."""
        self.connections.discard(sink)
        self._share_buffers()
        for stream in tuple(sink.followers):
            self.unfollow(sink, stream)
        if isinstance(sink, Connection):
            self._dirty.pop(sink, None)
            for topic in tuple(sink.topics):
                self.unsubscribe(sink, topic)
        self.past.add(sink)

    def check_count(self, count: int) -> None:
        """Raise `TooManyRequests` for more names than a connection may be subscribed to."""
        limit = self.config.max_subscriptions
        if count > limit:
            raise TooManyRequests(f"a connection may have {limit} subscriptions; name no more than that")

    async def subscribe(self, connection: Connection, topic: str) -> int:
        """Send a connection the invalidations of a topic; returns its revision. Raises `NotFound`."""
        if topic not in connection.topics:
            self._admit(connection)
        return await self._feeds.subscribe(connection, topic)

    def carry(self, connection: Connection, topic: str, *, snapshots: bool) -> None:
        """Let the snapshot go along with what a connection is told of a topic that it follows, or no more."""
        self._feeds.carry(connection, topic, snapshots=snapshots)

    def topics(self, space: str, topic: str) -> SpaceStorage | FollowerTopics:
        """Return what knows a topic: who follows a stream is in memory, everything else is stored."""
        return self.presence.topics(space) if topic.endswith(PRESENCE) else self._storage_of(space)

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        """Send no more invalidations of a topic."""
        self._feeds.unsubscribe(connection, topic)

    async def follow(self, sink: Sink, stream: str, after: int | None) -> Follower:
        """Follow a stream from beyond a cursor (None: from now on). Nothing is sent before `begin`.

        Raises `NotFound`, or `CursorReset` for a cursor beyond the head. Following again moves the cursor.
        """
        storage = self._storage_of(sink.space)
        if stream not in sink.followers:
            self._admit(sink)
        cursor = await storage.head(stream) if after is None else after
        tail = await storage.tail(stream, cursor)
        try:
            room = await self._enter(sink.space, stream, storage, cursor)
        except BaseException:
            tail.close()
            raise
        follower = Follower(sink, room, cursor, tail)
        if sink.open:
            self.presence.joined(sink, stream)
        sink.forget(stream)
        if sink.open:
            sink.followers[stream] = room.followers[sink] = follower
        else:
            tail.close()
            self._close_if_empty(room)
        return follower

    def rooms(self, space: str) -> list[Room]:
        """Return the streams of a space that somebody follows."""
        return [room for room in self._rooms.values() if room.space == space]

    def begin(self, followers: Iterable[Follower]) -> None:
        """Send what these followers have."""
        for follower in followers:
            follower.sink.begin(follower)

    async def head(self, space: str, stream: str) -> int:
        """Return a stream's last offset."""
        return await self._storage_of(space).head(stream)

    def unfollow(self, sink: Sink, stream: str) -> None:
        """Send no more of a stream."""
        follower = sink.followers.get(stream)
        if follower is not None:
            sink.forget(stream)
            self._close_if_empty(follower.room)

    def push(self, frame_type: str, space: str, stream: str, payload: Any) -> None:
        """Send a frame to everybody who follows a stream; of several the latest counts for slow clients."""
        room = self._rooms.get((space, stream))
        if room is not None:
            session_id = stream.removeprefix(SESSIONS) if stream.startswith(SESSIONS) else None
            message = envelope(frame_type, payload, self.now(), session_id=session_id)
            for sink in room.followers:
                sink.pend(("push", frame_type, stream), message)

    def broadcast(self, frame_type: str, payload: Any) -> None:
        """Send a frame to every WebSocket, whatever its buffer holds."""
        message = envelope(frame_type, payload, self.now())
        for sink in self.connections:
            sink.tell(message)

    def close_client(self, client: str) -> None:
        """Close every connection of a client that is signed in no more."""
        for sink in tuple(self.connections):
            if sink.principal.client == client:
                sink.close(1008, "signed out")

    def dirty(self, connection: Connection) -> None:
        """Flush a connection soon, together with all others."""
        self._dirty[connection] = None
        self.schedule()

    def pend(self, connections: Iterable[Connection], key: tuple[str, ...], message: bytes) -> None:
        """Send a message to all of these; while one is behind, only the latest with this key is kept for it."""
        for connection in connections:
            connection.pending[key] = message
            self._dirty[connection] = None
        self.schedule()

    def schedule(self) -> None:
        """Flush soon."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write everything that is due."""
        self._scheduled = False
        self._feeds.flush()
        woken, self._woken = self._woken, {}
        for room in woken:
            room.flush()
        dirty, self._dirty = self._dirty, {}
        for connection in dirty:
            try:
                connection.flush()
            except Exception:  # the edge: one faulty connection must not end the others' updates
                log.exception("connection is cut: it could not be written to")
                connection.abort()

    async def keep_alive(self, kind: type[Sink], interval: float) -> None:
        """Ping the connections of a kind each interval (seconds) and cut the ones that are gone."""
        while True:
            await asyncio.sleep(interval)
            deadline = asyncio.get_running_loop().time() - max(2 * interval, SHORTEST_SILENCE)
            for number, sink in enumerate(tuple(self.connections)):
                if isinstance(sink, kind) and sink.open:
                    sink.ping(deadline)
                if number % PINGED_AT_ONCE == PINGED_AT_ONCE - 1:
                    await asyncio.sleep(0)

    def close_all(self) -> None:
        """Close every connection because the hub restarts."""
        self.presence.close()
        for sink in tuple(self.connections):
            sink.close(1012, "the hub is restarting")

    def _wake(self, room: Room) -> None:
        self._woken[room] = None
        self.schedule()

    async def _enter(self, space: str, stream: str, storage: SpaceStorage, cursor: int) -> Room:
        place = (space, stream)
        room = self._rooms.get(place)
        if room is None:
            opened = Room(space, stream, storage, self._encoded, lambda: self.write_limit, self._wake)
            await opened.open(cursor)
            # Another may have opened the room meanwhile.
            room = self._rooms.setdefault(place, opened)
            if room is not opened:
                opened.close()
        return room

    def _close_if_empty(self, room: Room) -> None:
        place = (room.space, room.stream)
        if not room.followers and self._rooms.get(place) is room:
            del self._rooms[place]
            room.close()

    def _share_buffers(self) -> None:
        """Give every connection an equal part of the budget; what changes it is a power of two of connections."""
        count = len(self.connections)
        if self._capacity // 4 < count <= self._capacity:
            return
        self._capacity = 1 << max(count - 1, 0).bit_length()
        part = max(SMALLEST_WRITE_LIMIT, self.config.write_buffer_budget // self._capacity)
        limit = min(self.config.write_buffer_limit, part)
        if limit != self.write_limit:
            self.write_limit = limit
            for sink in self.connections:
                sink.limit(limit)

    def _admit(self, sink: Sink) -> None:
        limit = self.config.max_subscriptions
        if sink.subscriptions >= limit:
            raise TooManyRequests(f"a connection may have {limit} subscriptions; unsubscribe or open another")
