"""Marks: pinned, unread, read so far; the same on every screen, and no commit for what changes nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions import Sessions
from atrium.plugins.sessions.limits import MAX_PINNED, MAX_UNREAD
from atrium.sdk import InvalidInput, NotFound
from atrium.sdk.spi import Commit, CommitCallback, StorageAdapter
from tests.faults.daemon import daemon_at
from tests.gateway.house import house_with
from tests.sessions.hub import ALICE, BOB, Hub, Scripted, crashed_copy


class CountingStorageAdapter(MemoryStorageAdapter):
    """The memory adapter; counts commits."""

    commits = 0

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        self.commits += 1
        super().commit(commit, done)


async def unread(hub: Hub, session_id: str) -> int:
    return int((await hub.get(session_id))["unread"])


async def offsets(hub: Hub, session_id: str, kind: str) -> list[str]:
    entries = await hub.entries(session_id)
    return [entry["offset"] for entry in entries if entry["type"] == f"sessions.{kind}.v1"]


async def test_answers_are_unread_until_somebody_reads_them(hub: Hub) -> None:
    session_id = await hub.create()
    asked = await hub.ask(session_id, "say one")
    session = await hub.get(session_id)
    assert (session["unread"], session["readOffset"]) == (1, asked.offset)
    [answered] = await offsets(hub, session_id, "message.completed")
    read = await hub.sessions.mark_read(ALICE, session_id, answered)
    assert (read.data["unread"], read.data["readOffset"]) == (0, answered)
    assert read.data == await hub.get(session_id)
    [listed] = (await hub.sessions.list_sessions(ALICE)).data
    assert listed == read.data


async def test_a_message_of_ones_own_reads_what_stands_before_it(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say one")
    await hub.send(session_id, "wait x")
    assert await unread(hub, session_id) == 0
    await hub.providers.arrived("x")
    assert await unread(hub, session_id) == 0
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    assert await unread(hub, session_id) == 1


async def test_what_leaves_no_message_is_not_unread(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "fail")
    assert await unread(hub, session_id) == 0
    await hub.ask(session_id, "fail late")
    assert await unread(hub, session_id) == 1


async def unread_answers(hub: Hub, count: int) -> str:
    """Return a session with so many answers, none of them read."""
    session_id = await hub.create()
    for number in range(count):
        await hub.ask(session_id, f"say {number}")
    await hub.sessions.mark_read(ALICE, session_id, "0", rewind=True)
    assert await unread(hub, session_id) == count
    return session_id


async def test_reading_goes_forward_and_back_only_when_asked_to(hub: Hub) -> None:
    session_id = await unread_answers(hub, 4)
    answers = await offsets(hub, session_id, "message.completed")
    await hub.sessions.mark_read(ALICE, session_id, answers[2])
    assert await unread(hub, session_id) == 1
    late = await hub.sessions.mark_read(ALICE, session_id, answers[0])
    assert (late.data["unread"], late.data["readOffset"]) == (1, answers[2])
    back = await hub.sessions.mark_read(ALICE, session_id, answers[0], rewind=True)
    assert (back.data["unread"], back.data["readOffset"]) == (3, answers[0])
    whole = await hub.sessions.mark_read(ALICE, session_id, (await hub.entries(session_id))[-1]["offset"])
    assert whole.data["unread"] == 0


async def test_unread_is_counted_to_a_limit(small: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_UNREAD == 1_000
    monkeypatch.setattr("atrium.plugins.sessions.marks.MAX_UNREAD", 3)
    session_id = await small.create()
    for number in range(5):
        await small.ask(session_id, f"say {number}")
    await small.sessions.mark_read(ALICE, session_id, 0, rewind=True)
    assert await unread(small, session_id) == 3
    await small.sessions.mark_read(ALICE, session_id, (await offsets(small, session_id, "message.completed"))[0])
    assert await unread(small, session_id) == 3


async def test_reading_costs_a_commit_only_if_it_changes_what_is_unread() -> None:
    adapter = CountingStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say " + "word " * 50)
    entries = [entry["offset"] for entry in await hub.entries(session_id)]
    before = adapter.commits
    for offset in [*entries, *entries]:
        await hub.sessions.mark_read(ALICE, session_id, offset)
    assert adapter.commits == before + 1
    await hub.sessions.update(ALICE, session_id, pinned=True)
    await hub.sessions.update(ALICE, session_id, pinned=True)
    assert adapter.commits == before + 2
    await hub.stop()


async def test_screens_that_read_while_an_answer_arrives_never_lose_it(hub: Hub) -> None:
    session_id = await hub.create()
    for round_ in range(5):
        await hub.send(session_id, f"say {round_}")
        reads = [hub.sessions.mark_read(ALICE, session_id, 0) for _ in range(5)]
        await asyncio.gather(*reads, hub.idle(session_id))
        assert await unread(hub, session_id) == 1


@pytest.mark.parametrize("wrong", ["", "x", "-1", -1, True, "007", 1 << 62, "99999999999999999999"])
async def test_what_is_no_offset_is_named(small: Hub, wrong: Any) -> None:
    session_id = await small.create()
    await small.ask(session_id, "say x")
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.mark_read(ALICE, session_id, wrong)
    assert [field.field for field in refused.value.fields] == ["offset"]


async def test_pins_leave_no_entry_and_no_other_revision_of_the_title(hub: Hub) -> None:
    session_id = await hub.create(metadata={"title": "A"})
    read = await hub.sessions.get(ALICE, session_id)
    pinned = await hub.sessions.update(ALICE, session_id, pinned=True)
    assert pinned.data["pinned"] is True
    assert pinned.revision > read.revision
    assert pinned.data["updatedAt"] == read.data["updatedAt"]
    assert await hub.entries(session_id) == []
    both = await hub.sessions.update(ALICE, session_id, {"title": "B"}, f'"{read.revision}"', pinned=False)
    assert (both.data["pinned"], both.data["metadata"]["title"]) == (False, "B")
    copy = await hub.sessions.fork(ALICE, session_id)
    assert (await hub.get(copy.session_id))["pinned"] is False


async def test_so_many_may_be_pinned(small: Hub) -> None:
    ids = [await small.create() for _ in range(MAX_PINNED + 1)]
    for session_id in ids[:-1]:
        await small.sessions.update(ALICE, session_id, pinned=True)
    await small.sessions.update(ALICE, ids[0], pinned=True)
    with pytest.raises(InvalidInput, match="unpin one") as refused:
        await small.sessions.update(ALICE, ids[-1], pinned=True)
    assert [field.field for field in refused.value.fields] == ["pinned"]
    await small.sessions.update(ALICE, ids[0], pinned=False)
    await small.sessions.update(ALICE, ids[-1], pinned=True)


async def test_marks_survive_a_crash(hub: Hub, adapter: StorageAdapter, tmp_path: Path) -> None:
    session_id = await unread_answers(hub, 3)
    answers = await offsets(hub, session_id, "message.completed")
    await hub.sessions.mark_read(ALICE, session_id, answers[0])
    session = (await hub.sessions.update(ALICE, session_id, pinned=True)).data
    again = await Hub(crashed_copy(adapter, tmp_path / "atrium.db", tmp_path / "crashed")).start()
    assert await again.get(session_id) == session
    assert (session["unread"], session["pinned"]) == (2, True)
    await again.stop()


async def test_the_partial_answer_of_an_interrupted_turn_is_unread(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    await hub.sessions.cancel(ALICE, session_id)
    assert await unread(hub, session_id) == 1


async def test_sessions_of_before_there_were_marks_are_read_and_not_pinned(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    activity = await hub.storage.get(session_id, collection="activity")
    assert activity is not None
    for mark in ("pinned", "unread", "readOffset"):
        del activity[mark]
    await hub.storage.set(session_id, activity, collection="activity")
    session = await hub.get(session_id)
    assert (session["pinned"], session["unread"], session["readOffset"]) == (False, 0, "0")


async def test_another_persons_session_is_not_there_to_be_marked(small: Hub) -> None:
    session_id = await small.create()
    for call in (small.sessions.mark_read(BOB, session_id, 0), small.sessions.update(BOB, session_id, pinned=True)):
        with pytest.raises(NotFound):
            await call


async def test_another_screen_sees_marks_in_the_list() -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}"
        async with house.socket() as screen:
            await screen.ask("subscribe", {"topics": ["sessions"]})
            pinned = await http.patch(path, json={"pinned": True})
            assert (pinned.status_code, pinned.json()["data"]["pinned"]) == (200, True)
            invalidated = (await screen.next("sync:invalidate"))["payload"]
            assert (invalidated["topic"], invalidated["revision"]) == ("sessions", pinned.json()["revision"])
            [row] = (await http.get("/topics/sessions")).json()["data"]
            assert (row["pinned"], row["unread"], row["readOffset"]) == (True, 0, "0")
            read = await http.put(f"{path}/read", json={"offset": "0"})
            assert (read.status_code, read.headers["etag"]) == (200, f'"{read.json()["revision"]}"')
            assert read.json() == pinned.json()


@pytest.mark.parametrize(
    ("method", "body", "field"),
    [
        ("PUT", {}, "offset"),
        ("PUT", {"offset": None}, "offset"),
        ("PUT", {"offset": 1.5}, "offset"),
        ("PUT", {"offset": "17"}, "offset"),
        ("PUT", {"offset": "0", "rewind": "yes"}, "rewind"),
        ("PATCH", {}, "metadata"),
        ("PATCH", {"pinned": None}, "metadata"),
        ("PATCH", {"pinned": "yes"}, "pinned"),
        ("PATCH", {"pinned": 1}, "pinned"),
        ("PATCH", {"unread": 0}, "unread"),
    ],
    ids=str,
)
async def test_wrong_marks_name_the_field(method: str, body: dict[str, Any], field: str) -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}" + ("/read" if method == "PUT" else "")
        answer = await http.request(method, path, json=body)
        assert answer.status_code == 422, answer.text
        assert field in [wrong["field"] for wrong in answer.json()["errors"]]
        assert (await http.put("/sessions/nonsense/read", json={"offset": "0"})).status_code == 404


@pytest.mark.timeout(120)
async def test_marks_that_were_answered_outlive_a_kill(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon:
        async with daemon.http() as http:
            session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
            path = f"/sessions/{session_id}"
            await http.post(f"{path}/messages", json={"content": "/tokens 3"})
            async with http.stream("GET", f"{path}/events", params={"follow": "true"}) as answer:
                async for line in answer.aiter_lines():
                    if "sessions.turn.completed.v1" in line:
                        break
            marked = (await http.patch(path, json={"pinned": True})).json()["data"]
        daemon.kill()
        daemon.start()
        await daemon.healthy()
        async with daemon.http() as http:
            assert (await http.get(path)).json()["data"] == marked
            assert (marked["pinned"], marked["unread"]) == (True, 1)
