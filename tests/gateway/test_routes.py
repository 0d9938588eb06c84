"""Methods of plugins as HTTP endpoints."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from atrium.sdk import Manifest, Plugin, Principal, service
from tests.gateway.house import House, house_with


async def test_scalars_of_a_post_are_fields_of_the_body(http: httpx.AsyncClient) -> None:
    answer = await http.post("/notes", json={"noteId": "n1", "text": "hello", "pinnedBy": "me"})

    assert answer.status_code == 201
    assert {"noteId": "n1", "text": "hello", "pinnedBy": "me"}.items() <= answer.json().items()


async def test_query_parameters_are_camel_case(http: httpx.AsyncClient) -> None:
    answer = await http.get("/notes", params=[("minWords", "3"), ("tag", "a"), ("tag", "b")])

    assert answer.json() == {"minWords": 3, "tag": ["a", "b"], "user": "local", "client": "cli"}


async def test_a_model_is_the_whole_body_and_comes_back_in_camel_case(http: httpx.AsyncClient) -> None:
    answer = await http.put("/notes/n1", json={"text": "a b", "wordCount": 2})

    assert answer.json() == {"text": "a b", "wordCount": 2}


async def test_headers_reach_the_parameters_named_after_them(http: httpx.AsyncClient) -> None:
    refused = await http.put("/notes/n1", json={"text": "a"}, headers={"If-Match": '"0"'})
    await http.post("/notes", json={"noteId": "n1"})
    keyed = await http.post("/notes/n1/words", json={"words": []}, headers={"Idempotency-Key": "k1"})

    assert refused.status_code == 412
    assert keyed.status_code == 202
    assert keyed.headers["x-key"] == "k1"


@pytest.mark.parametrize("body", [None, {}, {"reason": "old"}, {"force": True}])
async def test_a_body_whose_fields_are_all_optional_may_be_left_out(http: httpx.AsyncClient, body: object) -> None:
    answer = await http.post("/notes/n1/clear", json=body) if body is not None else await http.post("/notes/n1/clear")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_resource_has_its_revision_as_etag(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1", "text": "hello"})

    answer = await http.get("/notes/n1")
    body = answer.json()
    assert body == {"revision": body["revision"], "data": {"text": "hello", "pinnedBy": None}, "kind": "note"}
    assert body["revision"].isdigit()
    assert answer.headers["etag"] == f'"{body["revision"]}"'

    again = await http.get("/notes/n1", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await http.get("/notes/n1", headers={"If-None-Match": '"1", W/"2"'})
    assert other.status_code == 200


async def test_a_topic_is_read_as_a_snapshot(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1", "text": "hello"})

    listed = (await http.get("/topics/notes")).json()
    one = (await http.get("/topics/notes/n1")).json()

    assert [note["id"] for note in listed["data"]] == ["n1"]
    assert one["data"]["text"] == "hello"
    assert int(listed["revision"]) > 0
    assert (await http.get("/topics/nothing")).status_code == 404


async def test_the_route_of_a_stopped_plugin_names_the_plugin(house: House, http: httpx.AsyncClient) -> None:
    await house.runtime.plugin_manager.stop_plugin("notes")
    stopped = await http.get("/notes")
    await house.runtime.plugin_manager.start_plugin("notes")
    started = await http.get("/notes")

    assert stopped.status_code == 503
    assert stopped.json()["code"] == "PLUGIN_STOPPED"
    assert "'notes'" in stopped.json()["detail"]
    assert started.status_code == 200


async def test_openapi_describes_every_route(house: House, http: httpx.AsyncClient) -> None:
    described = (await http.get("/openapi.json")).json()

    assert described["openapi"].startswith("3.1")
    for method, path, _, _ in house.gateway.serving.dispatcher.route_table():
        operation = described["paths"][path.replace(":path}", "}")][method.lower()]
        assert operation["summary"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]
    body = described["paths"]["/api/v1/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = described["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert set(schema["properties"]) == {"noteId", "text", "pinnedBy"}
    assert schema["required"] == ["noteId"]


async def test_the_hub_says_how_it_is(http: httpx.AsyncClient) -> None:
    health = (await http.get("/health")).json()
    status = (await http.get("/status")).json()
    plugins = (await http.get("/plugins")).json()["data"]

    assert health["status"] == "ok"
    assert health["activeSessions"] == 0
    assert set(status["core"]) == {"version", "uptime", "pid", "connections"}
    assert status["providers"] == status["sessions"] == []
    assert {"gateway", "notes"} == {plugin["name"] for plugin in plugins if plugin["status"] == "started"}


class Models(Plugin):
    """Says what the hub's status asks for."""

    manifest = Manifest(name="models")

    @service("providers.list")
    async def providers(self) -> dict[str, Any]:
        """List one that runs and one that does not."""
        echo = {"id": "echo", "version": "1.0.0", "status": "running", "secret": "hidden"}
        return {"data": [echo, {"id": "local", "status": "failed", "reason": "no model"}]}

    @service("sessions.overview")
    async def overview(self, caller: Principal) -> list[dict[str, Any]]:
        """List two sessions of one provider."""
        return [{"id": number, "providerId": "echo"} for number in ("s1", "s2")]

    @service("sessions.count_by_provider")
    async def count_by_provider(self, caller: Principal) -> dict[str, int]:
        """Count those of each provider, also of one that is there no more."""
        return {"echo": 1234, "gone": 1}

    @service("sessions.count_active")
    async def count_active(self) -> int:
        """Count those that work."""
        return 1


async def test_the_status_counts_the_sessions_of_each_provider() -> None:
    async with house_with(Models) as house, house.http() as http:
        status = (await http.get("/status")).json()
        health = (await http.get("/health")).json()

    assert status["providers"] == [
        {"id": "echo", "version": "1.0.0", "status": "running", "sessions": 1234},
        {"id": "local", "status": "failed", "reason": "no model", "sessions": 0},
    ]
    assert [session["id"] for session in status["sessions"]] == ["s1", "s2"]
    assert health["activeSessions"] == 1
