"""All who follow one stream. Those who are up to date get the same bytes, in one loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from atrium.sdk import Entry

if TYPE_CHECKING:
    from atrium.plugins.gateway.connection import Connection, Follower

log = logging.getLogger(__name__)

PAGE = 100


class Room:
    """The followers of a stream in a space. The *live* ones are all at one cursor, and none of them is behind.

    A live follower that falls behind, or gets more than may be written at once, goes on by itself until it is up to
    date again. What its tail calls is the room, once for all: a message costs each live follower one write.
    """

    __slots__ = ("_live", "_wake", "followers", "space", "stream")

    def __init__(self, space: str, stream: str, wake: Callable[[Room], None]) -> None:
        self.space = space
        self.stream = stream
        self.followers: dict[Connection, Follower] = {}
        self._live: dict[Connection, Follower] = {}
        self._wake = wake

    def wake(self) -> None:
        """Note that there is something new."""
        self._wake(self)

    def leave(self, connection: Connection) -> None:
        """Forget a follower."""
        self.followers.pop(connection, None)
        self._live.pop(connection, None)

    def demote(self, connection: Connection) -> Follower | None:
        """Let a follower go on by itself; returns it if it was live."""
        return self._live.pop(connection, None)

    def promote(self, connection: Connection, follower: Follower) -> None:
        """Serve a follower that is up to date together with the others."""
        if self.followers.get(connection) is not follower or follower.tail is None:
            return
        for other in self._live.values():
            if other.tail is None or other.tail.cursor != follower.tail.cursor:
                return
            break
        self._live[connection] = follower

    def flush(self, encode: Callable[[str, str, Entry], bytes], limit: int) -> None:
        """Write what is new to the live followers, and wake the others."""
        for connection, follower in self.followers.items():
            if connection not in self._live:
                connection.wake(follower)
        if not self._live:
            return
        batch = self._next(encode, limit)
        if batch is None:
            live, self._live = self._live, {}
            for connection, follower in live.items():
                connection.wake(follower)
            return
        cursor, data = batch
        for connection, follower in list(self._live.items()):
            try:
                follower.tail.cursor = cursor  # type: ignore[union-attr]  # live ones have a tail
                connection.write(data)
            except Exception:  # the edge: one faulty connection must not end the others' updates
                log.exception("connection is cut: it could not be written to")
                connection.abort()

    def _next(self, encode: Callable[[str, str, Entry], bytes], limit: int) -> tuple[int, bytes] | None:
        """Return a cursor and the messages up to it; None if it is nothing, the end, or too much to write at once."""
        tail = next(iter(self._live.values())).tail
        assert tail is not None
        cursor = tail.cursor
        entries = tail.take(PAGE)
        ended, reached = tail.ended, tail.cursor
        tail.cursor = cursor
        if not entries or ended or len(entries) == PAGE:
            return None
        data = b"".join([encode(self.space, self.stream, entry) for entry in entries])
        return (reached, data) if len(data) <= limit else None
