"""Sessions as clients see them: the paths, statuses, headers and frames of the wire."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from atrium.plugins.sessions import Sessions
from tests.gateway.house import House, house_with
from tests.sessions.hub import Scripted


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_with(Scripted, Sessions, home=tmp_path) as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


def providers(house: House) -> Scripted:
    plugin = house.runtime.plugin_manager.plugin("providers")
    assert isinstance(plugin, Scripted)
    return plugin


async def create(http: httpx.AsyncClient, **body: Any) -> str:
    answer = await http.post("/sessions", json={"providerId": "echo", **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sessionId"])


async def followed(http: httpx.AsyncClient, session_id: str, last: str = "turn.completed") -> list[dict[str, Any]]:
    """Return a session's entries up to the first of a type."""
    seen: list[dict[str, Any]] = []
    async with http.stream("GET", f"/sessions/{session_id}/events", params={"follow": "true"}) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line:
                seen.append(orjson.loads(line))
                if seen[-1]["type"] == f"sessions.{last}.v1":
                    return seen
    return seen


async def test_the_address_of_a_sessions_socket_is_as_the_caller_reaches_the_hub(
    house: House, http: httpx.AsyncClient
) -> None:
    created = await http.post("/sessions", json={"providerId": "echo"}, headers={"Host": f"localhost:{house.port}"})
    assert created.json()["wsUrl"].startswith(f"ws://localhost:{house.port}/api/v1/sessions/")


async def test_a_session_from_its_creation_to_its_end(house: House, http: httpx.AsyncClient) -> None:
    created = await http.post("/sessions", json={"providerId": "echo", "metadata": {"title": "T", "tags": ["a"]}})
    assert created.status_code == 201
    assert created.json()["status"] == "created"
    session_id = created.json()["sessionId"]
    assert created.json()["wsUrl"] == f"ws://127.0.0.1:{house.port}/api/v1/sessions/{session_id}/stream"
    accepted = await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi", "clientToken": "t"})
    assert accepted.status_code == 202
    assert set(accepted.json()) == {"messageId", "turnId", "offset"}
    seen = await followed(http, session_id)
    assert seen[0]["offset"] == accepted.json()["offset"]
    again = await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi", "clientToken": "t"})
    assert again.json() == accepted.json()
    other = await http.post(f"/sessions/{session_id}/messages", json={"content": "say no", "clientToken": "t"})
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "clientToken")
    page = (await http.get(f"/sessions/{session_id}/messages", params={"limit": 1})).json()
    assert [m["content"] for m in page["data"]] == ["say hi"]
    rest = (await http.get(f"/sessions/{session_id}/messages", params={"cursor": page["nextCursor"]})).json()
    assert [m["content"] for m in rest["data"]] == ["you said hi "]
    assert rest["nextCursor"] is None
    assert (await http.delete(f"/sessions/{session_id}")).status_code == 204
    for answer in (await http.delete(f"/sessions/{session_id}"), await http.get(f"/sessions/{session_id}")):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_etags(http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    read = await http.get(f"/sessions/{session_id}")
    tag = read.headers["etag"]
    assert tag == f'"{read.json()["revision"]}"'
    unchanged = await http.get(f"/sessions/{session_id}", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    path, body = f"/sessions/{session_id}", {"metadata": {"title": "A"}}
    await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi"})
    renamed = await http.patch(path, json=body, headers={"If-Match": tag})
    assert (renamed.status_code, renamed.json()["data"]["metadata"]["title"]) == (200, "A")
    assert (await http.patch(path, json=body, headers={"If-Match": tag})).status_code == 412
    assert (await http.patch(path, json=body, headers={"If-Match": "nonsense"})).status_code == 412
    listed = (await http.get("/sessions", params={"sort": "title", "limit": 1})).json()
    assert set(listed) == {"revision", "data", "nextCursor"}
    assert listed["data"][0]["metadata"] == {"title": "A", "tags": []}
    topic = (await http.get(f"/topics/sessions/{session_id}")).json()
    assert topic["data"]["metadata"]["title"] == "A"
    assert "settings" not in topic["data"]


async def test_idempotency_keys(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    first = await http.post("/sessions", json={"providerId": "echo"}, headers=headers)
    again = await http.post("/sessions", json={"providerId": "echo"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await http.post("/sessions", json={"providerId": "other"}, headers=headers)
    assert other.status_code == 422


async def test_cancel_stop_retry_fork(house: House, http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    path = f"/sessions/{session_id}"
    nothing = await http.post(f"{path}/cancel")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "NOTHING_TO_CANCEL")
    accepted = (await http.post(f"{path}/messages", json={"content": "wait x"})).json()
    await providers(house).arrived("x")
    cancelled = await http.post(f"{path}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()) == (202, {"turnId": accepted["turnId"], "status": "cancelled"})
    providers(house).gate("x").set()
    retried = await http.post(f"{path}/retry")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    await followed(http, session_id)
    stopped = await http.post(f"{path}/stop")
    assert (stopped.status_code, stopped.json()) == (202, {"sessionId": session_id, "status": "stopped"})
    refused = await http.post(f"{path}/messages", json={"content": "say hi"})
    assert (refused.status_code, refused.json()["code"]) == (409, "SESSION_STOPPED")
    assert refused.json()["actions"][0]["id"] == "fork"
    forked = await http.post(f"{path}/fork", json={"at": accepted["offset"]})
    assert (forked.status_code, forked.json()["status"]) == (201, "created")
    assert (await http.post(f"{path}/fork")).status_code == 201
    assert (await http.post(f"{path}/fork", json={"at": "0"})).status_code == 422


async def test_events_of_a_new_session_are_none_and_a_cursor_beyond_the_head_is_reset(http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    empty = await http.get(f"/sessions/{session_id}/events")
    assert (empty.status_code, empty.content) == (200, b"")
    beyond = await http.get(f"/sessions/{session_id}/events", params={"after": "17"})
    assert (beyond.status_code, beyond.json()["code"]) == (409, "CURSOR_RESET")
    assert (await http.get(f"/sessions/{session_id}/events", params={"after": "x"})).status_code == 422


async def test_server_sent_events_resume_after_the_last_id(http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi"})
    seen = await followed(http, session_id)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": seen[0]["offset"]}
    answer = await http.get(f"/sessions/{session_id}/events", params={"after": "0"}, headers=headers)
    ids = [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]
    assert ids
    assert seen[0]["offset"] not in ids
    alias = await http.get(f"/sessions/{session_id}/events", params={"last_event_id": seen[0]["offset"]})
    assert [orjson.loads(line)["offset"] for line in alias.text.splitlines()] == ids


@pytest.mark.parametrize(
    "session_id", ["nonsense", "..%2F..%2Fetc%2Fpasswd", "01a1fd9e-d195-7000-b022-acd5f0ef300d", "%00"]
)
async def test_unknown_and_malformed_ids_are_not_found(http: httpx.AsyncClient, session_id: str) -> None:
    path = f"/sessions/{session_id}"
    answers = [await http.get(path), await http.delete(path), await http.get(f"{path}/messages")]
    answers += [await http.get(f"{path}/events"), await http.post(f"{path}/messages", json={"content": "x"})]
    answers += [await http.post(f"{path}/{verb}") for verb in ("cancel", "stop", "retry", "fork")]
    answers += [await http.patch(path, json={"metadata": {}})]
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "providerId"),
        ({"providerId": "nobody"}, "providerId"),
        ({"providerId": "echo", "metadata": {"title": "a\nb"}}, "metadata.title"),
        ({"providerId": "echo", "metadata": {"tags": [7]}}, "metadata.tags.0"),
        ({"providerId": "echo", "settings": 7}, "settings"),
    ],
)
async def test_bad_bodies_name_the_field(http: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await http.post("/sessions", json=body)
    assert answer.status_code == 422, answer.text
    assert field in [wrong["field"] for wrong in answer.json()["errors"]]


async def test_frames(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as socket:
        created = await socket.ask("session:create", {"providerId": "echo", "metadata": {"title": "T"}})
        session_id = created["payload"]["sessionId"]
        assert (created["type"], created["payload"]["status"]) == ("ack", "created")
        subscribed = await socket.ask("subscribe", {"streams": {f"sessions/{session_id}": "0"}})
        assert subscribed["type"] == "ack"
        await socket.send("session:message", {"content": "say hi"}, sessionId=session_id, id="m")
        answered: Any = None
        chunks: list[Any] = []
        updates: list[Any] = []
        while not (chunks and chunks[-1]["type"] == "sessions.turn.completed.v1"):
            frame = await socket.next()
            if frame["type"] == "stream:chunk":
                assert frame["sessionId"] == session_id
                chunks.append(frame["payload"])
            elif frame["type"] == "session:update":
                updates.append(frame["payload"])
            elif frame.get("id") == "m":
                answered = frame["payload"]
        assert answered
        assert answered["offset"] == chunks[0]["offset"]
        update = {"status": "active", "messageCount": 1, "title": "T", "sessionId": session_id}
        assert any(update.items() <= payload.items() for payload in updates)
        wrong = await socket.ask("session:message", {"content": ""}, sessionId=session_id)
        assert (wrong["type"], wrong["payload"]["errors"][0]["field"]) == ("error", "content")
        assert (await socket.ask("turn:cancel", {}, sessionId=session_id))["payload"]["status"] == 409
        assert (await socket.ask("session:stop", {}, sessionId=session_id))["payload"]["status"] == "stopped"


async def test_a_follower_of_a_deleted_session_sees_that_and_the_end(http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    async with http.stream("GET", f"/sessions/{session_id}/events", params={"follow": "true"}) as answer:
        await http.delete(f"/sessions/{session_id}")
        lines = [orjson.loads(line) async for line in answer.aiter_lines() if line]
    assert [line["type"] for line in lines] == ["sessions.session.deleted.v1"]


async def test_the_hub_counts_and_lists_them(http: httpx.AsyncClient) -> None:
    session_id = await create(http)
    await http.post(f"/sessions/{session_id}/messages", json={"content": "say hi"})
    assert (await http.get("/health")).json()["activeSessions"] == 1
    [row] = (await http.get("/status")).json()["sessions"]
    assert (row["id"], row["status"], row["providerId"]) == (session_id, "active", "echo")
