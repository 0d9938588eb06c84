"""History read backwards: the same entries as forwards, whatever the gaps between offsets."""

from typing import Any

import httpx
import orjson
import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions import Sessions
from atrium.plugins.sessions.history import page_before
from atrium.plugins.sessions.limits import MAX_PAGE_BYTES
from atrium.sdk import InvalidInput, NewEntry
from atrium.sdk.spi import StreamKey, StreamPage
from atrium.testing.clock import ManualClock
from tests.gateway.house import house_with
from tests.sessions.hub import ALICE, BOB, Hub, Scripted

GAPS = (0.0, 0.0, 1e-5, 0.3, 60.0, 86_400.0, 4e7)


async def conversation(adapter: Any, turns: int = 12) -> tuple[Hub, str]:
    """Return a hub with a session whose entries stand close together, and years apart."""
    clock = ManualClock()
    hub = await Hub(adapter, clock=clock).start()
    session_id = await hub.create()
    for number in range(turns):
        clock.time += GAPS[number % len(GAPS)]
        await hub.ask(session_id, f"say {number}")
    return hub, session_id


async def backwards(hub: Hub, session_id: str, limit: int) -> list[int]:
    """Return all offsets, read from the end by pages."""
    found: list[int] = []
    before = (1 << 63) - 1
    while page := await page_before(hub.storage, session_id, before, limit):
        assert len(page) <= limit
        found[:0] = [entry.offset for entry in page]
        before = found[0]
    return found


async def test_pages_from_the_end_together_are_the_history(adapter: Any) -> None:
    hub, session_id = await conversation(adapter)
    forwards = [int(entry["offset"]) for entry in await hub.entries(session_id, hints=True)]
    for limit in (1, 2, 3, 10, 47, 48, 49, 500):
        assert await backwards(hub, session_id, limit) == forwards
    await hub.stop()


async def test_every_place_has_the_entries_before_it(adapter: Any) -> None:
    hub, session_id = await conversation(adapter, turns=7)
    entries = await hub.storage.read(f"sessions/{session_id}")
    for place in sorted({entry.offset + step for entry in entries for step in (-1, 0, 1)} | {0, 1}):
        expected = [entry for entry in entries if entry.offset < place][-5:]
        assert await page_before(hub.storage, session_id, place, 5) == expected
    await hub.stop()


async def test_what_was_copied_at_once_is_paged_too(hub: Hub) -> None:
    session_id = await hub.create()
    for number in range(6):
        await hub.ask(session_id, f"say {number}")
    copy = (await hub.sessions.fork(ALICE, session_id)).session_id
    forwards = [int(entry["offset"]) for entry in await hub.entries(copy)]
    assert len(forwards) == 12
    assert await backwards(hub, copy, 5) == forwards


async def test_deltas_that_are_stored_come_as_they_do_forwards(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say before")
    group, stream = "m", f"sessions/{session_id}"
    hints = [NewEntry("sessions.message.delta.v1", {"index": number}) for number in range(40)]
    hub.storage.hint(stream, group, hints)
    await hub.sessions.update(ALICE, session_id, {"title": "stores what was pending"})
    entries = await hub.storage.read(stream)
    assert sum(entry.hint for entry in entries) >= 40
    for limit in (1, 7, 39, 41):
        assert await backwards(hub, session_id, limit) == [entry.offset for entry in entries]
    inside = next(entry.offset for entry in entries if entry.hint) + 20
    expected = [entry for entry in entries if entry.offset < inside][-10:]
    assert await page_before(hub.storage, session_id, inside, 10) == expected


async def test_a_page_ends_where_it_has_enough_bytes_but_is_never_empty(small: Hub) -> None:
    session_id = await small.create()
    big = "x" * (MAX_PAGE_BYTES // 8)
    for _ in range(10):
        await small.ask(session_id, f"fail {big}")
    page = await page_before(small.storage, session_id, 1 << 62, 500)
    assert sum(len(entry.encoded) for entry in page) <= MAX_PAGE_BYTES
    assert sum(entry.type == "sessions.message.added.v1" for entry in page) == 7
    assert await backwards(small, session_id, 500) == [int(e["offset"]) for e in await small.entries(session_id)]
    huge = [NewEntry("sessions.message.completed.v1", {"content": "x" * (MAX_PAGE_BYTES + 1)})]
    async with small.storage.batch() as batch:
        batch.append(f"sessions/{session_id}", huge)
    assert len(await page_before(small.storage, session_id, 1 << 62, 500)) == 1


class CountingStorageAdapter(MemoryStorageAdapter):
    """The memory adapter; counts the rows that are read of streams."""

    rows = 0

    async def read(self, stream: StreamKey, after: int, limit: int) -> StreamPage:
        page = await super().read(stream, after, limit)
        self.rows += len(page.rows)
        return page


async def test_a_page_of_a_long_history_does_not_read_the_rest() -> None:
    adapter = CountingStorageAdapter()
    hub, session_id = await conversation(adapter, turns=500)
    forwards = await hub.entries(session_id)
    assert len(forwards) == 2_000
    for before in (forwards[-1], forwards[1_000], forwards[150]):
        adapter.rows = 0
        assert len(await page_before(hub.storage, session_id, int(before["offset"]), 20)) == 20
        assert adapter.rows < 1_000
    await hub.stop()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"before": "x"}, "before"),
        ({"before": "-1"}, "before"),
        ({"before": "007"}, "before"),
        ({"before": "9223372036854775808"}, "before"),
        ({"before": "7", "after": "0"}, "before"),
        ({"before": "7", "last_event_id": "0"}, "before"),
        ({"before": "7", "follow": True}, "before"),
        ({"before": "7", "limit": 0}, "limit"),
        ({"before": "7", "limit": 501}, "limit"),
        ({"limit": 10}, "limit"),
        ({"limit": 10, "after": "0"}, "limit"),
    ],
    ids=str,
)
async def test_wrong_pages_name_the_field(small: Hub, wanted: dict[str, Any], field: str) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.events_of(ALICE, session_id, **wanted)
    assert [wrong.field for wrong in refused.value.fields] == [field]


async def test_anothers_history_is_not_there(small: Hub) -> None:
    session_id = await small.create()
    with pytest.raises(Exception, match="there is no session"):
        await small.sessions.events_of(BOB, session_id, before="7")


def lines(answer: httpx.Response) -> list[Any]:
    return [orjson.loads(line) for line in answer.text.splitlines()]


async def test_backwards_over_the_wire_has_the_forms_of_forwards() -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}/events"
        end = str((1 << 63) - 1)
        empty = await http.get(path, params={"before": end})
        assert (empty.status_code, empty.content) == (200, b"")
        await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi"})
        async with http.stream("GET", path, params={"follow": "true"}) as answer:
            async for line in answer.aiter_lines():
                if "sessions.turn.completed.v1" in line:
                    break
        forwards = await http.get(path)
        whole = await http.get(path, params={"before": end, "limit": "500"})
        assert (whole.status_code, whole.text) == (200, forwards.text)
        assert whole.headers["content-type"] == forwards.headers["content-type"] == "application/x-ndjson"
        assert whole.headers["cache-control"] == "no-store"
        last = lines(await http.get(path, params={"before": end, "limit": "1"}))
        assert last == lines(forwards)[-1:]
        rest = lines(await http.get(path, params={"before": last[0]["offset"]}))
        assert rest == lines(forwards)[:-1]
        assert rest[0]["prev"] == "0"
        accept = {"Accept": "text/event-stream"}
        events = await http.get(path, params={"before": end}, headers=accept)
        streamed = await http.get(path, headers=accept)
        assert (events.text, events.headers["content-type"]) == (streamed.text, streamed.headers["content-type"])
        wrong = await http.get(path, params={"before": "x"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "before")
        assert (await http.get("/sessions/nonsense/events", params={"before": "7"})).status_code == 404
