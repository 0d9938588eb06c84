"""S01, S02: only requests meant for this hub, from its own pages or from programs, get past the edge."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from atrium.plugins.gateway.errors import Misdirected
from atrium.plugins.gateway.hosts import HostRules
from atrium.plugins.gateway.settings import GatewayConfig
from tests.gateway.house import House, house_with

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)

PATHS = ("/", "/health", "/ready", "/healthz", "/assets/x.js", "/api/v1/health", "/api/v1/status", "/api/v1/auth/login")

FOREIGN_HOSTS = (
    "evil.com",
    "evil.com:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}1",
    "127.0.0.1:evil.com",
    "127.0.0.1.:{port}",
    "127.0.0.1:{port}.evil.com",
    "127.0.0.1.evil.com:{port}",
    "localhost",
    "localhost.:{port}",
    "localhost.evil:{port}",
    "[::1]",
    "[::1]:1",
    "::1:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "user@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.com",
    "127.0.0.1:{port}, evil.com",
    "127.0.0.1:{port}/",
    "",
)

FOREIGN_ORIGINS = (
    "null",
    "http://evil.com",
    "http://localhost.evil",
    "http://localhost.evil:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}@evil",
    "http://127.0.0.1:{port}.evil.com",
    "http://127.0.0.1.:{port}",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port} http://evil.com",
    "127.0.0.1:{port}",
    "file://",
    "",
)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with house_with() as running:
        yield running


def request(house: House, path: str, host: str, *more: str, method: str = "GET", upgrade: bool = False) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}".format(port=house.port)]
    lines += [line.format(port=house.port) for line in more]
    lines += [f"Authorization: {house.bearer['Authorization']}"]
    return ("\r\n".join(lines) + "\r\n" + (UPGRADE if upgrade else "") + "\r\n").encode("latin-1")


async def test_a_foreign_host_is_misdirected_on_every_path(house: House) -> None:
    served = []
    for host, path in itertools.product(FOREIGN_HOSTS, PATHS):
        status, headers, body = await house.raw(request(house, path, host))
        if status != 421 or json.loads(body)["code"] != "MISDIRECTED" or "content-security-policy" not in headers:
            served.append((host, path, status))

    assert served == []


async def test_a_foreign_host_opens_no_socket(house: House) -> None:
    for host in FOREIGN_HOSTS:
        status, _, _ = await house.raw(request(house, "/api/v1/stream", host, upgrade=True))
        assert status == 421, host
    assert not house.gateway.serving.hub.connections


async def test_the_hubs_own_names_are_served(house: House) -> None:
    for host in ("127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"):
        assert (await house.raw(request(house, "/health", host)))[0] == 200
        assert (await house.raw(request(house, "/api/v1/stream", host, upgrade=True)))[0] == 101


async def test_a_host_twice_or_not_at_all_is_refused(house: House) -> None:
    own = f"127.0.0.1:{house.port}"

    assert (await house.raw(request(house, "/health", own, f"Host: {own}")))[0] in {400, 421}
    assert (await house.raw(request(house, "/health", own, "Host: evil.com")))[0] in {400, 421}
    assert (await house.raw(b"GET /health HTTP/1.1\r\n\r\n"))[0] in {400, 421}
    assert (await house.raw(b"GET /health HTTP/1.0\r\n\r\n"))[0] in {400, 421}


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/health", "http://evil.com/health", "//evil.com/health", "*"]
)
@pytest.mark.parametrize("upgrade", [False, True])
async def test_a_whole_address_as_target_is_refused(house: House, target: str, upgrade: bool) -> None:
    own = "127.0.0.1:{port}"
    status, _, _ = await house.raw(request(house, target.format(port=house.port), own, upgrade=upgrade))

    assert status in {400, 404, 421} if target != "//evil.com/health" else status in {200, 404, 421}
    assert not house.gateway.serving.hub.connections


async def test_a_foreign_origin_is_refused_before_the_handshake(house: House) -> None:
    own = f"127.0.0.1:{house.port}"
    for origin in FOREIGN_ORIGINS:
        answer = await house.raw(request(house, "/api/v1/stream", own, f"Origin: {origin}", upgrade=True))
        status, headers, body = answer
        assert status == 403, origin
        assert json.loads(body)["code"] == "FOREIGN_ORIGIN"
        assert "content-security-policy" in headers
    assert not house.gateway.serving.hub.connections


async def test_a_foreign_origin_is_refused_on_every_path(house: House) -> None:
    own = f"127.0.0.1:{house.port}"
    served = []
    for origin, path, method in itertools.product(FOREIGN_ORIGINS, PATHS, ("GET", "POST", "OPTIONS")):
        status, _, _ = await house.raw(request(house, path, own, f"Origin: {origin}", method=method))
        if status != 403:
            served.append((origin, path, method, status))

    assert served == []


async def test_the_hubs_own_origins_are_served_and_no_cors_is_granted(house: House) -> None:
    own = f"127.0.0.1:{house.port}"
    for origin in ("http://127.0.0.1:{port}", "http://localhost:{port}", "http://[::1]:{port}"):
        status, headers, _ = await house.raw(request(house, "/health", own, f"Origin: {origin}"))
        assert status == 200
        assert not [name for name in headers if name.startswith("access-control")]
        assert (await house.raw(request(house, "/api/v1/stream", own, f"Origin: {origin}", upgrade=True)))[0] == 101


async def test_two_origins_are_refused(house: House) -> None:
    own = f"127.0.0.1:{house.port}"
    origin = f"Origin: http://127.0.0.1:{house.port}"

    assert (await house.raw(request(house, "/health", own, origin, "Origin: http://evil.com")))[0] == 403


async def test_configured_names_are_allowed_exactly() -> None:
    async with house_with(allowed_hosts=["hub.example"], allowed_origins=["https://app.example"]) as house:
        assert (await house.raw(request(house, "/health", "HUB.example")))[0] == 200
        assert (await house.raw(request(house, "/health", "hub.example:{port}")))[0] == 200
        assert (await house.raw(request(house, "/health", "hub.example:1")))[0] == 421
        assert (await house.raw(request(house, "/health", "a.hub.example")))[0] == 421
        assert (await house.raw(request(house, "/health", "hub.example", "Origin: https://hub.example")))[0] == 200
        assert (await house.raw(request(house, "/health", "hub.example", "Origin: https://app.example")))[0] == 200
        assert (await house.raw(request(house, "/health", "hub.example", "Origin: https://b.app.example")))[0] == 403


async def test_the_public_address_is_allowed_exactly() -> None:
    async with house_with(public_url="https://hub.example") as house:
        page = "Origin: https://hub.example"
        assert (await house.raw(request(house, "/health", "HUB.example", page)))[0] == 200
        for host in ("hub.example:1", "hub.example:{port}", "a.hub.example", "hub.example."):
            assert (await house.raw(request(house, "/health", host)))[0] == 421, host
        for origin in ("http://hub.example", "https://hub.example:443", "https://hub.example.evil.com", "null"):
            answer = await house.raw(request(house, "/health", "hub.example", f"Origin: {origin}"))
            assert answer[0] == 403, origin


async def test_who_comes_by_the_public_name_is_told_public_addresses() -> None:
    async with house_with(public_url="https://hub.example:8443") as house, house.http() as http:
        link = (await http.post("/auth/code")).json()
        assert link["url"] == f"https://hub.example:8443/#code={link['code']}"
    rules = HostRules("127.0.0.1", 8080, ["other.example"], public_url="https://hub.example")
    assert rules.hub_url("hub.example", "http") == "https://hub.example"
    assert rules.hub_url("other.example", "ws") == "https://hub.example"
    assert rules.hub_url("127.0.0.1:8080", "ws") == "http://127.0.0.1:8080"
    without = HostRules("127.0.0.1", 8080, ["hub.example"])
    assert without.hub_url("hub.example", "wss") == "https://hub.example"
    assert without.hub_url("hub.example", "http") == "http://hub.example"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://Hub.Example/", "https://hub.example"),
        ("https://hub.example:443", "https://hub.example"),
        ("http://hub.local:8080", "http://hub.local:8080"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_public_address_is_taken_as_browsers_write_it(given: str, taken: str) -> None:
    assert GatewayConfig.model_validate({"publicUrl": given}).public_url == taken


@pytest.mark.parametrize(
    "wrong",
    [
        "", "hub.example", "ftp://hub.example", "https://", "https://hub.example/atrium", "https://hub.example?a=b",
        "https://me@hub.example", "https://hub.example:99999", "https://hub example", "https://hub.example#a",
        "https://*.example", "https://h\u00fcb.example", "https://hub.example\r\nX: y",
    ],
)  # fmt: skip
def test_what_is_no_public_address_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"publicUrl"):
        GatewayConfig.model_validate({"publicUrl": wrong})


def test_the_address_that_is_listened_on_is_allowed() -> None:
    for host, sent in (("192.0.2.7", "192.0.2.7:80"), ("::2", "[::2]:80"), ("127.0.0.1", "127.0.0.1")):
        HostRules(host, 80).check("/", [sent], [f"http://{sent}"])
    with pytest.raises(Misdirected):
        HostRules("192.0.2.7", 8080).check("/", ["192.0.2.7"], [])


async def test_proxy_headers_change_nothing(house: House) -> None:
    for header in (
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: evil.com",
        "X-Real-IP: 127.0.0.1",
        "Forwarded: for=1",
    ):
        asked = f"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n{header}\r\n\r\n"
        assert (await house.raw(asked.encode()))[0] == 401
