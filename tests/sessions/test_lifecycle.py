"""Creating, renaming, copying and deleting sessions."""

import asyncio
from functools import partial
from typing import Any

import pytest

from atrium.plugins.sessions.limits import MAX_TITLE
from atrium.sdk import CursorReset, EntryStream, InvalidInput, NotFound, PreconditionFailed
from tests.sessions.hub import ALICE, BOB, Hub


async def revision(hub: Hub, session_id: str) -> int:
    return (await hub.sessions.get(ALICE, session_id)).revision


async def events_of(hub: Hub, session_id: str, **wanted: Any) -> EntryStream:
    stream = await hub.sessions.events_of(ALICE, session_id, **wanted)
    assert isinstance(stream, EntryStream)
    return stream


async def test_a_new_session_is_there_at_once(hub: Hub) -> None:
    created = await hub.sessions.create(
        ALICE, "echo", {"model": "m"}, {"title": " A title ", "tags": ["b", "a", "b"]}, hub_url="http://hub.local:8080"
    )
    assert created.status == "created"
    assert created.ws_url == f"ws://hub.local:8080/api/v1/sessions/{created.session_id}/stream"
    session = await hub.get(created.session_id)
    assert session.pop("createdAt") == session.pop("updatedAt")
    assert session == {
        "id": created.session_id,
        "providerId": "echo",
        "status": "created",
        "messageCount": 0,
        "metadata": {"title": "A title", "tags": ["b", "a"]},
        "turn": None,
        "queued": 0,
        "pinned": False,
        "unread": 0,
        "readOffset": "0",
        "forkedFrom": None,
        "fallback": None,
        "model": "m",
        "mode": None,
    }
    assert await hub.messages(created.session_id) == []


async def test_a_new_session_can_be_followed_before_anything_happens_in_it(hub: Hub) -> None:
    session_id = await hub.create()
    stream = await events_of(hub, session_id, follow=True)
    assert (stream.stream, stream.after, stream.follow) == (f"sessions/{session_id}", 0, True)
    tail = await hub.storage.tail(stream.stream, stream.after)
    first = asyncio.ensure_future(anext(aiter(tail)))
    accepted = await hub.send(session_id, "say x")
    assert str((await first)[0].offset) == accepted.offset
    tail.close()
    await hub.idle(session_id)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"provider_id": "nobody"}, "providerId"),
        ({"provider_id": ""}, "providerId"),
        ({"settings": {"big": "x" * 70_000}}, "settings"),
        ({"settings": {"bad": float("nan")}}, "settings"),
        ({"settings": ["list"]}, "settings"),
        ({"settings": {"half": "\ud800"}}, "settings"),
        ({"settings": {"huge": 1 << 70}}, "settings"),
        ({"metadata": {"title": "two\nlines"}}, "metadata.title"),
        ({"metadata": {"title": "x" * (MAX_TITLE + 1)}}, "metadata.title"),
        ({"metadata": {"title": "esc \x1b[31m"}}, "metadata.title"),
        ({"metadata": {"tags": [""]}}, "metadata.tags.0"),
        ({"metadata": {"tags": ["ok", "x" * 65]}}, "metadata.tags.1"),
        ({"metadata": {"tags": [str(n) for n in range(33)]}}, "metadata.tags"),
        ({"metadata": {"tags": "text"}}, "metadata.tags"),
        ({"metadata": {"color": "red"}}, "metadata.color"),
        ({"metadata": "text"}, "metadata.payload"),
        ({"idempotency_key": "two\nlines"}, "Idempotency-Key"),
    ],
    ids=str,
)
async def test_wrong_fields_are_named_and_nothing_is_created(small: Hub, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await small.create(**fields)
    assert [wrong.field for wrong in refused.value.fields] == [named]
    assert (await small.sessions.list_sessions(ALICE)).data == []


async def test_an_idempotency_key_creates_one_session(hub: Hub) -> None:
    ids = await asyncio.gather(*(hub.create(settings={"a": 1}, idempotency_key="k") for _ in range(20)))
    assert len(set(ids)) == 1
    with pytest.raises(InvalidInput, match="another request"):
        await hub.create(settings={"a": 2}, idempotency_key="k")
    await hub.sessions.delete(ALICE, ids[0])
    assert await hub.create(settings={"a": 2}, idempotency_key="k") != ids[0]


async def test_renaming_and_tagging_leave_an_entry_each_and_only_when_something_changes(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.sessions.update(ALICE, session_id, {"title": "New"})
    await hub.sessions.update(ALICE, session_id, {"title": " New "})
    await hub.sessions.update(ALICE, session_id, {})
    resource = await hub.sessions.update(ALICE, session_id, {"title": "Newer", "tags": ["x"]})
    assert resource.data["metadata"] == {"title": "Newer", "tags": ["x"]}
    entries = [(e["type"].split(".")[2], e["data"]) for e in await hub.entries(session_id)]
    assert entries == [
        ("renamed", {"title": "New", "by": "alice"}),
        ("renamed", {"title": "Newer", "by": "alice"}),
        ("tagged", {"tags": ["x"], "by": "alice"}),
    ]
    assert resource.revision == await revision(hub, session_id)


async def test_if_match_survives_messages_but_not_another_rename(hub: Hub) -> None:
    session_id = await hub.create()
    read = await revision(hub, session_id)
    await hub.ask(session_id, "say x")
    renamed = await hub.sessions.update(ALICE, session_id, {"title": "A"}, if_match=f'"{read}"')
    with pytest.raises(PreconditionFailed):
        await hub.sessions.update(ALICE, session_id, {"title": "B"}, if_match=f'"{read}"')
    await hub.sessions.update(ALICE, session_id, {"title": "C"}, if_match=f'"{read}", "{renamed.revision}"')
    await hub.sessions.update(ALICE, session_id, {"title": "D"}, if_match="*")
    assert (await hub.get(session_id))["metadata"]["title"] == "D"


@pytest.mark.parametrize("if_match", ["", "17", '"x"', 'W/"17"', '"017"', '"-1"', '"', '""', '"9" 9"'])
async def test_an_if_match_that_is_no_etag_is_refused_with_an_example(small: Hub, if_match: str) -> None:
    session_id = await small.create()
    with pytest.raises(PreconditionFailed, match="ETag"):
        await small.sessions.update(ALICE, session_id, {"title": "A"}, if_match=if_match)


async def test_one_of_many_renames_at_once_wins(hub: Hub) -> None:
    session_id = await hub.create()
    tag = f'"{await revision(hub, session_id)}"'
    renames = (hub.sessions.update(ALICE, session_id, {"title": str(n)}, if_match=tag) for n in range(10))
    results = await asyncio.gather(*renames, return_exceptions=True)
    assert sum(not isinstance(result, PreconditionFailed) for result in results) == 1


async def test_a_fork_begins_with_the_messages_up_to_an_entry(hub: Hub) -> None:
    session_id = await hub.create(metadata={"title": "Talk", "tags": ["t"]}, settings={"model": "m"})
    await hub.ask(session_id, "say one")
    at = (await hub.entries(session_id))[-1]["offset"]
    await hub.ask(session_id, "say two")
    copy = await hub.sessions.fork(ALICE, session_id, at=at, hub_url="https://h")
    assert copy.ws_url.startswith("wss://h/")
    messages = await hub.messages(copy.session_id)
    originals = await hub.messages(session_id)
    assert [(m["role"], m["content"]) for m in messages] == [(m["role"], m["content"]) for m in originals[:2]]
    assert not {m["id"] for m in messages} & {m["id"] for m in originals}
    assert {m["status"] for m in messages} == {"completed"}
    session = await hub.get(copy.session_id)
    assert session["metadata"] == {"title": "Talk", "tags": ["t"]}
    assert (session["messageCount"], session["status"]) == (2, "created")
    await hub.ask(copy.session_id, "say three")
    request = hub.providers.requests[-1]
    assert [m.content for m in request.history] == ["say one", "you said one "]
    assert request.settings == {"model": "m"}
    assert len(originals) == len(await hub.messages(session_id))


async def test_a_fork_keeps_the_last_answer_of_a_retried_message(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    await hub.sessions.cancel(ALICE, session_id)
    hub.providers.gate("x").set()
    await hub.sessions.retry(ALICE, session_id)
    await hub.idle(session_id)
    copy = await hub.sessions.fork(ALICE, session_id)
    await hub.ask(copy.session_id, "say next")
    assert [m.content for m in hub.providers.requests[-1].history] == ["wait x", "half whole"]
    assert len({m["turnId"] for m in (await hub.messages(copy.session_id))[:3]}) == 1


async def test_a_stopped_session_goes_on_in_a_fork(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    await hub.sessions.stop_session(ALICE, session_id)
    copy = await hub.sessions.fork(ALICE, session_id)
    await hub.ask(copy.session_id, "say y")
    assert (await hub.get(copy.session_id))["messageCount"] == 4


@pytest.mark.parametrize("at", [0, -1, "x", "1.5", True, 1 << 62, "99999999999999999999"])
async def test_a_fork_at_nothing_is_refused(small: Hub, at: Any) -> None:
    session_id = await small.create()
    await small.ask(session_id, "say x")
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.fork(ALICE, session_id, at=at)
    assert [wrong.field for wrong in refused.value.fields] == ["at"]


async def test_delete_removes_everything_and_tells_followers_and_providers(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "say x", token="t")
    await hub.sessions.send(ALICE, session_id, "say y", target_agent="other")
    await hub.send(session_id, "wait z")
    await hub.providers.arrived("z")
    tail = await hub.storage.tail(f"sessions/{session_id}", await hub.storage.head(f"sessions/{session_id}"))
    await hub.sessions.delete(ALICE, session_id)
    types = [entry.type async for batch in tail for entry in batch]
    assert types[-2:] == ["sessions.turn.cancelled.v1", "sessions.session.deleted.v1"]
    for collection in ("", "activity", "turns", "tokens", "deletions", "creations"):
        assert await hub.storage.list_keys(collection=collection) == []
    assert await hub.storage.head(f"sessions/{session_id}") == 0
    assert hub.providers.stopped == [("echo", session_id)]
    assert hub.providers.running == 0
    with pytest.raises(NotFound):
        await hub.sessions.delete(ALICE, session_id)
    with pytest.raises(NotFound):
        await hub.sessions.get(ALICE, session_id)


async def test_deletes_at_once_are_one_delete(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    deletes = (hub.sessions.delete(ALICE, session_id) for _ in range(5))
    results = await asyncio.gather(*deletes, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert all(isinstance(result, NotFound) for result in results if result is not None)


async def test_messages_racing_with_a_delete_are_stored_before_it_or_refused(hub: Hub) -> None:
    session_id = await hub.create()
    sends = [asyncio.create_task(hub.send(session_id, f"say {n}")) for n in range(10)]
    await asyncio.sleep(0)
    await hub.sessions.delete(ALICE, session_id)
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert all(isinstance(result, NotFound) or not isinstance(result, BaseException) for result in results)
    for collection in ("", "activity", "turns", "tokens", "deletions"):
        assert await hub.storage.list_keys(collection=collection) == []


async def test_events_take_the_cursor_of_whoever_reconnects(hub: Hub) -> None:
    session_id = await hub.create()
    accepted = await hub.ask(session_id, "say x")
    head = await hub.storage.head(f"sessions/{session_id}")
    assert (await events_of(hub, session_id)).after == 0
    assert (await events_of(hub, session_id, after=accepted.offset)).after == int(accepted.offset)
    both = await events_of(hub, session_id, after="0", last_event_id=str(head))
    assert both.after == head
    with pytest.raises(CursorReset) as reset:
        await hub.sessions.events_of(ALICE, session_id, after=str(head + 1))
    assert reset.value.head == head


@pytest.mark.parametrize("after", ["", "x", "-1", "1.0", "007", "٣", "9223372036854775808"])
async def test_events_refuse_what_is_no_cursor(small: Hub, after: str) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.events_of(ALICE, session_id, after=after)
    assert [wrong.field for wrong in refused.value.fields] == ["after"]
    with pytest.raises(InvalidInput, match="cursor"):
        await small.sessions.messages(ALICE, session_id, cursor=after)


async def test_active_sessions_are_counted(hub: Hub) -> None:
    one, two = await hub.create(), await hub.create()
    assert await hub.service("sessions.count_active") == 0
    await hub.ask(one, "say x")
    await hub.ask(two, "say x")
    assert await hub.service("sessions.count_active") == 2
    await hub.sessions.stop_session(ALICE, one)
    assert await hub.service("sessions.count_active") == 1
    await hub.sessions.delete(ALICE, two)
    assert await hub.service("sessions.count_active") == 0
    assert [row["status"] for row in await hub.service("sessions.overview", ALICE)] == ["stopped"]


async def test_all_sessions_of_each_provider_are_counted(hub: Hub) -> None:
    count = partial(hub.service, "sessions.count_by_provider", ALICE)
    assert await count() == {}
    last, *_ = [await hub.create() for _ in range(120)]
    assert await count() == {"echo": 120}
    assert len(await hub.service("sessions.overview", ALICE)) == 100
    await hub.sessions.delete(ALICE, last)
    assert await count() == {"echo": 119}
    assert await hub.service("sessions.count_by_provider", BOB) == {}


async def test_an_unknown_include_is_refused(small: Hub) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput, match="include"):
        await small.sessions.get(ALICE, session_id, include="everything")
