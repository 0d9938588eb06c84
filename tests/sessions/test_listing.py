"""Lists of sessions: filters, orders, pages."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions import Sessions
from atrium.plugins.sessions.selection import SORTS, Filters, filters, selection
from atrium.sdk import InvalidInput
from atrium.sdk.spi import Address, Query, Selection, StoredDocument, TopicKey
from atrium.testing.clock import ManualClock
from tests.gateway.house import house_with
from tests.sessions.hub import ALICE, Hub, Scripted


async def ids(hub: Hub, **wanted: Any) -> list[str]:
    return [row["metadata"]["title"] for row in (await hub.sessions.list_sessions(ALICE, **wanted)).data]


async def test_lists_filter_sort_and_page(adapter: Any) -> None:
    clock = ManualClock()
    hub = await Hub(adapter, clock=clock).start()
    made = {}
    for title, tags, provider in (("b", ["x"], "echo"), ("A", ["x", "y"], "other"), ("c", [], "echo")):
        clock.time += 1
        made[title] = await hub.create(metadata={"title": title, "tags": tags}, provider_id=provider)
    clock.time += 1
    await hub.ask(made["b"], "say x")
    assert await ids(hub) == ["b", "c", "A"]
    assert await ids(hub, sort="updatedAt") == ["A", "c", "b"]
    assert await ids(hub, sort="createdAt") == ["b", "A", "c"]
    assert await ids(hub, sort="-createdAt") == ["c", "A", "b"]
    assert await ids(hub, sort="title") == ["A", "b", "c"]
    assert await ids(hub, status="active") == ["b"]
    assert await ids(hub, status="created", sort="title") == ["A", "c"]
    assert await ids(hub, tag="x", sort="title") == ["A", "b"]
    assert await ids(hub, provider_id="other") == ["A"]
    assert await ids(hub, sort="title", offset=1, limit=1) == ["b"]
    resource = await hub.sessions.list_sessions(ALICE, limit=2, sort="title")
    assert resource.extra["nextCursor"]
    rest = await hub.sessions.list_sessions(ALICE, limit=2, sort="title", cursor=resource.extra["nextCursor"])
    assert [row["metadata"]["title"] for row in rest.data] == ["c"]
    assert rest.extra["nextCursor"] is None
    assert resource.revision == (await hub.storage.snapshot("sessions")).revision
    await hub.stop()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": True}, "limit"),
        ({"offset": -1}, "offset"),
        ({"status": "asleep"}, "status"),
        ({"sort": "color"}, "sort"),
        ({"sort": ""}, "sort"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "WzEsMiwzXQ"}, "cursor"),
        ({"cursor": "bnVsbA"}, "cursor"),
        ({"q": ""}, "q"),
        ({"q": "  "}, "q"),
        ({"q": "two\nlines"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "half \ud800"}, "q"),
        ({"q": 7}, "q"),
    ],
    ids=str,
)
async def test_wrong_requests_name_the_field(small: Hub, wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.list_sessions(ALICE, **wanted)
    assert [wrong.field for wrong in refused.value.fields] == [field]


async def test_a_cursor_is_good_for_its_own_order_only(small: Hub) -> None:
    for _ in range(2):
        await small.create()
    cursor = (await small.sessions.list_sessions(ALICE, limit=1)).extra["nextCursor"]
    with pytest.raises(InvalidInput, match="sorted by"):
        await small.sessions.list_sessions(ALICE, sort="title", cursor=cursor)


async def test_a_search_finds_each_word_in_the_title_or_a_tag(hub: Hub) -> None:
    for title, tags in (("Garden plan", ["home"]), ("STRASSE", ["Été"]), ("Plan of the trip", ["été", "2026"])):
        await hub.create(metadata={"title": title, "tags": tags})
    assert await ids(hub, q="PLAN", sort="title") == ["Garden plan", "Plan of the trip"]
    assert await ids(hub, q=" plan  home ") == ["Garden plan"]
    assert await ids(hub, q="ÉTÉ", sort="createdAt") == ["STRASSE", "Plan of the trip"]
    assert await ids(hub, q="straße") == ["STRASSE"]
    assert await ids(hub, q="plan 202", tag="été") == ["Plan of the trip"]
    assert await ids(hub, q="nowhere") == []


async def test_marks_filter(hub: Hub) -> None:
    plain, pinned, both = [await hub.create(metadata={"title": title}) for title in ("plain", "pinned", "both")]
    for session_id in (pinned, both):
        await hub.sessions.update(ALICE, session_id, pinned=True)
    for session_id in (plain, both):
        await hub.ask(session_id, "say x")
    assert await ids(hub, pinned=True) == ["both", "pinned"]
    assert await ids(hub, pinned=True, sort="createdAt", limit=1) == ["pinned"]
    assert await ids(hub, pinned=False) == ["plain"]
    assert await ids(hub, unread=True, sort="createdAt") == ["plain", "both"]
    assert await ids(hub, unread=False) == ["pinned"]
    assert await ids(hub, unread=True, pinned=True, sort="title") == ["both"]
    await hub.sessions.delete(ALICE, both)
    assert await ids(hub, pinned=True) == ["pinned"]


async def crowd(adapter: Any) -> Hub:
    """Return a hub with sessions that differ in all that a list can be asked for."""
    clock = ManualClock()
    hub = await Hub(adapter, clock=clock).start()
    for number in range(24):
        clock.time += number % 3
        tags = [tag for tag, every in (("two", 2), ("three", 3)) if not number % every]
        provider = "other" if number % 5 == 0 else "echo"
        title = f"{'AbC'[number % 3]} {number}"
        session_id = await hub.create(provider_id=provider, metadata={"title": title, "tags": tags})
        if not number % 4:
            await hub.ask(session_id, "say x")
        if not number % 6:
            await hub.sessions.update(ALICE, session_id, pinned=True)
    return hub


WANTED: list[dict[str, Any]] = [
    {},
    {"status": "active"},
    {"status": "created"},
    {"status": "cold"},
    {"provider_id": "other"},
    {"tag": "two"},
    {"q": "a 1"},
    {"pinned": True},
    {"pinned": False},
    {"unread": True},
    {"unread": False, "tag": "three", "provider_id": "echo"},
    {"pinned": True, "status": "active", "q": "two"},
]


async def test_what_is_read_by_indexes_is_what_the_whole_list_gives(adapter: Any) -> None:
    hub = await crowd(adapter)
    for wanted in WANTED:
        for sort in SORTS:
            snapshot = await hub.storage.snapshot("sessions")
            whole, _ = selection(filters(**wanted), limit=500, sort=sort).page(snapshot.data)
            expected = [row["id"] for row in whole]
            for limit in (1, 7, 500):
                assert await paged(hub, wanted, sort, limit) == expected, (wanted, sort, limit)
            skipped = await hub.sessions.list_sessions(ALICE, offset=3, limit=5, sort=sort, **wanted)
            assert [row["id"] for row in skipped.data] == expected[3:8]
            assert skipped.revision == snapshot.revision
    await hub.stop()


async def paged(hub: Hub, wanted: dict[str, Any], sort: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = await hub.sessions.list_sessions(ALICE, limit=limit, sort=sort, cursor=cursor, **wanted)
        assert len(page.data) <= limit
        found += [row["id"] for row in page.data]
        cursor = page.extra["nextCursor"]
        if cursor is None:
            return found


class CountingStorageAdapter(MemoryStorageAdapter):
    """The memory adapter; counts the documents that are read."""

    documents = 0

    async def get(self, address: Address) -> StoredDocument | None:
        self.documents += 1
        return await super().get(address)

    async def query(self, queries: Sequence[Query], topic: TopicKey | None = None) -> Selection:
        selected = await super().query(queries, topic)
        self.documents += sum(map(len, selected.pages))
        return selected


@pytest.mark.parametrize("wanted", [{}, {"sort": "createdAt"}, {"status": "created"}, {"pinned": True}], ids=str)
async def test_a_page_reads_what_it_shows_and_not_the_rest(wanted: dict[str, Any]) -> None:
    adapter = CountingStorageAdapter()
    hub = await Hub(adapter).start()
    made = [await hub.create() for _ in range(300)]
    await hub.sessions.update(ALICE, made[7], pinned=True)
    cursor = (await hub.sessions.list_sessions(ALICE, limit=1)).extra["nextCursor"]
    for more in ({}, {"cursor": cursor} if wanted in ({}, {"status": "created"}) else {}):
        adapter.documents = 0
        await hub.sessions.list_sessions(ALICE, limit=10, **wanted, **more)
        assert adapter.documents <= 2 * 12
    await hub.stop()


async def test_the_revision_is_the_lists_whatever_has_changed(hub: Hub) -> None:
    async def same() -> int:
        listed = (await hub.sessions.list_sessions(ALICE, limit=1)).revision
        assert listed == (await hub.storage.snapshot("sessions")).revision
        return listed

    seen = [await same()]
    session_id = await hub.create()
    seen.append(await same())
    await hub.ask(session_id, "say x")
    seen.append(await same())
    await hub.sessions.update(ALICE, session_id, {"title": "T"})
    seen.append(await same())
    await hub.sessions.put_draft(ALICE, session_id, "not in the list")
    assert await same() == seen[-1]
    await hub.sessions.delete(ALICE, session_id)
    seen.append(await same())
    assert seen == sorted(set(seen))


async def test_sessions_that_come_and_go_do_not_disturb_a_page(hub: Hub) -> None:
    ids_ = [await hub.create(metadata={"title": f"t{n}"}) for n in range(30)]
    listing = asyncio.gather(*(paged(hub, {"q": "t"}, "-updatedAt", 4) for _ in range(5)))
    await asyncio.gather(*(hub.sessions.delete(ALICE, session_id) for session_id in ids_[::2]))
    for found in await listing:
        assert set(ids_[1::2]) <= set(found)
        assert len(found) == len(set(found))


async def test_a_start_on_sessions_of_before_lists_them(adapter: Any, tmp_path: Any) -> None:
    hub = await crowd(adapter)
    for document in (await hub.storage.query(limit=100, collection="activity")).documents:
        old = {name: value for name, value in document.value.items() if name not in {"pinned", "unread", "readOffset"}}
        await hub.storage.set(document.key, old, collection="activity")
    assert len(await paged(hub, {"pinned": False, "unread": False}, "-updatedAt", 10)) == 24
    assert await paged(hub, {"pinned": True}, "-updatedAt", 10) == []
    assert await hub.service("sessions.count_active") == 6
    await hub.stop()


async def test_filters_over_the_wire() -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        made = []
        for title in ("Über den Wolken", "wolkenlos", "Regen"):
            body = {"providerId": "echo", "metadata": {"title": title}}
            made.append((await http.post("/sessions", json=body)).json()["sessionId"])
        await http.patch(f"/sessions/{made[0]}", json={"pinned": True})
        params: dict[str, str] = {"q": "WOLKEN", "pinned": "false", "unread": "false", "limit": "1"}
        answer = await http.get("/sessions", params=params)
        assert [row["id"] for row in answer.json()["data"]] == [made[1]]
        assert answer.json()["nextCursor"] is None
        unchanged = await http.get("/sessions", params=params, headers={"If-None-Match": answer.headers["etag"]})
        assert unchanged.status_code == 304
        for name in ("pinned", "unread"):
            wrong = await http.get("/sessions", params={name: "perhaps"})
            assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, name)
        wrong = await http.get("/sessions", params={"q": ""})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "q")


rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("abc", min_size=1, max_size=3),
            "createdAt": st.text("12", max_size=1),
            "updatedAt": st.text("12", max_size=1),
            "status": st.just("active"),
            "providerId": st.just("echo"),
            "metadata": st.fixed_dictionaries({"title": st.text("aB", max_size=2), "tags": st.just([])}),
        }
    ),
    unique_by=lambda row: str(row["id"]),
    max_size=12,
)


@given(rows=rows, sort=st.sampled_from(SORTS), limit=st.integers(1, 5))
def test_pages_together_are_the_whole_list_in_order(rows: list[dict[str, Any]], sort: str, limit: int) -> None:
    whole, _ = selection(Filters(), limit=500, sort=sort).page(rows)
    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        page, cursor = selection(Filters(), limit=limit, sort=sort, cursor=cursor).page(rows)
        paged += page
        if cursor is None:
            break
    assert paged == whole
    assert len(whole) == len(rows)
