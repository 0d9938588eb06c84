import asyncio
from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrium.kernel import streams
from atrium.kernel.storage import Storage
from atrium.sdk import CursorReset, Entry, NewEntry, NotFound, StorageFailed, Tail
from atrium.testing.clock import ManualClock
from atrium.testing.held_storage import HeldStorageAdapter

STREAM = "chat/1"


def note(text: str) -> NewEntry:
    return NewEntry("chat.note.v1", {"text": text})


def delta(message: str, index: int) -> NewEntry:
    return NewEntry("chat.delta.v1", {"message": message, "index": index})


def texts(entries: list[Entry]) -> list[str]:
    return [orjson.loads(entry.encoded)["data"].get("text") for entry in entries if not entry.hint]


async def read_all(tail: Tail) -> list[Entry]:
    """Take and load until there is nothing more for now."""
    found: list[Entry] = []
    while True:
        entries = tail.take(7)
        if entries is None:
            found += await tail.load(7)
        elif entries:
            found += entries
        else:
            return found


async def test_entries_are_cloudevents_that_name_their_predecessor(storage: Storage) -> None:
    offsets = await storage.append(STREAM, [note("a"), note("b")], space="user/x")
    first, second = [orjson.loads(entry.encoded) for entry in await storage.read(STREAM, space="user/x")]
    assert first == {
        "specversion": "1.0",
        "id": str(offsets[0]),
        "type": "chat.note.v1",
        "source": "/chat/1",
        "subject": "1",
        "time": "2027-01-15T08:00:00.000Z",
        "data": {"text": "a"},
        "offset": str(offsets[0]),
        "prev": "0",
    }
    assert second["prev"] == first["offset"]
    assert await storage.head(STREAM, space="user/x") == offsets[1]


async def test_a_tail_gets_what_it_missed_then_what_is_new(storage: Storage) -> None:
    await storage.append(STREAM, [note("old")])
    tail = await storage.tail(STREAM)
    got: list[str] = []

    async def follow() -> None:
        async for entries in tail:
            got.extend(texts(entries))
            if got[-1] == "last":
                return

    follower = asyncio.create_task(follow())
    for text in ("new", "newer", "last"):
        await storage.append(STREAM, [note(text)])
    await follower
    assert got == ["old", "new", "newer", "last"]


async def test_hints_are_shown_at_once_and_survive_in_chunks_with_their_own_offsets(storage: Storage) -> None:
    await storage.append(STREAM, [note("start")])
    tail = await storage.tail(STREAM)
    await read_all(tail)
    storage.hint(STREAM, "m", [delta("m", index) for index in range(10)])
    shown = tail.take() or []
    assert [orjson.loads(entry.encoded)["data"]["index"] for entry in shown] == list(range(10))
    await storage.append(STREAM, [note("tool")])
    stored = await storage.read(STREAM, after=shown[3].offset)
    assert [entry.encoded for entry in stored[:-1]] == [entry.encoded for entry in shown[4:]]
    assert stored[-1].prev == shown[0].prev
    await storage_trim(storage, "m")
    assert [entry.hint for entry in await storage.read(STREAM)] == [False, False, False]


async def storage_trim(storage: Storage, group: str) -> None:
    async with storage.batch() as batch:
        batch.append(STREAM, [note("whole")], trims=[group])


async def test_hints_of_interleaved_groups_keep_their_order(storage: Storage) -> None:
    await storage.append(STREAM, [note("start")])
    tail = await storage.tail(STREAM)
    await read_all(tail)
    for index in range(6):
        storage.hint(STREAM, "thinking" if index % 2 else "text", [delta("m", index)])
    await storage.append(STREAM, [note("tool")])
    stored = await storage.read(STREAM, after=tail.cursor)
    assert [entry.offset for entry in stored] == sorted(entry.offset for entry in stored)
    await storage_trim(storage, "text")
    left = [orjson.loads(entry.encoded)["data"]["index"] for entry in await storage.read(STREAM) if entry.hint]
    assert left == [1, 3, 5]


async def test_hints_of_an_earlier_run_are_trimmed_too(storage: Storage, clock: ManualClock) -> None:
    await storage.append(STREAM, [note("start")])
    storage.hint(STREAM, "m", [delta("m", index) for index in range(streams.CHUNK_HINTS)])
    await storage.append(STREAM, [note("tool")])
    await storage.close()
    restarted = Storage(storage.adapter, clock.now)
    assert any(entry.hint for entry in await restarted.read(STREAM))
    await storage_trim(restarted, "m")
    assert not any(entry.hint for entry in await restarted.read(STREAM))


async def test_a_hint_waits_behind_a_durable_entry_in_flight(clock: ManualClock) -> None:
    adapter = HeldStorageAdapter()
    storage = Storage(adapter, clock.now)
    await storage.append(STREAM, [note("start")])
    tail = await storage.tail(STREAM)
    await read_all(tail)
    adapter.hold = True
    write = asyncio.create_task(storage.append(STREAM, [note("durable")]))
    await asyncio.sleep(0)
    storage.hint(STREAM, "m", [delta("m", 0)])
    assert tail.take() == []
    adapter.hold = False
    adapter.let_go()
    await write
    assert [entry.hint for entry in tail.take() or []] == [False, True]


async def test_a_follower_that_comes_between_sees_unstored_hints(storage: Storage) -> None:
    await storage.append(STREAM, [note("start")])
    storage.hint(STREAM, "m", [delta("m", 0), delta("m", 1)])
    late = await storage.tail(STREAM)
    assert [entry.hint for entry in await read_all(late)] == [False, True, True]


async def test_ending_a_stream_shows_the_last_entry_and_leaves_nothing(storage: Storage) -> None:
    await storage.append(STREAM, [note("a")])
    tail = await storage.tail(STREAM)
    assert texts(await read_all(tail)) == ["a"]
    async with storage.batch() as batch:
        batch.end_stream(STREAM, [note("deleted")])
    assert [text async for entries in tail for text in texts(entries)] == ["deleted"]
    assert tail.ended
    assert await storage.head(STREAM) == 0
    with pytest.raises(NotFound):
        await storage.tail(STREAM)
    storage.hint(STREAM, "m", [delta("m", 0)])


async def test_a_far_behind_follower_of_a_stream_that_ends_is_ended(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RING_ENTRIES", 4)
    await storage.append(STREAM, [note("0")])
    tail = await storage.tail(STREAM)
    for number in range(20):
        await storage.append(STREAM, [note(str(number))])
    async with storage.batch() as batch:
        batch.end_stream(STREAM, [note("deleted")])
    entries = await read_all(tail)
    assert texts(entries)[-1] == "deleted"
    assert tail.ended


async def test_cursors_of_another_history_are_refused(storage: Storage) -> None:
    head = (await storage.append(STREAM, [note("a")]))[0]
    with pytest.raises(CursorReset) as caught:
        await storage.tail(STREAM, head + 1)
    assert caught.value.head == head
    with pytest.raises(NotFound):
        await storage.tail("chat/unknown")
    assert storage.streams.peek(("system", "chat/unknown")) is None


async def test_a_stream_nobody_needs_leaves_memory_and_keeps_its_numbers(storage: Storage, clock: ManualClock) -> None:
    tail = None
    last = 0
    for _ in range(3):
        clock.time -= 10
        offsets = await storage.append(STREAM, [note("a")])
        assert offsets[0] > last
        last = offsets[0]
        tail = await storage.tail(STREAM, last)
        tail.close()
        assert storage.streams.peek(("system", STREAM)) is None


async def test_memory_has_the_durable_entries_of_a_followed_stream_and_says_when_it_has_not_all(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RING_ENTRIES", 4)
    [first] = await storage.append(STREAM, [note("a")])
    assert storage.recent(STREAM, 0) is None  # nobody follows it
    tail = await storage.tail(STREAM)
    assert storage.recent(STREAM, 0) is None  # what is before the follower came is in storage
    storage.hint(STREAM, "m", [delta("m", 0)])
    [second] = await storage.append(STREAM, [note("b")])
    assert storage.recent(STREAM, first) == [entry for entry in await storage.read(STREAM, first) if not entry.hint]
    assert storage.recent(STREAM, second) == []
    for text in "cdefgh":
        await storage.append(STREAM, [note(text)])
    assert storage.recent(STREAM, first) is None  # the ring has forgotten the first of them
    tail.close()


async def test_closing_storage_ends_every_follower(storage: Storage) -> None:
    await storage.append(STREAM, [note("a")])
    tail = await storage.tail(STREAM)
    follower = asyncio.create_task(read_to_end(tail))
    await asyncio.sleep(0)
    await storage.close()
    assert texts(await follower) == ["a"]


async def read_to_end(tail: Tail) -> list[Entry]:
    return [entry async for entries in tail for entry in entries]


@dataclass
class Follower:
    """Checks what a client may conclude: offsets grow, the chain of durable entries has no gap."""

    tail: Tail
    durable: int
    seen: list[int] = field(default_factory=list)
    hints: dict[str, list[int]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    async def step(self, limit: int) -> bool:
        entries = self.tail.take(limit)
        if entries is None:
            entries = await self.tail.load(limit)
            progressed = True
        else:
            progressed = bool(entries)
        for entry in entries:
            self.check(entry)
        return progressed

    def check(self, entry: Entry) -> None:
        event = orjson.loads(entry.encoded)
        assert not self.seen or entry.offset > self.seen[-1]
        assert entry.prev == self.durable, "a gap"
        assert event["offset"] == str(entry.offset)
        self.seen.append(entry.offset)
        if entry.hint:
            self.hints.setdefault(event["data"]["message"], []).append(event["data"]["index"])
        else:
            self.durable = entry.offset
            self.whole.add(event["data"].get("text", ""))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("durable"), st.integers(1, 3)),
        st.tuples(st.just("conflict"), st.just(0)),
        st.tuples(st.just("hint"), st.integers(1, 70)),
        st.tuples(st.just("complete"), st.just(0)),
        st.tuples(st.just("follow"), st.integers(0, 100)),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("read"), st.integers(1, 50)),
        st.tuples(st.just("let_go"), st.integers(1, 3)),
        st.tuples(st.just("fail"), st.just(0)),
        st.tuples(st.just("tick"), st.integers(-5, 5)),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_no_follower_ever_sees_a_gap_or_a_duplicate(steps: list[tuple[str, int]]) -> None:
    asyncio.run(Model().run(steps))


class Model:
    """One stream under random writers, readers, failures and clocks, against the list of what was acknowledged."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.adapter = HeldStorageAdapter()
        self.storage = Storage(self.adapter, self.clock.now)
        self.followers: list[Follower] = []
        self.acknowledged: list[int] = []
        self.messages = 0
        self.index = 0
        self.writers: set[asyncio.Task[None]] = set()

    async def run(self, steps: list[tuple[str, int]]) -> None:
        small = (streams.RING_ENTRIES, streams.RING_BYTES)
        streams.RING_ENTRIES, streams.RING_BYTES = 16, 4096
        try:
            await self.write([note("start")])
            self.adapter.hold = True
            for name, argument in steps:
                await getattr(self, name)(argument)
            await self.settle()
            await self.verify()
        finally:
            streams.RING_ENTRIES, streams.RING_BYTES = small
            await self.storage.close()

    async def write(self, entries: list[NewEntry], trims: tuple[str, ...] = ()) -> None:
        try:
            async with self.storage.batch() as batch:
                offsets = batch.append(STREAM, entries, trims)
        except StorageFailed:
            return
        self.acknowledged += offsets

    async def start(self, entries: list[NewEntry], trims: tuple[str, ...] = ()) -> None:
        task = asyncio.create_task(self.write(entries, trims))
        self.writers.add(task)
        task.add_done_callback(self.writers.discard)
        await asyncio.sleep(0)

    async def durable(self, count: int) -> None:
        await self.start([note(f"n{number}") for number in range(count)])

    async def conflict(self, _: int) -> None:
        await self.start([note("doomed")])

    async def hint(self, count: int) -> None:
        message = f"m{self.messages}"
        self.storage.hint(STREAM, message, [delta(message, self.index + n) for n in range(count)])
        self.index += count

    async def complete(self, _: int) -> None:
        message = f"m{self.messages}"
        await self.start([note(f"whole {message}")], (message,))
        self.messages, self.index = self.messages + 1, 0

    async def follow(self, percent: int) -> None:
        if self.acknowledged:
            at = self.acknowledged[(len(self.acknowledged) - 1) * percent // 100]
            self.followers.append(Follower(await self.storage.tail(STREAM, at), at))

    async def leave(self, index: int) -> None:
        if index < len(self.followers):
            gone = self.followers.pop(index)
            gone.tail.close()
            if gone.seen and index % 2:
                cursor = gone.seen[-1]
                back = Follower(
                    await self.storage.tail(STREAM, cursor), gone.durable, gone.seen, gone.hints, gone.whole
                )
                self.followers.append(back)

    async def read(self, limit: int) -> None:
        for follower in self.followers:
            await follower.step(limit)

    async def let_go(self, count: int) -> None:
        for _ in range(count):
            if self.adapter.held:
                self.adapter.let_go()
        for _ in range(3):
            await asyncio.sleep(0)

    async def fail(self, _: int) -> None:
        if len(self.adapter.held) == 1:
            self.adapter.fail(StorageFailed("disk full"))
            await asyncio.sleep(0)

    async def tick(self, seconds: int) -> None:
        self.clock.time += seconds

    async def settle(self) -> None:
        self.adapter.hold = False
        while self.adapter.held:
            self.adapter.let_go()
        while self.writers:
            await asyncio.wait(self.writers)
        await self.write([note("end")])

    async def verify(self) -> None:
        fresh = Follower(await self.storage.tail(STREAM, 0), 0)
        for follower in [*self.followers, fresh]:
            while await follower.step(9):
                pass
            missing = set(self.acknowledged) - set(follower.seen)
            start = follower.seen[0] if follower.seen else self.acknowledged[-1]
            assert not [offset for offset in missing if offset > start], "an acknowledged entry was not shown"
            for message, indexes in follower.hints.items():
                if f"whole {message}" not in follower.whole and indexes:
                    assert indexes == list(range(indexes[0], indexes[-1] + 1)), "deltas are missing"
        assert fresh.seen[0] == self.acknowledged[0]
        assert "end" in fresh.whole
