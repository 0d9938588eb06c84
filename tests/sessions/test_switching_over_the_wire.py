"""Another provider for a session as clients ask for it, and what they are told of providers that fail."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from atrium.plugins.providers import Providers
from atrium.plugins.sessions import Sessions
from atrium.sdk.errors import ProviderAuthFailed, ProviderCrashed
from tests.gateway.house import House, house_with
from tests.sessions.failing import Flaky


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with house_with(Providers, Sessions, config={"providers": {"attempts": 1}}) as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


async def offer(house: House, *flaky: Flaky) -> None:
    for one in flaky:
        house.runtime.extensions.contribute("providers.provider", "test", one)
    for _ in range(100):
        if len((await house.runtime.service_registry.call("providers.list"))["data"]) == len(flaky):
            return
        await asyncio.sleep(0)
    raise AssertionError("they are not listed")


async def create(http: httpx.AsyncClient, **body: Any) -> str:
    answer = await http.post("/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sessionId"])


async def ask(http: httpx.AsyncClient, session_id: str, content: str) -> list[dict[str, Any]]:
    """Send a message and return the session's entries up to the end of its turn."""
    sent = (await http.post(f"/sessions/{session_id}/messages", json={"content": content})).json()
    seen: list[dict[str, Any]] = []
    async with http.stream("GET", f"/sessions/{session_id}/events", params={"follow": "true"}) as answer:
        async for line in answer.aiter_lines():
            if line:
                seen.append(orjson.loads(line))
                kind = seen[-1]["type"].removeprefix("sessions.").removesuffix(".v1")
                if kind in {"turn.completed", "turn.failed"} and seen[-1]["data"]["turnId"] == sent["turnId"]:
                    return seen
    return seen


async def test_a_session_goes_on_with_another_provider(house: House, http: httpx.AsyncClient) -> None:
    await offer(house, Flaky("one", [ProviderAuthFailed("bad key")]), Flaky("two"))
    session_id = await create(http, providerId="one", metadata={"title": "T"})
    problem = (await ask(http, session_id, "hello"))[-1]["data"]["problem"]
    [switch] = [action for action in problem["actions"] if action["id"] == "switch_provider"]
    assert (problem["category"], switch["providerId"]) == ("userAction", "two")
    answer = await http.post(f"/sessions/{session_id}/provider", json={"providerId": "two", "retry": True})
    assert (answer.status_code, answer.json()["data"]["providerId"]) == (200, "two")
    assert (await ask(http, session_id, "and?"))[-1]["type"] == "sessions.turn.completed.v1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "providerId"),
        ({"providerId": "nobody"}, "providerId"),
        ({"providerId": ""}, "providerId"),
        ({"providerId": 1}, "providerId"),
        ({"providerId": "two", "retry": "yes"}, "retry"),
    ],
)
async def test_a_wrong_wish_is_refused(house: House, http: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    await offer(house, Flaky("one"), Flaky("two"))
    session_id = await create(http, providerId="one")
    answer = await http.post(f"/sessions/{session_id}/provider", json=body)
    assert answer.status_code == 422
    assert [wrong["field"] for wrong in answer.json()["errors"]] == [field]
    assert (await http.post("/sessions/nowhere/provider", json={"providerId": "two"})).status_code == 404


async def test_nothing_to_ask_again_switches_nothing(house: House, http: httpx.AsyncClient) -> None:
    await offer(house, Flaky("one"), Flaky("two"))
    session_id = await create(http, providerId="one")
    answer = await http.post(f"/sessions/{session_id}/provider", json={"providerId": "two", "retry": True})
    assert answer.status_code == 409
    assert (await http.get(f"/sessions/{session_id}")).json()["data"]["providerId"] == "one"


async def test_the_same_request_again_asks_once(house: House, http: httpx.AsyncClient) -> None:
    bad = [ProviderAuthFailed("bad key")]
    await offer(house, Flaky("one", bad, bad), two := Flaky("two"))
    session_id = await create(http, providerId="one")
    await ask(http, session_id, "older")
    await ask(http, session_id, "hello")
    wish = {"providerId": "two", "retry": True}
    answers = await asyncio.gather(*(http.post(f"/sessions/{session_id}/provider", json=wish) for _ in range(5)))
    await ask(http, session_id, "and?")
    answers.append(await http.post(f"/sessions/{session_id}/provider", json=wish))
    assert {answer.status_code for answer in answers} == {200}
    assert [request.content for request in two.requests] == ["hello", "and?"]


async def test_the_chain_of_a_session_is_shown_and_changed(house: House, http: httpx.AsyncClient) -> None:
    await offer(house, Flaky("one"), Flaky("two"))
    session_id = await create(http, providerId="one", fallback=["two"])
    assert (await http.get(f"/sessions/{session_id}")).json()["data"]["fallback"] == ["two"]
    changed = await http.patch(f"/sessions/{session_id}", json={"fallback": []})
    assert changed.json()["data"]["fallback"] == []
    refused = await http.patch(f"/sessions/{session_id}", json={"fallback": ["two", "nobody"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "fallback.1")


async def test_who_is_left_alone_is_told(house: House, http: httpx.AsyncClient) -> None:
    await offer(house, Flaky("one", *[[ProviderCrashed("gone")]] * 5), Flaky("two"))
    session_id = await create(http, providerId="one")
    for number in range(5):
        await ask(http, session_id, f"hello {number}")
    for path, where in (("/providers", "data"), ("/status", "providers")):
        found = {one["id"]: one for one in (await http.get(path)).json()[where]}
        assert found["two"]["circuit"] == {"state": "closed", "failures": 0}
        assert (found["one"]["circuit"]["state"], found["one"]["circuit"]["failures"]) == ("open", 5)
        assert 0 < found["one"]["circuit"]["retryAfter"] <= 300
    assert await house.runtime.service_registry.call("providers.other", "two") is None
    assert await house.runtime.service_registry.call("providers.window", "two") is None
    problem = (await ask(http, session_id, "again"))[-1]["data"]["problem"]
    assert (problem["code"], problem["status"]) == ("PROVIDER_SUSPENDED", 503)


async def test_two_clients_at_once_end_with_one_provider(house: House, http: httpx.AsyncClient) -> None:
    await offer(house, Flaky("one"), Flaky("two"), Flaky("three"))
    session_id = await create(http, providerId="one")
    async with house.http() as other:
        clients = [http, other] * 5
        wishes = ["two", "three"] * 5
        answers = await asyncio.gather(
            *(
                client.post(f"/sessions/{session_id}/provider", json={"providerId": wish})
                for client, wish in zip(clients, wishes, strict=True)
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    entries = await ask(http, session_id, "who is it?")
    changes = [entry["data"] for entry in entries if entry["type"] == "sessions.provider.changed.v1"]
    assert [change["before"] for change in changes] == ["one", *(change["providerId"] for change in changes[:-1])]
    now = (await http.get(f"/sessions/{session_id}")).json()["data"]["providerId"]
    assert now == changes[-1]["providerId"]
    assert [e["data"]["content"] for e in entries if e["type"] == "sessions.message.completed.v1"] == [f"{now} answers"]
