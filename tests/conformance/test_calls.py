"""Every call of the wire: what it answers, and what it says of bad input."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from tests.conformance.hub import Api, Hub, assert_problem, ends

JSON = {"Content-Type": "application/json"}

BAD_SESSIONS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "providerId"),
    ({"providerId": 5}, "providerId"),
    ({"providerId": None}, "providerId"),
    ({"providerId": "nope"}, "providerId"),
    ({"providerId": "e\0"}, "providerId"),
    ({"providerId": "echo", "settings": []}, "settings"),
    ({"providerId": "echo", "settings": {"a": "x" * 300_000}}, "settings"),
    ({"providerId": "echo", "metadata": {"title": 5}}, "metadata.title"),
    ({"providerId": "echo", "metadata": {"title": "x" * 201}}, "metadata.title"),
    ({"providerId": "echo", "metadata": {"tags": [1]}}, "metadata.tags.0"),
    ({"providerId": "echo", "metadata": {"colour": 1}}, "metadata.colour"),
    ({"providerId": "echo", "colour": 1}, "colour"),
)

BAD_MESSAGES: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "content"),
    ({"content": 5}, "content"),
    ({"content": " \n"}, "content"),
    ({"content": "a\0"}, "content"),
    ({"content": "x", "clientToken": 5}, "clientToken"),
    ({"content": "x", "clientToken": ""}, "clientToken"),
    ({"content": "x", "targetAgent": "nope"}, "targetAgent"),
    ({"content": "x", "colour": 1}, "colour"),
)

BAD_JSON = (
    b"{",
    b"[" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"providerId":"\xff"}',
    b'{"providerId":"\\ud800"}',
    b'{"providerId":NaN}',
    b"{}{}",
)

BAD_IDS = (
    "x",
    "%00",
    "..%2f..%2fetc",
    "a" * 5000,
    "%ff",
    "%0d%0aX:y",
    "'; drop table x;--",
    "017fb34e-fb1f-4093-bce0-033cd9a91007",
)


def test_the_hub_and_its_providers(hub: Hub, api: Api) -> None:
    health = api("GET", "/health").json()
    assert set(health) == {"status", "version", "uptime", "activeSessions"}
    status = api("GET", "/status").json()
    assert set(status) == {"core", "providers", "sessions"}
    assert hub.process is not None
    assert status["core"]["pid"] == hub.process.pid
    assert all({"id", "version", "status", "sessions"} <= set(row) for row in status["providers"])
    for row in api("GET", "/providers").json()["data"]:
        assert {"id", "name", "version", "status", "capabilities", "limits"} <= set(row)
        assert row["status"] in {"active", "notInstalled", "unavailable"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/status"), ("GET", "/sessions"), ("POST", "/auth/ticket"), ("POST", "/core/shutdown"), ("GET", "/nope")],
)
def test_only_the_owner_is_answered(hub: Hub, method: str, path: str) -> None:
    with hub.api(Authorization="Bearer nobody") as stranger:
        assert_problem(stranger(method, path), 401)


def test_a_session_and_its_shape(hub: Hub, api: Api) -> None:
    created = api("POST", "/sessions", {"providerId": "echo", "metadata": {"title": "T", "tags": ["a"]}})
    assert created.status_code == 201
    session_id = created.json()["sessionId"]
    ws_url = f"ws://127.0.0.1:{hub.port}/api/v1/sessions/{session_id}/stream"
    assert created.json() == {"sessionId": session_id, "status": "created", "wsUrl": ws_url}
    assert uuid.UUID(session_id).version == 7
    read = api("GET", f"/sessions/{session_id}")
    revision = read.json()["revision"]
    assert re.fullmatch("[1-9][0-9]*", revision)
    assert read.headers["etag"] == f'"{revision}"'
    fields = {"id", "providerId", "status", "createdAt", "updatedAt", "messageCount", "metadata", "queued"}
    assert fields <= set(read.json()["data"])
    assert api("GET", f"/sessions/{session_id}", headers={"If-None-Match": f'"{revision}"'}).status_code == 304
    turn_id = api.send(session_id, "hello")["turnId"]
    api.follow(session_id, ends(turn_id))
    change = {"metadata": {"title": "U"}}
    changed = api("PATCH", f"/sessions/{session_id}", change, headers={"If-Match": f'"{revision}"'})
    assert changed.status_code == 200, "appends do not touch the revision that If-Match speaks of"
    assert changed.json()["data"]["metadata"] == {"title": "U", "tags": ["a"]}
    assert_problem(api("PATCH", f"/sessions/{session_id}", change, headers={"If-Match": f'"{revision}"'}), 412)
    assert api("DELETE", f"/sessions/{session_id}").status_code == 204
    assert_problem(api("DELETE", f"/sessions/{session_id}"), 404)


@pytest.mark.parametrize(("body", "field"), BAD_SESSIONS)
def test_a_session_that_cannot_be_made(api: Api, body: dict[str, Any], field: str) -> None:
    assert_problem(api("POST", "/sessions", body), 422, field)


@pytest.mark.parametrize(("body", "field"), BAD_MESSAGES)
def test_a_message_that_cannot_be_sent(api: Api, body: dict[str, Any], field: str) -> None:
    assert_problem(api("POST", f"/sessions/{api.session()}/messages", body), 422, field)


@pytest.mark.parametrize("at", ["x", "", -1, 10**30, True, 1.5, {}, "1" * 5000])
def test_a_fork_at_no_offset(api: Api, at: object) -> None:
    session_id = api.session()
    api.send(session_id, "hello")
    assert_problem(api("POST", f"/sessions/{session_id}/fork", {"at": at}), 422, "at")


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
def test_what_is_not_json(api: Api, body: bytes) -> None:
    assert_problem(api("POST", "/sessions", content=body, headers=JSON), 400)


def test_a_body_of_the_wrong_size_or_kind(api: Api) -> None:
    assert_problem(api("POST", "/sessions", content=b"x" * (2 << 20), headers=JSON), 413)
    assert_problem(api("POST", "/sessions", content=b"{}", headers={"Content-Type": "text/plain"}), 415)
    assert_problem(api("POST", "/sessions", content=b"", headers=JSON), 422)


@pytest.mark.parametrize("session_id", BAD_IDS)
def test_an_id_that_names_nothing(api: Api, session_id: str) -> None:
    path = f"/sessions/{session_id}"
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/messages"), ("GET", "/events?follow=true")):
        assert_problem(api(method, path + rest), 404)
    for rest in ("/cancel", "/stop", "/retry", "/fork"):
        assert_problem(api("POST", path + rest), 404)
    assert_problem(api("PATCH", path, {"metadata": {"title": "x"}}), 404)
    assert_problem(api("POST", f"{path}/messages", {"content": "x"}), 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=501", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("offset=-1", "offset"),
        ("offset=" + "9" * 30, "offset"),
        ("status=foo", "status"),
        ("sort=foo", "sort"),
    ],
)
def test_a_list_that_cannot_be_given(api: Api, query: str, field: str) -> None:
    assert_problem(api("GET", f"/sessions?{query}"), 422, field)


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "title"])
def test_pages_make_up_the_list(api: Api, sort: str) -> None:
    tag = uuid.uuid4().hex
    for title in ("b", "a", "A", "c", "", "b", "é"):
        api("POST", "/sessions", {"providerId": "echo", "metadata": {"title": title, "tags": [tag]}})
    wanted = {"tag": tag, "sort": sort}
    whole = [row["id"] for row in api("GET", "/sessions", params=wanted).json()["data"]]
    assert len(set(whole)) == 7
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api("GET", "/sessions", params={**wanted, "limit": "3", **cursor}).json()
        assert set(page) == {"revision", "data", "nextCursor"}
        paged += [row["id"] for row in page["data"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert paged == whole
    skipped = api("GET", "/sessions", params={**wanted, "limit": "2", "offset": "3"}).json()["data"]
    assert [row["id"] for row in skipped] == whole[3:5]


def test_a_token_makes_sending_safe_to_repeat(api: Api) -> None:
    session_id = api.session()
    first = api.send(session_id, "once", clientToken="k")
    assert api.send(session_id, "once", clientToken="k") == first
    other = {"content": "other", "clientToken": "k"}
    assert_problem(api("POST", f"/sessions/{session_id}/messages", other), 422, "clientToken")
    assert [entry["data"].get("content") for entry in api.entries(session_id)].count("once") <= 2


def test_nothing_to_cancel_or_to_retry_and_nothing_after_stop(api: Api) -> None:
    session_id = api.session()
    assert_problem(api("POST", f"/sessions/{session_id}/cancel"), 409)
    assert_problem(api("POST", f"/sessions/{session_id}/retry"), 409)
    assert api("POST", f"/sessions/{session_id}/stop").status_code == 202
    assert_problem(api("POST", f"/sessions/{session_id}/messages", {"content": "x"}), 409)


def test_a_login_code_and_a_ticket_work_once(hub: Hub, api: Api) -> None:
    offered = api("POST", "/auth/code").json()
    assert "#" in offered["url"]
    assert "?" not in offered["url"]
    with hub.api(Accept="*/*") as browser:
        login = browser("POST", "/auth/login", {"code": offered["code"]})
        name, _, rest = login.headers["set-cookie"].partition("=")
        assert str(hub.port) in name
        assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in rest.split(";")}
        assert browser("GET", "/status").status_code == 200
        assert_problem(browser("POST", "/auth/login", {"code": offered["code"]}), 401)
    ticket = api("POST", "/auth/ticket").json()
    assert ticket["expiresIn"] == 30
    with hub.socket(f"/stream?token={ticket['ticket']}", signed_in=False) as socket:
        assert socket.ask("ping")["type"] == "pong"


@pytest.mark.parametrize("topic", ["nope", "logins", "sessions/nope", "%00", "a" * 3000])
def test_nothing_is_a_topic_by_accident(api: Api, topic: str) -> None:
    assert_problem(api("GET", f"/topics/{topic}"), 404)
