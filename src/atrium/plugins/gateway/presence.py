"""Who looks at what: the devices that follow each stream, as a topic beside the stream. Nothing of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atrium.contracts.followers import Device, StreamFollower
from atrium.plugins.gateway.device_names import DeviceNames
from atrium.sdk import Clock, NotFound, SpaceStorage
from atrium.sdk.clock import timestamp
from atrium.sdk.storage import TopicSnapshot

if TYPE_CHECKING:
    from atrium.plugins.gateway.sink import Sink

PRESENCE = "/presence"
"""How the topic of a stream's followers ends; the stream's name stands before it."""
SHOWN = 100
"""The most devices that a snapshot names."""
SETTLE_SECONDS = 0.5
"""Changes within this time are told once: a page that is loaded again is not gone."""

Place = tuple[str, str]
Seat = tuple[str, str, str, str | None]


@dataclass(slots=True)
class Taken:
    """A device in its place, with how many connections."""

    connections: int
    since: float


class Presence:
    """Counts the connections of each device that follow a stream. `announce(space, stream)` hears of each change."""

    def __init__(
        self,
        storage_of: Callable[[str], SpaceStorage],
        clock: Clock,
        announce: Callable[[str, str], None],
        names: DeviceNames,
    ) -> None:
        self._storage_of = storage_of
        self._clock = clock
        self._announce = announce
        self._names = names
        self._taken: dict[Place, dict[Seat, Taken]] = {}
        self._revisions: dict[Place, int] = {}
        self._last_revision = self._begin = round(clock.now() * 1_000_000)
        self._watchers: dict[Place, list[Callable[[int], None]]] = {}
        self._changed: set[Place] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def joined(self, sink: Sink, stream: str) -> None:
        """Note that a connection follows a stream."""
        place = (sink.space, stream)
        taken = self._taken.setdefault(place, {})
        seat = taken.get(_seat(sink))
        if seat is not None:
            seat.connections += 1
            return
        taken[_seat(sink)] = Taken(1, self._clock.now())
        self._change(place)

    def left(self, sink: Sink, stream: str) -> None:
        """Note that a connection follows a stream no more."""
        place = (sink.space, stream)
        taken = self._taken[place]
        seat = taken[_seat(sink)]
        seat.connections -= 1
        if seat.connections == 0:
            del taken[_seat(sink)]
            if not taken:
                del self._taken[place]
            self._change(place)

    def followers(self, space: str, stream: str) -> tuple[StreamFollower, ...]:
        """Return who follows a stream, whoever has been there longest first."""
        taken = self._taken.get((space, stream), {})
        return tuple(
            StreamFollower(
                user=user,
                client=client,
                device=self._names.named(Device(program=program, system=system), client),
                since=timestamp(one.since),
            )
            for (user, client, program, system), one in taken.items()
        )

    def renamed(self, client: str) -> None:
        """Note that a client's device is called otherwise, wherever it follows a stream."""
        for place, taken in self._taken.items():
            if any(seat[1] == client for seat in taken):
                self._change(place)

    def topics(self, space: str) -> FollowerTopics:
        """Return the topics of a space that tell who follows its streams."""
        return FollowerTopics(self, self._storage_of(space))

    def revision(self, place: Place) -> int:
        """Return when its followers changed last, as a number that only grows."""
        return self._revisions.get(place, self._begin)

    def watch(self, place: Place, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back with the new revision, soon after a change; returns what ends it."""
        self._watchers.setdefault(place, []).append(callback)

        def end() -> None:
            callbacks = self._watchers.get(place, [])
            if callback in callbacks:
                callbacks.remove(callback)
            if not callbacks:
                self._watchers.pop(place, None)

        return end

    def close(self) -> None:
        """Tell nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _change(self, place: Place) -> None:
        self._last_revision = max(self._last_revision + 1, round(self._clock.now() * 1_000_000))
        self._revisions[place] = self._last_revision
        self._changed.add(place)
        if self._timer is None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._tell)

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        for space, stream in changed:
            revision = self._revisions[space, stream]
            for callback in tuple(self._watchers.get((space, stream), ())):
                callback(revision)
            self._announce(space, stream)
            self._forget((space, stream))

    def _forget(self, place: Place) -> None:
        """Keep nothing of a place where nobody is and that nobody watches."""
        if place not in self._taken and place not in self._watchers:
            self._begin = max(self._begin, self._revisions.pop(place))


class FollowerTopics:
    """The topics `<stream>/presence` of one space, as its storage has all others."""

    def __init__(self, presence: Presence, storage: SpaceStorage) -> None:
        self._presence = presence
        self._storage = storage

    async def snapshot(self, topic: str) -> TopicSnapshot:
        """Return `{followers: [StreamFollower]}`, at most 100 of them; raises `NotFound` if there is no such stream."""
        space, stream = self._storage.space, topic.removesuffix(PRESENCE)
        try:
            (await self._storage.tail(stream, await self._storage.head(stream))).close()
        except NotFound:
            raise NotFound(f"there is no topic {topic}") from None
        followers = self._presence.followers(space, stream)[:SHOWN]
        shown = [one.model_dump(by_alias=True, exclude_none=True) for one in followers]
        return TopicSnapshot(self._presence.revision((space, stream)), {"followers": shown})

    def watch(self, topic: str, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back with each new revision of a topic; returns what ends it."""
        return self._presence.watch((self._storage.space, topic.removesuffix(PRESENCE)), callback)


def _seat(sink: Sink) -> Seat:
    return (sink.principal.user, sink.principal.client, sink.device.program, sink.device.system)
