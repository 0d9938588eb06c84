"""Edit and send again: a fork that ends before a message, and goes on with another one in the same commit."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.plugins.sessions import Sessions
from atrium.sdk import InvalidInput, NotFound, StorageFailed
from atrium.sdk.spi import StorageAdapter
from atrium.testing.held_storage import HeldStorageAdapter
from tests.faults.daemon import Daemon
from tests.gateway.house import house_with
from tests.sessions.hub import ALICE, BOB, Hub, Scripted, committing, crashed_copy


async def contents(hub: Hub, session_id: str) -> list[str]:
    return [message["content"] for message in await hub.messages(session_id)]


async def test_a_message_is_sent_again_changed(hub: Hub) -> None:
    session_id = await hub.create(metadata={"title": "Talk"}, settings={"model": "m"})
    await hub.ask(session_id, "say one")
    second = await hub.ask(session_id, "say tow")
    await hub.ask(session_id, "say three")
    edited = await hub.sessions.fork(ALICE, session_id, before=second.offset, content="say two", client_token="t")
    assert (edited.status, edited.session_id != session_id) == ("active", True)
    await hub.idle(edited.session_id)
    assert await contents(hub, edited.session_id) == ["say one", "you said one ", "say two", "you said two "]
    request = hub.providers.requests[-1]
    assert [message.content for message in request.history] == ["say one", "you said one "]
    assert request.settings == {"model": "m"}
    session = await hub.get(edited.session_id)
    assert session["forkedFrom"] == {"sessionId": session_id, "at": None, "before": second.offset}
    assert (session["messageCount"], session["unread"], session["metadata"]["title"]) == (4, 1, "Talk")
    entries = await hub.entries(edited.session_id)
    sent = next(entry for entry in entries if entry["data"].get("clientToken") == "t")
    assert edited.message is not None
    assert (sent["offset"], sent["data"]["messageId"]) == (edited.message.offset, edited.message.message_id)
    assert sent["data"]["turnId"] == edited.message.turn_id
    assert (await contents(hub, session_id))[2] == "say tow"
    assert await hub.service("sessions.count_active") == 2


async def test_a_fork_before_the_first_message_is_empty_and_one_without_content_waits(hub: Hub) -> None:
    session_id = await hub.create()
    first = await hub.ask(session_id, "say one")
    empty = await hub.sessions.fork(ALICE, session_id, before=first.offset)
    assert (empty.status, empty.message) == ("created", None)
    assert await contents(hub, empty.session_id) == []
    again = await hub.sessions.fork(ALICE, session_id, before=first.offset, content="say uno")
    await hub.idle(again.session_id)
    assert await contents(hub, again.session_id) == ["say uno", "you said uno "]


async def test_answers_that_came_after_the_message_come_along_with_their_questions(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    second = await hub.send(session_id, "say two")
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    fork = await hub.sessions.fork(ALICE, session_id, before=second.offset)
    assert await contents(hub, fork.session_id) == ["wait x", "half whole"]


async def test_a_fork_may_go_on_from_anywhere(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say one")
    at = (await hub.entries(session_id))[-1]["offset"]
    await hub.ask(session_id, "say two")
    whole = await hub.sessions.fork(ALICE, session_id, content="say more")
    part = await hub.sessions.fork(ALICE, session_id, at=at, content="say more", target_agent="other")
    for fork, count in ((whole, 6), (part, 4)):
        await hub.idle(fork.session_id)
        assert len(await hub.messages(fork.session_id)) == count
    assert hub.providers.used.count("other") == 1
    assert (await hub.get(part.session_id))["forkedFrom"]["at"] == at
    assert (await hub.get(session_id))["forkedFrom"] is None


async def test_a_stopped_session_is_gone_on_with(hub: Hub) -> None:
    session_id = await hub.create()
    first = await hub.ask(session_id, "say one")
    await hub.sessions.stop_session(ALICE, session_id)
    fork = await hub.sessions.fork(ALICE, session_id, before=first.offset, content="say again")
    await hub.idle(fork.session_id)
    assert await contents(hub, fork.session_id) == ["say again", "you said again "]


@pytest.mark.parametrize("names", [{"client_token": "t"}, {"idempotency_key": "k"}], ids=str)
async def test_a_repeated_request_makes_one_fork(hub: Hub, names: dict[str, str]) -> None:
    session_id = await hub.create()
    first = await hub.ask(session_id, "say one")
    wanted: dict[str, Any] = {"before": first.offset, "content": "say two", **names}
    forks = await asyncio.gather(*(hub.sessions.fork(ALICE, session_id, **wanted) for _ in range(20)))
    assert len({fork.session_id for fork in forks}) == 1
    assert forks.count(forks[0]) == 20
    await hub.idle(forks[0].session_id)
    assert (await hub.types(forks[0].session_id)).count("message.added") == 1
    for other in ({"content": "say three"}, {"before": None}, {"target_agent": "other"}):
        with pytest.raises(InvalidInput, match="another request") as refused:
            await hub.sessions.fork(ALICE, session_id, **(wanted | other))
        assert [field.field for field in refused.value.fields] == [
            "clientToken" if "client_token" in names else "Idempotency-Key"
        ]
    await hub.sessions.delete(ALICE, forks[0].session_id)
    anew = await hub.sessions.fork(ALICE, session_id, **wanted)
    assert anew.session_id != forks[0].session_id
    await hub.idle(anew.session_id)


async def test_a_token_of_the_fork_is_known_in_the_fork_and_free_elsewhere(hub: Hub) -> None:
    one, two = await hub.create(), await hub.create()
    forks = []
    for session_id in (one, two):
        first = await hub.ask(session_id, "say one")
        wanted: dict[str, Any] = {"before": first.offset, "content": "say two", "client_token": "t"}
        forks.append(await hub.sessions.fork(ALICE, session_id, **wanted))
    assert forks[0].session_id != forks[1].session_id
    assert await hub.send(forks[0].session_id, "say two", token="t") == forks[0].message
    for fork in forks:
        await hub.idle(fork.session_id)


@pytest.mark.parametrize("before", [0, -1, "x", "1.5", True, 1 << 62, "99999999999999999999", 7.0])
async def test_a_fork_before_nothing_is_refused(small: Hub, before: Any) -> None:
    session_id = await small.create()
    await small.ask(session_id, "say x")
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.fork(ALICE, session_id, before=before)
    assert [wrong.field for wrong in refused.value.fields] == ["before"]


async def test_a_fork_ends_before_a_persons_message_only(small: Hub) -> None:
    session_id = await small.create()
    asked = await small.ask(session_id, "say x")
    for entry in (await small.entries(session_id))[1:]:
        with pytest.raises(InvalidInput, match="person's message"):
            await small.sessions.fork(ALICE, session_id, before=entry["offset"])
    with pytest.raises(InvalidInput, match="not both"):
        await small.sessions.fork(ALICE, session_id, at=asked.offset, before=asked.offset)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"content": ""}, "content"),
        ({"content": "a\0b"}, "content"),
        ({"client_token": "t"}, "content"),
        ({"target_agent": "other"}, "content"),
        ({"content": "say x", "target_agent": "nobody"}, "targetAgent"),
        ({"content": "say x", "client_token": ""}, "clientToken"),
        ({"content": "say x", "idempotency_key": "two\nlines"}, "Idempotency-Key"),
    ],
    ids=str,
)
async def test_a_message_that_cannot_be_sent_makes_no_fork(small: Hub, wanted: dict[str, Any], field: str) -> None:
    session_id = await small.create()
    await small.ask(session_id, "say x")
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.fork(ALICE, session_id, **wanted)
    assert [wrong.field for wrong in refused.value.fields] == [field]
    assert len((await small.sessions.list_sessions(ALICE)).data) == 1


async def test_a_fork_that_cannot_be_stored_is_not_there_at_all() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    first = await hub.ask(session_id, "say one")
    asked = len(hub.providers.requests)
    adapter.hold = True
    wanted: dict[str, Any] = {"before": first.offset, "content": "say two", "client_token": "t"}
    forking = asyncio.create_task(hub.sessions.fork(ALICE, session_id, **wanted))
    await committing(adapter)
    adapter.hold = False
    adapter.fail(StorageFailed("the disk is full"))
    with pytest.raises(StorageFailed):
        await forking
    assert len((await hub.sessions.list_sessions(ALICE)).data) == 1
    for collection, count in (("turns", 1), ("tokens", 0), ("creations", 0)):
        assert len(await hub.storage.list_keys(collection=collection)) == count
    assert len(hub.providers.requests) == asked
    assert await hub.service("sessions.count_active") == 1
    fork = await hub.sessions.fork(ALICE, session_id, **wanted)
    await hub.idle(fork.session_id)
    await hub.stop()


async def test_a_crash_after_the_answer_keeps_the_fork_and_runs_its_message(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    session_id = await hub.create()
    first = await hub.ask(session_id, "say one")
    wanted: dict[str, Any] = {"before": first.offset, "content": "say two", "client_token": "t"}
    fork = await hub.sessions.fork(ALICE, session_id, **wanted)
    again = await Hub(crashed_copy(adapter, tmp_path / "atrium.db", tmp_path / "crashed")).start()
    assert await again.sessions.fork(ALICE, session_id, **wanted) == fork
    session = await again.until(
        fork.session_id, lambda s: not s["queued"] and (s["turn"] or {}).get("status") != "running"
    )
    if session["turn"] is not None:
        await again.sessions.retry(ALICE, fork.session_id)
        await again.idle(fork.session_id)
    assert (await contents(again, fork.session_id))[-1] == "you said two "
    await again.stop()
    await hub.idle(fork.session_id)


async def test_anothers_session_cannot_be_forked(small: Hub) -> None:
    session_id = await small.create()
    first = await small.ask(session_id, "say x")
    with pytest.raises(NotFound):
        await small.sessions.fork(BOB, session_id, before=first.offset, content="say mine")


async def test_two_screens_see_the_fork_at_once() -> None:
    async with house_with(Scripted, Sessions) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}"
        sent = (await http.post(f"{path}/messages", json={"content": "say tow"})).json()
        async with house.socket() as screen:
            await screen.ask("subscribe", {"topics": ["sessions"]})
            body = {"before": sent["offset"], "content": "say two", "clientToken": "t"}
            forked = await http.post(f"{path}/fork", json=body)
            assert forked.status_code == 201
            fork = forked.json()
            assert set(fork) == {"sessionId", "status", "wsUrl", "message"}
            assert set(fork["message"]) == {"messageId", "turnId", "offset"}
            assert (await http.post(f"{path}/fork", json=body)).json() == fork
            await screen.next("sync:invalidate")
            rows = {row["id"]: row for row in (await http.get("/topics/sessions")).json()["data"]}
            assert rows[fork["sessionId"]]["forkedFrom"]["before"] == sent["offset"]
            stream = f"sessions/{fork['sessionId']}"
            await screen.ask("subscribe", {"streams": {stream: "0"}})
            while (await screen.next("stream:chunk"))["payload"]["type"] != "sessions.turn.completed.v1":
                continue
        for wrong, field in (
            ({"before": "x"}, "before"),
            ({"before": 1.5}, "before"),
            ({"before": sent["offset"], "at": sent["offset"]}, "before"),
            ({"clientToken": "t"}, "content"),
            ({"content": 7}, "content"),
        ):
            answer = await http.post(f"{path}/fork", json=wrong)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), wrong
        plain = (await http.post(f"{path}/fork")).json()
        assert set(plain) == {"sessionId", "status", "wsUrl"}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ["storage.written:60", "storage.committed:60"])
async def test_a_kill_leaves_the_whole_fork_or_nothing_of_it(tmp_path: Path, point: str) -> None:
    daemon = Daemon(tmp_path / "home")
    daemon.start()
    await daemon.healthy()
    async with daemon.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        path = f"/sessions/{session_id}"
        sent = (await http.post(f"{path}/messages", json={"content": "one"})).json()
    daemon.kill()
    daemon.start(ATRIUM_CRASH_AT=point)
    await daemon.healthy()
    wanted = [{"before": sent["offset"], "content": f"/tokens {n}", "clientToken": str(n)} for n in range(50)]
    answered: dict[int, Any] = {}
    with suppress(httpx.TransportError):
        async with daemon.http() as http:
            for number, body in enumerate(wanted):
                answered[number] = (await http.post(f"{path}/fork", json=body)).json()
    await daemon.ended()
    daemon.start()
    await daemon.healthy()
    try:
        async with daemon.http() as http:
            for number, before in answered.items():
                assert (await http.post(f"{path}/fork", json=wanted[number])).json() == before
            rows = (await http.get("/sessions")).json()["data"]
            for row in rows:
                if row["id"] != session_id:
                    [first, *_] = (await http.get(f"/sessions/{row['id']}/messages")).json()["data"]
                    assert first["content"].startswith("/tokens")
            assert len(rows) in {len(answered) + 1, len(answered) + 2}
    finally:
        daemon.kill()
