"""Drafts: one for each session and person, the same on every screen, gone with the message that was sent from it."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions import Sessions
from atrium.sdk import InvalidInput, NotFound, PreconditionFailed, Principal, StorageFailed
from atrium.sdk.spi import StorageAdapter
from atrium.testing.held_storage import HeldStorageAdapter
from atrium.testing.kernel import kernel_with
from tests.gateway.house import house_with
from tests.sessions.hub import ALICE, BOB, Hub, Scripted, committing, crashed_copy

PHONE = Principal("alice", "phone")


async def text(hub: Hub, session_id: str, caller: Principal = ALICE) -> str:
    return str((await hub.sessions.get_draft(caller, session_id)).data["text"])


async def test_a_draft_is_what_was_written_last_on_any_screen(hub: Hub) -> None:
    session_id = await hub.create()
    empty = await hub.sessions.get_draft(ALICE, session_id)
    assert empty.data == {"id": session_id, "text": "", "attachments": [], "updatedAt": None, "client": None}
    first = await hub.sessions.put_draft(ALICE, session_id, "on the ")
    second = await hub.sessions.put_draft(PHONE, session_id, "on the way\n")
    assert empty.revision < first.revision < second.revision
    assert (second.data["text"], second.data["client"]) == ("on the way\n", "phone")
    assert await hub.sessions.get_draft(ALICE, session_id) == second
    await hub.sessions.delete_draft(ALICE, session_id)
    gone = await hub.sessions.get_draft(PHONE, session_id)
    assert gone.data == empty.data
    assert gone.revision > second.revision
    await hub.sessions.delete_draft(ALICE, session_id)
    assert await hub.sessions.get_draft(ALICE, session_id) == gone


async def test_the_same_text_again_stores_nothing(hub: Hub) -> None:
    session_id = await hub.create()
    assert await hub.sessions.put_draft(ALICE, session_id, "") == await hub.sessions.get_draft(ALICE, session_id)
    first = await hub.sessions.put_draft(ALICE, session_id, " ")
    assert await hub.sessions.put_draft(PHONE, session_id, " ") == first
    assert await text(hub, session_id) == " "


async def test_a_draft_that_replaces_one_nobody_has_seen_is_refused(hub: Hub) -> None:
    session_id = await hub.create()
    seen = f'"{(await hub.sessions.put_draft(ALICE, session_id, "one")).revision}"'
    newer = await hub.sessions.put_draft(PHONE, session_id, "two", if_match=seen)
    with pytest.raises(PreconditionFailed, match="draft has changed"):
        await hub.sessions.put_draft(ALICE, session_id, "three", if_match=seen)
    with pytest.raises(PreconditionFailed):
        await hub.sessions.delete_draft(ALICE, session_id, if_match=seen)
    assert await hub.sessions.get_draft(ALICE, session_id) == newer
    await hub.sessions.put_draft(ALICE, session_id, "four", if_match="*")
    assert await text(hub, session_id) == "four"


async def test_of_many_screens_that_replace_the_same_draft_one_wins(hub: Hub) -> None:
    session_id = await hub.create()
    seen = f'"{(await hub.sessions.put_draft(ALICE, session_id, "one")).revision}"'
    puts = (hub.sessions.put_draft(ALICE, session_id, str(n), if_match=seen) for n in range(10))
    results = await asyncio.gather(*puts, return_exceptions=True)
    assert sum(isinstance(result, PreconditionFailed) for result in results) == 9


async def test_the_message_sent_from_a_draft_takes_it_along(hub: Hub) -> None:
    session_id = await hub.create()
    draft = await hub.sessions.put_draft(ALICE, session_id, "say hello")
    send: dict[str, Any] = {"client_token": "t", "draft_revision": str(draft.revision)}
    accepted = await hub.sessions.send(ALICE, session_id, "say hello!", **send)
    assert await text(hub, session_id) == ""
    with pytest.raises(PreconditionFailed):
        await hub.sessions.put_draft(ALICE, session_id, "say hello", if_match=f'"{draft.revision}"')
    later = await hub.sessions.put_draft(ALICE, session_id, "and then")
    assert await hub.sessions.send(ALICE, session_id, "say hello!", **send) == accepted
    assert await hub.sessions.get_draft(ALICE, session_id) == later
    await hub.idle(session_id)


async def test_a_draft_that_another_screen_went_on_with_stays(hub: Hub) -> None:
    session_id = await hub.create()
    draft = await hub.sessions.put_draft(ALICE, session_id, "say hello")
    await hub.sessions.put_draft(PHONE, session_id, "say hello and more")
    await hub.sessions.send(ALICE, session_id, "say hello", draft_revision=str(draft.revision))
    assert await text(hub, session_id) == "say hello and more"
    await hub.sessions.send(ALICE, session_id, "say more")
    assert await text(hub, session_id) == "say hello and more"
    await hub.sessions.send(ALICE, session_id, "say all", draft_revision="*")
    assert await text(hub, session_id) == ""
    await hub.sessions.send(ALICE, session_id, "say it without a draft", draft_revision="*")
    await hub.idle(session_id)


async def test_a_message_that_is_refused_leaves_its_draft(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.sessions.stop_session(ALICE, session_id)
    draft = await hub.sessions.put_draft(ALICE, session_id, "say hello")
    with pytest.raises(Exception, match="stopped"):
        await hub.sessions.send(ALICE, session_id, "say hello", draft_revision=str(draft.revision))
    assert await hub.sessions.get_draft(ALICE, session_id) == draft


async def test_a_message_that_cannot_be_stored_leaves_its_draft() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    draft = await hub.sessions.put_draft(ALICE, session_id, "say hello")
    adapter.hold = True
    sending = asyncio.create_task(hub.sessions.send(ALICE, session_id, "say hello", draft_revision="*"))
    await committing(adapter)
    adapter.hold = False
    adapter.fail(StorageFailed("the disk is full"))
    with pytest.raises(StorageFailed):
        await sending
    assert await hub.sessions.get_draft(ALICE, session_id) == draft
    assert await hub.messages(session_id) == []
    await hub.stop()


async def test_a_crash_after_the_answer_keeps_what_was_answered(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    kept, sent = await hub.create(), await hub.create()
    draft = await hub.sessions.put_draft(ALICE, kept, "later")
    await hub.sessions.put_draft(ALICE, sent, "say now")
    await hub.sessions.send(ALICE, sent, "say now", draft_revision="*")
    again = await Hub(crashed_copy(adapter, tmp_path / "atrium.db", tmp_path / "crashed")).start()
    assert await again.sessions.get_draft(ALICE, kept) == draft
    assert await text(again, sent) == ""
    assert [message["content"] for message in await again.messages(sent)][:1] == ["say now"]
    await again.stop()
    await hub.idle(sent)


async def test_a_draft_belongs_to_one_person_and_goes_with_its_session(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.sessions.put_draft(ALICE, session_id, "mine")
    for call in (hub.sessions.get_draft(BOB, session_id), hub.sessions.put_draft(BOB, session_id, "x")):
        with pytest.raises(NotFound):
            await call
    copy = await hub.sessions.fork(ALICE, session_id)
    assert await text(hub, copy.session_id) == ""
    await hub.sessions.delete(ALICE, session_id)
    assert await hub.storage.list_keys(collection="drafts") == []
    with pytest.raises(NotFound):
        await hub.sessions.get_draft(ALICE, session_id)
    with pytest.raises(NotFound):
        await hub.sessions.put_draft(ALICE, session_id, "too late")


@pytest.mark.parametrize("wrong", [7, None, "a\0b", "half \ud800"])
async def test_what_is_no_text_is_no_draft(small: Hub, wrong: Any) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.put_draft(ALICE, session_id, wrong)
    assert [field.field for field in refused.value.fields] == ["text"]


@pytest.mark.parametrize("wrong", [7, "", "x", "007", "-1", '"7"', "W/7"])
async def test_what_is_no_revision_is_named(small: Hub, wrong: Any) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.send(ALICE, session_id, "say x", draft_revision=wrong)
    assert [field.field for field in refused.value.fields] == ["draftRevision"]
    assert await small.messages(session_id) == []


async def test_max_draft_bytes_counts_utf_8() -> None:
    section = {"sessions": {"maxDraftBytes": 1024}}
    async with kernel_with(Scripted, Sessions, config=section, adapter=MemoryStorageAdapter()) as runtime:
        sessions = runtime.plugin_manager.plugin("sessions")
        assert isinstance(sessions, Sessions)
        assert sessions.config.max_draft_bytes == 1024
        session_id = (await sessions.create(ALICE, "echo")).session_id
        await sessions.put_draft(ALICE, session_id, "é" * 512)
        with pytest.raises(InvalidInput, match="at most 1024 bytes"):
            await sessions.put_draft(ALICE, session_id, "é" * 513)
        assert (await sessions.get_draft(ALICE, session_id)).data["text"] == "é" * 512


async def test_another_screen_sees_the_draft_as_it_is_written_and_sent() -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path, topic = f"/sessions/{session_id}/draft", f"sessions/drafts/{session_id}"
        async with house.socket() as writer, house.socket() as reader:
            subscribed = await reader.ask("subscribe", {"topics": [topic]})
            none = (await http.get(path)).json()
            assert subscribed["payload"]["topics"] == {topic: none["revision"]}
            put = await http.put(path, json={"text": "say hi"})
            assert (put.status_code, put.headers["etag"]) == (200, f'"{put.json()["revision"]}"')
            assert put.json()["data"]["client"] == "cli"
            seen = await reader.next("sync:invalidate")
            assert (seen["payload"]["topic"], seen["payload"]["revision"]) == (topic, put.json()["revision"])
            assert (await http.get(f"/topics/{topic}")).json()["data"]["text"] == "say hi"
            sent = {"content": "say hi", "draftRevision": put.json()["revision"]}
            assert (await writer.ask("session:message", sent, sessionId=session_id))["type"] == "ack"
            cleared = (await reader.next("sync:invalidate"))["payload"]["revision"]
            assert (await http.get(path)).json() == {"revision": cleared, "data": none["data"]}
            assert (await http.get(path, headers={"If-None-Match": f'"{cleared}"'})).status_code == 304


async def test_drafts_over_the_wire_are_refused_with_the_field(tmp_path: Path) -> None:
    async with house_with(Scripted, Sessions, home=tmp_path) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}/draft"
        for body in ({}, {"text": 7}, {"text": None}, {"text": "x", "colour": "red"}, {"text": "x" * 300_000}):
            answer = await http.put(path, json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), body
            assert answer.json()["errors"][0]["field"] in {"text", "colour"}
        assert (await http.put(path, json={"text": "x"}, headers={"If-Match": '"1"'})).status_code == 412
        assert (await http.delete(path)).status_code == 204
        assert (await refused_everywhere(http, "nonsense")) == {404}
        assert (await refused_everywhere(http, "01a1fd9e-d195-7000-b022-acd5f0ef300d")) == {404}


async def refused_everywhere(http: httpx.AsyncClient, session_id: str) -> set[int]:
    path = f"/sessions/{session_id}/draft"
    answers = [await http.get(path), await http.put(path, json={"text": "x"}), await http.delete(path)]
    return {answer.status_code for answer in answers}
