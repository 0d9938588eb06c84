"""What connections tell of themselves. All of it is counted anyway: it is put together when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import TYPE_CHECKING

from atrium.contracts.base import Model
from atrium.contracts.followers import Device
from atrium.plugins.gateway.hosts import bracketed
from atrium.sdk.clock import timestamp
from atrium.sdk.cursors import decode_cursor, encode_cursor
from atrium.sdk.inputs import invalid

if TYPE_CHECKING:
    from atrium.plugins.gateway.room import Room
    from atrium.plugins.gateway.sink import Sink

LARGEST_PAGE = 500


class FollowedStream(Model):
    """A stream that a connection follows. `lag`: entries not sent yet; absent where the hub has not counted them."""

    stream: str
    lag: int | None = None


class ConnectionMetrics(Model):
    """An open connection. `behind`: the client reads slower than it is sent; how often so far, and resumed. Bytes."""

    id: str
    kind: str
    client: str
    device: Device
    address: str | None = None
    since: str
    streams: tuple[FollowedStream, ...]
    topics: tuple[str, ...]
    behind: bool
    times_behind: int
    times_resumed: int
    bytes_written: int
    bytes_waiting: int


class ConnectionPage(Model):
    """Connections, the oldest first."""

    data: tuple[ConnectionMetrics, ...]
    next_cursor: str | None = None


class StreamMetrics(Model):
    """A stream that is followed now: by how many, how many of these are not up to date, and the largest `lag` known.

    The rest is counted since somebody began to follow it: how often a follower got behind, and the bytes of its entries
    that were written to all of them.
    """

    stream: str
    followers: int
    catching_up: int
    lag: int
    times_behind: int
    bytes_written: int


class StreamsFollowed(Model):
    """Streams, the ones with the most followers first, and how many there are in all."""

    data: tuple[StreamMetrics, ...]
    total: int


class ConnectionTotals(Model):
    """All connections: `open` and `behind` now, `bytes_waiting` for them, and what happened since the hub started."""

    open: int
    opened: int
    behind: int
    times_behind: int
    times_resumed: int
    bytes_written: int
    bytes_waiting: int


@dataclass(slots=True)
class Past:
    """What is kept of connections that are closed."""

    times_behind: int = 0
    times_resumed: int = 0
    bytes_written: int = 0

    def add(self, sink: Sink) -> None:
        """Count a connection in."""
        self.times_behind += sink.times_behind
        self.times_resumed += sink.times_resumed
        self.bytes_written += sink.total_bytes()


def connection_page(sinks: Iterable[Sink], user: str, limit: int, cursor: str | None) -> ConnectionPage:
    """Return at most `limit` (1 to 500) of a person's connections beyond a cursor; raises `InvalidInput`."""
    _check(limit)
    after = 0 if cursor is None else _number(cursor)
    own = (sink for sink in sinks if sink.principal.user == user and sink.number > after)
    page = nsmallest(limit + 1, own, key=lambda sink: sink.number)
    more = len(page) > limit
    data = tuple(_metrics(sink) for sink in page[:limit])
    return ConnectionPage(data=data, next_cursor=encode_cursor([page[limit - 1].number]) if more else None)


def streams_followed(rooms: Sequence[Room], limit: int) -> StreamsFollowed:
    """Return the `limit` (1 to 500) streams with the most followers; raises `InvalidInput`."""
    _check(limit)
    page = nsmallest(limit, rooms, key=lambda room: (-len(room.followers), room.stream))
    return StreamsFollowed(data=tuple(map(_stream, page)), total=len(rooms))


def connection_totals(sinks: Iterable[Sink], past: Past, opened: int) -> ConnectionTotals:
    """Return the sums over open and closed connections; `opened`: how many there have been."""
    total = replace(past)
    count = behind = waiting = 0
    for sink in sinks:
        count += 1
        behind += sink.behind
        waiting += sink.buffered
        total.add(sink)
    return ConnectionTotals(
        open=count,
        opened=opened,
        behind=behind,
        times_behind=total.times_behind,
        times_resumed=total.times_resumed,
        bytes_written=total.bytes_written,
        bytes_waiting=waiting,
    )


def _check(limit: int) -> None:
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid("limit", f"give a number from 1 to {LARGEST_PAGE}")


def _number(cursor: str) -> int:
    (number,) = decode_cursor(cursor, 1)
    if not isinstance(number, int):
        raise invalid("cursor", "give the nextCursor of an earlier page")
    return number


def _metrics(sink: Sink) -> ConnectionMetrics:
    return ConnectionMetrics(
        id=str(sink.number),
        kind=sink.form.name,
        client=sink.principal.client,
        device=sink.hub.names.named(sink.device, sink.principal.client),
        address=None if sink.peer is None else f"{bracketed(sink.peer[0])}:{sink.peer[1]}",
        since=timestamp(sink.opened_at),
        streams=tuple(FollowedStream(stream=name, lag=one.lag) for name, one in sink.followers.items()),
        topics=tuple(sorted(sink.watched)),
        behind=sink.behind,
        times_behind=sink.times_behind,
        times_resumed=sink.times_resumed,
        bytes_written=sink.total_bytes(),
        bytes_waiting=sink.buffered,
    )


def _stream(room: Room) -> StreamMetrics:
    followers = room.followers.values()
    return StreamMetrics(
        stream=room.stream,
        followers=len(followers),
        catching_up=sum(not one.live for one in followers),
        lag=max((one.lag or 0 for one in followers), default=0),
        times_behind=room.times_behind,
        bytes_written=room.bytes_written,
    )
