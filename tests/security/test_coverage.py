"""S05: every way into the hub, unauthenticated. A route that has no entry here fails the test."""

from __future__ import annotations

import itertools
import re

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from atrium.plugins.gateway.sockets import ENDPOINTS
from tests.gateway.house import house_with

PUBLIC = {
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/ready"),
    ("POST", "/api/v1/auth/login"),
}
"""What needs no authentication. Adding a line here is a decision."""

GATEWAY = {
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/ready"),
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/plugins"),
    ("GET", "/api/v1/features"),
    ("GET", "/api/v1/connections"),
    ("GET", "/api/v1/connections/streams"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/topics/{topic:path}"),
    ("POST", "/api/v1/core/shutdown"),
    ("POST", "/api/v1/auth/code"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/ticket"),
    ("PUT", "/api/v1/auth/device"),
}

SOCKETS = {"/api/v1/stream", "/api/v1/sessions/{id}/stream"}


def filled(path: str) -> str:
    return re.sub(r"{[^}]*}", "0193a1b2-0000-7000-8000-000000000000", path)


async def test_every_route_needs_authentication_unless_it_is_listed() -> None:
    async with house_with() as house, house.http(signed_in=False) as http:
        table = house.gateway.serving.dispatcher.route_table()
        assert {(method, path) for method, path, owner, _ in table if owner == "gateway"} == GATEWAY
        assert {(method, path) for method, path, _, public in table if public} == PUBLIC
        for method, path, _, _ in table:
            answer = await http.request(method, house.address + filled(path), json={})
            if (method, path) in PUBLIC:
                assert answer.status_code in {200, 401, 422}, path
            else:
                assert answer.status_code == 401, (method, path)
                assert answer.json()["code"] == "UNAUTHENTICATED"


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
SPELLINGS = (
    "/api/v1/status",
    "/api/v1/status/",
    "/api//v1/status",
    "/api/v1/../v1/status",
    "/api/v1/%73tatus",
    "/api/v1/health/../status",
    "/api/v1/health/",
    "/api/v1/health%2f..%2fstatus",
    "/%61pi/v1/status",
    "/api/v1/none",
    "/api",
    "/api/",
    "/API/v1/status",
    "//api/v1/status",
)


async def test_nothing_under_the_api_is_reached_by_other_spellings() -> None:
    async with house_with() as house:
        own = f"Host: 127.0.0.1:{house.port}\r\n\r\n"
        for method, path in itertools.product(METHODS, SPELLINGS):
            status, _, body = await house.raw(f"{method} {path} HTTP/1.1\r\n{own}".encode())
            assert status in {400, 401, 404, 405, 200}, (method, path)
            assert b'"core"' not in body
            if status == 200:
                assert not path.startswith("/api"), path


async def test_every_socket_needs_authentication() -> None:
    assert set(ENDPOINTS) == SOCKETS
    async with house_with() as house:
        for path in (*SOCKETS, "/api/v1/none", "/health"):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://127.0.0.1:{house.port}{filled(path)}", proxy=None):
                    pass
            assert refused.value.response.status_code == 401
            assert refused.value.response.headers["content-type"] == "application/problem+json"
        assert not house.gateway.serving.hub.connections


async def test_every_frame_acts_in_the_callers_name() -> None:
    async with house_with() as house:
        types = house.gateway.serving.commands.types
        assert types.keys() >= {"subscribe", "unsubscribe", "ping", "notes:shout"}
        async with house.socket() as socket:
            answer = await socket.ask("notes:shout", {"text": "a"})
            assert answer["payload"]["user"] == "local"
            spoofed = await socket.ask(
                "notes:shout", {"text": "a", "caller": {"user": "root"}}, caller="root", user="root"
            )
            assert spoofed["payload"]["user"] == "local"
