"""Lists of sessions: filters, orders, pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.plugins.sessions.listing import SORTS, selection
from atrium.sdk import InvalidInput
from atrium.testing.clock import ManualClock
from tests.sessions.hub import ALICE, Hub


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
    whole, _ = selection(limit=500, sort=sort).page(rows)
    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        page, cursor = selection(limit=limit, sort=sort, cursor=cursor).page(rows)
        paged += page
        if cursor is None:
            break
    assert paged == whole
    assert len(whole) == len(rows)
