"""The engine under random interleavings of changes, losses, repetitions, disorder, late and failing snapshots."""

import asyncio
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from atrium.sync import InMemoryHub, SnapshotEnvelope, create_revision_sync

TOPIC = "app-config"

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["bump", "publish", "drop", "duplicate", "rotate", "deliver", "land", "fail", "turn", "refresh", "restart"]
        ),
        st.integers(min_value=0, max_value=7),
    ),
    max_size=60,
)


class Storm:
    """One window on a hub whose events wait to be let through and whose snapshots travel until they land."""

    def __init__(self) -> None:
        self.hub: InMemoryHub[int] = InMemoryHub()
        self.hub.bump(TOPIC, 0)
        self.hub.hold()
        self.travelling: list[asyncio.Future[None]] = []
        self.applied: list[int] = []
        self.events = self.fetches = self.refreshes = 0
        self.running = False
        self.calls: list[asyncio.Future[None]] = []
        self.sync = create_revision_sync(
            topic=TOPIC, subscriber=self.hub.subscriber(), provider=self, applier=self, on_error=lambda context: None
        )

    async def get_snapshot(self) -> SnapshotEnvelope[int]:
        self.fetches += 1
        snapshot = self.hub.snapshot(TOPIC)
        arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.travelling.append(arrival)
        await arrival
        return snapshot

    async def apply(self, snapshot: SnapshotEnvelope[int], /) -> None:
        assert self.running, "applied after stop"
        assert not self.applied or int(snapshot.revision) > self.applied[-1]
        self.applied.append(int(snapshot.revision))
        await asyncio.sleep(0)

    def start(self) -> None:
        self.running = True
        self.refreshes += 1
        self.calls.append(asyncio.ensure_future(self.sync.start()))

    def stop(self) -> None:
        self.running = False
        self.sync.stop()

    def land(self, index: int, error: Exception | None = None) -> None:
        self.travelling = [arrival for arrival in self.travelling if not arrival.done()]
        if not self.travelling:
            return
        arrival = self.travelling.pop(index % len(self.travelling))
        if error:
            arrival.set_exception(error)
        else:
            arrival.set_result(None)

    def deliver(self) -> None:
        self.events += len(self.hub.in_flight)
        self.hub.release()
        self.hub.hold()

    async def step(self, verb: str, index: int) -> None:
        if verb == "turn":
            await turns(index)
        elif verb in ("drop", "duplicate", "rotate"):
            self.disturb(verb, index)
        else:
            self.act(verb, index)

    def act(self, verb: str, index: int) -> None:
        acts: dict[str, Callable[[], object]] = {
            "bump": lambda: self.hub.bump(TOPIC, index),
            "publish": lambda: self.hub.publish(TOPIC, index),
            "deliver": self.deliver,
            "land": lambda: self.land(index),
            "fail": lambda: self.land(index, ConnectionError("asked for")),
            "refresh": self.refresh,
            "restart": self.restart,
        }
        acts[verb]()

    def disturb(self, verb: str, index: int) -> None:
        wire = len(self.hub.in_flight)
        if wire == 0:
            return
        if verb == "rotate":
            self.hub.reorder([(index + n) % wire for n in range(wire)])
        else:
            (self.hub.drop if verb == "drop" else self.hub.duplicate)(index % wire)

    def refresh(self) -> None:
        self.refreshes += 1
        self.calls.append(asyncio.ensure_future(self.sync.refresh()))

    def restart(self) -> None:
        self.stop()
        self.start()

    async def calm(self) -> None:
        self.deliver()
        quiet = 0
        while quiet < 2:
            await turns(8)
            quiet = 0 if any(not arrival.done() for arrival in self.travelling) else quiet + 1
            while self.travelling:
                self.land(0)
        await asyncio.gather(*self.calls, return_exceptions=True)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def weather(steps: Sequence[tuple[str, int]]) -> None:
    storm = Storm()
    storm.start()
    for verb, index in steps:
        await storm.step(verb, index)
    await storm.calm()
    assert storm.fetches <= storm.refreshes + 2 * storm.events, "the source was hammered"
    if storm.sync._run is None:  # a start may have failed
        storm.start()
    final = asyncio.ensure_future(storm.sync.refresh())
    await storm.calm()
    await final
    assert storm.sync.local_revision == storm.hub.revision(TOPIC)
    assert storm.applied[-1] == int(storm.hub.revision(TOPIC))
    assert storm.applied == sorted(set(storm.applied))
    storm.stop()
    seen = len(storm.applied)
    storm.hub.publish(TOPIC, 0)
    await storm.calm()
    assert len(storm.applied) == seen


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_every_storm_ends_in_the_source_state(steps: list[tuple[str, int]]) -> None:
    asyncio.run(weather(steps))
