"""S03: behind nginx and Caddy, configured as the documentation says, all works as without, and nobody gains a right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed, InvalidStatus

from atrium.testing.history import stream_violations
from tests.clients import NO_TLS
from tests.network.hub import calls, history
from tests.network.screens import TRANSPORTS, Transport
from tests.proxies.fronts import FRONTS, NAME
from tests.proxies.visitors import SOON, Site, site_behind

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPOOFS = (
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;host=127.0.0.1;proto=https"},
    {"X-Forwarded-Host": "127.0.0.1:8080"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-User": "local", "Remote-User": "local"},
)
ROUTES = (("GET", "/status"), ("GET", "/sessions"), ("GET", "/openapi.json"), ("POST", "/auth/code"))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(FRONTS))
async def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site_behind(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


async def sign_in(site: Site, http: httpx.AsyncClient) -> httpx.Response:
    async with calls(site.hub) as owner:
        code = (await owner.post("/auth/code")).json()["code"]
    return await http.post("/auth/login", json={"code": code}, headers={"Origin": f"https://{NAME}"})


async def test_nobody_is_trusted_for_coming_from_the_proxys_machine(site: Site) -> None:
    async with site.http(signed_in=False) as http:
        for spoof in ({}, *SPOOFS):
            for method, path in ROUTES:
                answer = await http.request(method, path, headers=spoof)
                assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED"), (spoof, path)
            with pytest.raises(InvalidStatus) as refused:
                await site.socket(headers=spoof)
            assert refused.value.response.status_code == 401
        assert (await http.get("/health")).status_code == 200
    async with site.http() as http:
        assert (await http.get("/status")).status_code == 200


async def test_spoofed_headers_take_no_right_from_who_has_it(site: Site) -> None:
    async with site.http() as http:
        for spoof in SPOOFS:
            assert (await http.get("/status", headers=spoof)).status_code == 200


async def test_only_the_public_name_and_its_pages_are_served(site: Site) -> None:
    async with site.http() as http:
        for host in ("evil.example", f"{NAME}.evil.example", f"evil.{NAME}", f"{NAME}:1"):
            answer = await http.get("/status", headers={"Host": host})
            assert answer.status_code == 421 or b"uptime" not in answer.content, host
        for origin in ("https://evil.example", f"https://{NAME}.evil.example", f"https://{NAME}:1", "null"):
            assert (await http.get("/status", headers={"Origin": origin})).status_code == 403, origin
            with pytest.raises(InvalidStatus) as refused:
                await site.socket(origin=origin)
            assert refused.value.response.status_code == 403
        assert (await http.get("/status", headers={"Origin": f"https://{NAME}"})).status_code == 200


async def test_the_address_of_a_socket_is_public_for_who_comes_by_the_public_name(site: Site) -> None:
    async with site.http() as http, calls(site.hub) as local:
        outside = (await http.post("/sessions", json={"providerId": "echo"})).json()
        inside = (await local.post("/sessions", json={"providerId": "echo"})).json()
    assert outside["wsUrl"] == f"wss://{NAME}/api/v1/sessions/{outside['sessionId']}/stream"
    assert inside["wsUrl"] == f"ws{site.hub.url.removeprefix('http')}/api/v1/sessions/{inside['sessionId']}/stream"


async def test_plain_http_is_sent_to_tls(site: Site) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as http:
        answer = await http.get(f"http://127.0.0.1:{site.front.http}/s/1", headers={"Host": NAME})
    assert answer.status_code in {301, 308}
    assert answer.headers["location"] == f"https://{NAME}/s/1"


async def test_a_browser_signs_in_and_its_cookie_travels_over_tls_only(site: Site) -> None:
    async with site.http(signed_in=False) as http:
        cookie = ""
        for spoof in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-For": "192.0.2.1"}):
            http.headers.update(spoof)
            cookie = (await sign_in(site, http)).headers["set-cookie"]
            assert [part.strip() for part in cookie.split(";")[2:]] == [
                "Path=/",
                "HttpOnly",
                "SameSite=Strict",
                "Secure",
            ]
        own = {"Origin": f"https://{NAME}", "Cookie": cookie.split(";")[0]}
        ticket = (await http.post("/auth/ticket", headers=own)).json()["ticket"]
        async with site.socket(f"/stream?token={ticket}", headers={}, origin=own["Origin"]) as socket:
            await socket.send(json.dumps({"type": "ping", "id": "1"}))
            assert json.loads(await socket.recv())["type"] == "pong"
        left = await http.post("/auth/logout", headers=own)
    assert (left.status_code, left.headers["set-cookie"].endswith("; Secure")) == (204, True)


async def test_without_the_proxy_nobody_is_believed_to_have_come_over_tls(site: Site) -> None:
    async with httpx.AsyncClient(base_url=f"{site.hub.url}/api/v1", trust_env=False, verify=NO_TLS) as http:
        cookie = (await sign_in(site, http)).headers["set-cookie"]
    assert "Secure" not in cookie


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_each_entry_comes_before_the_next_is_written(site: Site, transport: Transport) -> None:
    note = f"live-{transport}"
    async with site.http() as http:
        head = (await http.post("/notes", json={"noteId": note})).json()["offset"]
        async with site.following(transport, f"notes/{note}", f"/notes/{note}/entries", int(head)) as entries:
            for number in range(20):
                await http.post(f"/notes/{note}/words", json={"words": [str(number)]})
                entry = await asyncio.wait_for(anext(entries), SOON)
                assert entry["data"] == {"word": str(number)}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_long_history_comes_whole(site: Site, transport: Transport) -> None:
    note, total = f"long-{transport}", 4000
    async with site.http() as http:
        await http.post("/notes", json={"noteId": note})
        for _ in range(total // 500):
            await http.post(f"/notes/{note}/words", json={"words": ["é" * 300] * 500})
    async with site.following(transport, f"notes/{note}", f"/notes/{note}/entries") as entries:
        seen = [await asyncio.wait_for(anext(entries), SOON) for _ in range(1 + total)]
    async with calls(site.hub) as direct:
        assert seen == await history(direct, f"/notes/{note}/entries")
    assert stream_violations(seen) == []


async def test_problems_and_limits_reach_the_client_as_the_hub_says_them(site: Site) -> None:
    async with site.http() as http:
        missing = await http.get("/sessions/none")
        large = await http.post("/notes", content=b"x" * (2 << 20), headers={"Content-Type": "application/json"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert large.status_code == 413


@pytest.mark.parametrize("kind", list(FRONTS))
async def test_a_restart_is_announced_and_clients_go_on_at_their_cursor(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with site_behind(kind, tmp_path_factory.mktemp(kind)) as site:
        async with site.http() as http:
            head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
            async with site.socket() as socket:
                await site.hub.stop()
                assert json.loads(await socket.recv())["type"] == "core:restarting"
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
            assert socket.close_code == 1012
            assert (await http.get("/health")).status_code == 502
        await site.hub.start()
        async with site.http() as http:
            await http.post("/notes/n1/words", json={"words": ["after"]})
        async with site.following("ndjson", "notes/n1", "/notes/n1/entries", int(head)) as entries:
            assert (await asyncio.wait_for(anext(entries), SOON))["data"] == {"word": "after"}


@pytest.mark.parametrize("kind", list(FRONTS))
async def test_limits_hold_and_another_address_in_a_header_gives_no_further_attempts(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    limits = {"code_attempts_per_minute": 3, "max_frame_bytes": 2048}
    running = site_behind(kind, tmp_path_factory.mktemp(kind), **limits)
    async with running as site, site.http(signed_in=False) as http:
        async with site.socket() as socket:
            await socket.send("x" * 3000)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        answers = [
            await http.post(
                "/auth/login", json={"code": f"wrong {number}"}, headers={"X-Forwarded-For": f"192.0.2.{number}"}
            )
            for number in range(6)
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429, 429]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers[3:])
