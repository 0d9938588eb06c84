"""Approvals as clients see them: paths, statuses, frames, the live topic, and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.contracts.approvals import Act
from atrium.plugins.approvals import Approvals
from atrium.plugins.sessions import Sessions
from atrium.sdk import Principal
from tests.approvals.house import REMOVE, request
from tests.gateway.house import House, house_with
from tests.sessions.hub import Scripted

LOCAL = Principal("local", "agent")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_with(Approvals, home=tmp_path) as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


async def asked(house: House, http: httpx.AsyncClient, act: Act = REMOVE, **more: Any) -> tuple[Any, dict[str, Any]]:
    """Ask as an agent would; return the waiting call and the question as clients see it."""
    asking = asyncio.ensure_future(
        house.runtime.service_registry.call("approvals.request", LOCAL, request(act, **more))
    )
    etag = None
    while True:
        answer = await http.get("/approvals", headers={"If-None-Match": etag} if etag else {})
        if answer.status_code == 200 and (found := answer.json()["data"]):
            return asking, found[-1]
        etag = answer.headers.get("etag")
        await asyncio.sleep(0)


async def test_a_question_from_asking_to_history(house: House, http: httpx.AsyncClient) -> None:
    asking, question = await asked(house, http)
    assert (await http.get(f"/approvals/{question['id']}")).json() == question
    body = {"answer": "allow_always", "message": "fine", "digest": question["digest"]}
    answer = await http.post(f"/approvals/{question['id']}/answer", json=body)
    assert answer.status_code == 200
    assert answer.json()["status"] == "allowed"
    assert (await asking).allowed
    assert (await http.get("/approvals")).json()["data"] == []
    [closed] = (await http.get("/approvals/history", params={"sessionId": "session-1"})).json()["data"]
    assert closed["answer"] == "allow_always"
    [permission] = (await http.get("/approvals/permissions")).json()["data"]
    assert (await http.get("/approvals/statistics")).json()["allowed"] == 1
    assert (await http.delete(f"/approvals/permissions/{permission['id']}")).status_code == 204
    assert (await http.delete(f"/approvals/permissions/{permission['id']}")).status_code == 404


async def test_what_is_wrong_is_named(house: House, http: httpx.AsyncClient) -> None:
    asking, question = await asked(house, http)
    path = f"/approvals/{question['id']}/answer"
    unknown = await http.post(path, json={"answer": "perhaps"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "answer")
    other = await http.post(path, json={"answer": "allow", "digest": "0" * 64})
    assert (other.status_code, other.json()["code"]) == (409, "ACT_CHANGED")
    assert (await http.post("/approvals/none/answer", json={"answer": "allow"})).status_code == 404
    assert (await http.post(path, json={"answer": "reject"})).status_code == 200
    late = await http.post(path, json={"answer": "allow"})
    assert (late.status_code, late.json()["code"]) == (409, "ALREADY_ANSWERED")
    assert "rejected" in late.json()["detail"]
    assert not (await asking).allowed


async def test_many_answers_at_once(house: House, http: httpx.AsyncClient) -> None:
    asking, question = await asked(house, http)
    given = [{"approvalId": question["id"], "answer": "allow"}, {"approvalId": "none", "answer": "allow"}]
    answer = await http.post("/approvals/answers", json={"answers": given})
    assert [one["answered"] for one in answer.json()["data"]] == [True, False]
    assert (await asking).allowed


async def test_who_follows_the_session_hears_that_a_question_expires_soon(tmp_path: Path) -> None:
    config = {"approvals": {"mediumSeconds": 50}}  # fewer than those of the warning: it comes at once
    async with house_with(Approvals, Scripted, Sessions, home=tmp_path, config=config) as house, house.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        async with house.socket() as following:
            await following.ask("subscribe", {"streams": {f"sessions/{session_id}": None}})
            asking, question = await asked(house, http, session_id=session_id)
            told = (await following.next("workflow:event"))["payload"]
            assert (told["event"], told["approvalId"], told["seconds"]) == ("approval:expiring", question["id"], 50)
        asking.cancel()


async def test_a_socket_answers_and_every_screen_hears_of_it(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket() as watching, house.socket() as answering:
        await watching.ask("subscribe", {"topics": ["approvals"]})
        asking, question = await asked(house, http)
        ack = await answering.ask("approval:answer", {"approvalId": question["id"], "answer": "allow"})
        assert ack["payload"]["status"] == "allowed"
        assert (await asking).allowed
        refused = await answering.ask("approval:answer", {"approvalId": question["id"], "answer": "sure"})
        assert refused["type"] == "error"
        topic = (await http.get("/topics/approvals")).json()
        assert topic["data"] == []
