import asyncio
import math

import pytest

from atrium.kernel.storage import Storage
from atrium.sdk import (
    ABSENT,
    EXISTS,
    Conflict,
    Document,
    InvalidInput,
    NewEntry,
    NotFound,
    StorageFailed,
    Topic,
)
from atrium.testing.clock import ManualClock
from atrium.testing.held_storage import HeldStorageAdapter


async def test_the_seeds_calls(storage: Storage) -> None:
    await storage.set("devices", "lamp_1", {"name": "Лампа в спальне", "state": "off", "brightness": 0})
    await storage.set("devices", "lamp_2", {})
    assert await storage.get("devices", "lamp_1") == {"name": "Лампа в спальне", "state": "off", "brightness": 0}
    assert await storage.list_keys("devices") == ["lamp_1", "lamp_2"]
    assert await storage.list_keys("devices", "lamp_2") == ["lamp_2"]
    await storage.delete("devices", "lamp_1")
    await storage.delete("devices", "lamp_1")
    assert await storage.get("devices", "lamp_1") is None
    assert await storage.list_keys("devices") == ["lamp_2"]


async def test_spaces_do_not_see_each_other(storage: Storage) -> None:
    await storage.set("notes", "n", "ann's", space="user/ann")
    await storage.set("notes", "n", "bob's", space="user/bob")
    assert await storage.get("notes", "n", space="user/ann") == "ann's"
    assert await storage.get("notes", "n") is None
    assert await storage.list_keys("notes") == []
    assert await storage.spaces("notes") == ["user/ann", "user/bob"]
    await storage.delete_all("notes", space="user/ann")
    assert await storage.get("notes", "n", space="user/bob") == "bob's"


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, {"deep": [1, {"x": -math.inf}]}, object(), {1: 2}, 1 << 64, "\ud800"]
)
async def test_values_without_an_exact_json_form_are_refused_by_name(storage: Storage, value: object) -> None:
    with pytest.raises(InvalidInput, match="notes/n"):
        await storage.set("notes", "n", value)
    assert await storage.get("notes", "n") is None


async def test_a_null_is_a_value_of_its_own(storage: Storage) -> None:
    await storage.set("notes", "n", {"a": None})
    assert await storage.get("notes", "n") == {"a": None}
    await storage.set("notes", "n", None)
    assert await storage.find("notes", "n") is not None


async def test_more_keys_than_a_page_are_listed_and_deleted(storage: Storage) -> None:
    keys = [f"{number:05}" for number in range(2_500)]
    async with storage.batch("user/x") as batch:
        for key in keys:
            batch.set("many", key, 1)
    assert await storage.list_keys("many", space="user/x") == keys
    await storage.delete_all("many", space="user/x")
    assert await storage.list_keys("many", space="user/x") == []


async def test_a_batch_is_stored_whole_or_not_at_all(storage: Storage) -> None:
    async with storage.batch() as batch:
        batch.set("a", "1", 1)
        batch.set("b", "1", 2)
        batch.append("a/1", [NewEntry("a.x.v1", {})])
    assert (await storage.get("a", "1"), await storage.get("b", "1")) == (1, 2)
    with pytest.raises(Conflict):
        async with storage.batch() as batch:
            batch.require("a", "1", ABSENT)
            batch.set("b", "1", 3)
            batch.append("a/1", [NewEntry("a.y.v1", {})])
    assert await storage.get("b", "1") == 2
    assert [entry.type for entry in await storage.read("a/1")] == ["a.x.v1"]


async def test_a_block_that_raises_stores_nothing(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with storage.batch() as batch:
            batch.set("a", "1", 1)
            batch.append("a/1", [NewEntry("a.x.v1", {})])
            raise ZeroDivisionError
    assert await storage.get("a", "1") is None
    assert await storage.read("a/1") == []
    assert storage.streams.peek(("system", "a/1")) is None


async def test_requirements_name_revisions_presence_and_absence(storage: Storage) -> None:
    revision = await storage.set("a", "1", 1)
    for required in (revision, EXISTS):
        async with storage.batch() as batch:
            batch.require("a", "1", required)
            batch.set("a", "seen", str(required))
    for required in (revision - 1, ABSENT):
        with pytest.raises(Conflict):
            async with storage.batch() as batch:
                batch.require("a", "1", required)
                batch.set("a", "seen", "never")
    assert await storage.get("a", "seen") == str(EXISTS)


async def test_update_retries_until_nobody_interferes(storage: Storage) -> None:
    results = await asyncio.gather(*(storage.update("n", "count", lambda value: (value or 0) + 1) for _ in range(20)))
    assert await storage.get("n", "count") == 20
    assert sorted(document.value for document in results) == list(range(1, 21))
    assert isinstance(results[0], Document)


async def test_queries_use_declared_indexes_page_by_page(storage: Storage) -> None:
    await storage.declare_index("tasks", ("state", "rank"))
    async with storage.batch() as batch:
        for number in range(25):
            batch.set("tasks", f"t{number:02}", {"state": "open" if number % 2 else "done", "rank": number // 4})
    seen: list[str] = []
    cursor = None
    while True:
        page = await storage.query("tasks", {"state": "open"}, "-rank", 5, cursor)
        seen += [document.key for document in page.documents]
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted(seen, key=lambda key: (int(key[1:]) // 4, key), reverse=True)
    assert len(seen) == 12


@pytest.mark.parametrize(
    ("where", "order", "limit", "after", "says"),
    [
        ({"owner": "x"}, None, 10, None, "no index over"),
        ({}, "owner", 10, None, "no index over"),
        ({"state": "open"}, "name", 10, None, "no index over"),
        ({"state": "open"}, "rank", 0, None, "limit"),
        ({"state": "open"}, "rank", 5000, None, "limit"),
        ({"state": "open"}, "rank", 10, "!!", "cursor"),
        ({"state": "open"}, "rank", 10, "e30", "cursor"),
        ({"state": "open"}, "rank", 10, "W1tdLCJhIl0", "cursor"),
    ],
)
async def test_a_query_that_cannot_be_answered_says_why(
    storage: Storage, where: dict[str, str], order: str | None, limit: int, after: str | None, says: str
) -> None:
    await storage.declare_index("tasks", ("state", "rank"))
    with pytest.raises(InvalidInput, match=says):
        await storage.query("tasks", where, order, limit, after)


NOTES = (
    Topic("notes", shows=("title",)),
    Topic("notes/{key}"),
    Topic("notes", collection="stats", shows=("count",)),
    Topic("notes/{key}", collection="stats"),
)


async def test_a_topic_is_bumped_only_by_what_it_shows(storage: Storage) -> None:
    storage.topics.declare("notes", NOTES)
    listed: list[int] = []
    single: list[int] = []
    storage.watch("notes", listed.append, space="user/x")
    storage.watch("notes/a", single.append, space="user/x")
    first = await storage.set("notes", "a", {"title": "A", "body": "1"}, space="user/x")
    second = await storage.set("notes", "a", {"title": "A", "body": "2"}, space="user/x")
    third = await storage.set("notes.stats", "a", {"count": 1, "hidden": True}, space="user/x")
    await storage.set("notes", "a", {"title": "other"}, space="user/y")
    assert (listed, single) == ([first, third], [first, second, third])
    snapshot = await storage.snapshot("notes", space="user/x")
    assert (snapshot.revision, snapshot.data) == (third, [{"id": "a", "title": "A", "count": 1}])
    one = await storage.snapshot("notes/a", space="user/x")
    assert one.data == {"id": "a", "title": "A", "body": "2", "count": 1, "hidden": True}
    assert one.revision == third
    await storage.delete("notes", "a", space="user/x")
    assert len(listed) == len(single) - 1 == 3
    assert (await storage.snapshot("notes", space="user/x")).data == []
    with pytest.raises(NotFound):
        await storage.snapshot("notes/a", space="user/x")


@pytest.mark.parametrize("topic", ["nothing", "notes/", "other/a", "", "/"])
async def test_only_declared_topics_can_be_watched_or_read(storage: Storage, topic: str) -> None:
    storage.topics.declare("notes", NOTES)
    with pytest.raises(NotFound):
        storage.watch(topic, lambda revision: None)
    with pytest.raises(NotFound):
        await storage.snapshot(topic)


async def test_a_withdrawn_topic_is_gone_and_a_watch_can_be_ended(storage: Storage) -> None:
    withdraw = storage.topics.declare("notes", NOTES)
    seen: list[int] = []
    end = storage.watch("notes", seen.append)
    end()
    others: list[int] = []
    storage.watch("notes", others.append)
    end()
    revision = await storage.set("notes", "a", {"title": "A"})
    assert (seen, others) == ([], [revision])
    withdraw()
    with pytest.raises(NotFound):
        storage.watch("notes", seen.append)


def fail(*_: object) -> None:
    """Fail as a callback of somebody's may."""
    raise RuntimeError("mine alone")


async def test_a_callback_that_fails_harms_neither_the_commit_nor_the_others(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    storage.topics.declare("notes", NOTES)
    heard: list[int] = []
    storage.watch("notes", fail)
    storage.watch("notes", heard.append)
    async with asyncio.timeout(50):
        async with storage.batch() as batch:
            batch.set("notes", "a", {"title": "A"})
            batch.after(fail)
            batch.after(lambda: heard.append(0))
    assert heard == [batch.revision, 0]
    assert caplog.messages == ["callback failed"] * 2


async def test_a_follower_whose_call_fails_keeps_no_other_from_being_woken(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    entry = NewEntry("notes.note.added.v1", {})
    (head,) = await storage.append("notes/1", [entry])
    woken: list[int] = []
    tails = [await storage.tail("notes/1", head, call) for call in (fail, lambda: woken.append(1), fail)]
    (new,) = await storage.append("notes/1", [entry])
    assert [[one.offset for one in tail.take() or ()] for tail in tails] == [[new]] * 3
    assert woken == [1]
    assert caplog.messages == ["callback failed"] * 2
    await storage.close()
    assert all(tail.ended for tail in tails)


async def test_revisions_grow_over_restarts_and_clock_jumps(storage: Storage, clock: ManualClock) -> None:
    first = await storage.set("a", "1", 1)
    offset = (await storage.append("a/s", [NewEntry("a.x.v1", {})]))[0]
    clock.time -= 3600
    second = await storage.set("a", "1", 2)
    assert second > first
    await storage.close()
    reopened = Storage(storage.adapter, clock.now)
    await reopened.open()
    assert await reopened.set("a", "1", 3) > second
    assert (await reopened.append("a/s", [NewEntry("a.x.v1", {})]))[0] > offset


async def test_what_follows_a_commit_happens_though_the_caller_was_cancelled(clock: ManualClock) -> None:
    adapter = HeldStorageAdapter()
    storage = Storage(adapter, clock.now)
    await storage.open()
    storage.topics.declare("notes", NOTES)
    seen: list[int] = []
    done = asyncio.Event()
    storage.watch("notes", seen.append)
    adapter.hold = True

    async def write() -> None:
        async with storage.batch() as batch:
            batch.set("notes", "a", {"title": "A"})
            batch.append("notes/a", [NewEntry("notes.x.v1", {})])
            batch.after(done.set)

    writer = asyncio.create_task(write())
    await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait([writer])
    assert writer.cancelled()
    adapter.let_go()
    await done.wait()
    assert len(seen) == 1
    assert await storage.get("notes", "a") == {"title": "A"}


async def test_a_failed_commit_raises_and_shows_nothing(clock: ManualClock) -> None:
    adapter = HeldStorageAdapter()
    storage = Storage(adapter, clock.now)
    await storage.append("a/s", [NewEntry("a.one.v1", {})])
    tail = await storage.tail("a/s")
    adapter.hold = True
    writes = [asyncio.create_task(storage.append("a/s", [NewEntry(f"a.{name}.v1", {})])) for name in ("two", "three")]
    await asyncio.sleep(0)
    storage.hint("a/s", "g", [NewEntry("a.hint.v1", {})])
    adapter.fail(StorageFailed("disk full"))
    adapter.let_go()
    with pytest.raises(StorageFailed, match="disk full"):
        await writes[0]
    await writes[1]
    entries = await tail.load() + (tail.take() or [])
    assert [entry.type for entry in entries] == ["a.one.v1", "a.three.v1", "a.hint.v1"]
    assert entries[1].prev == entries[0].offset
    adapter.hold = False
    tail.close()


async def test_waiting_between_append_and_the_end_of_the_block_is_safe(storage: Storage) -> None:
    with pytest.raises(Conflict, match="a/s"):
        async with storage.batch() as batch:
            batch.append("a/s", [NewEntry("a.first.v1", {})])
            await storage.append("a/s", [NewEntry("a.second.v1", {})])
    assert [entry.type for entry in await storage.read("a/s")] == ["a.second.v1"]
