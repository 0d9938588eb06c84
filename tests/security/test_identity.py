"""S04, S26, S30: tokens, cookies, codes and tickets; what answers and logs say."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.app.logs import JsonFormatter
from atrium.plugins.gateway.headers import CONTENT_SECURITY_POLICY
from atrium.testing.clock import ManualClock
from tests.clients import NO_TLS
from tests.gateway.house import House, house_with


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def house(clock: ManualClock) -> AsyncIterator[House]:
    async with house_with(clock=clock) as running:
        yield running


def browser(house: House, **headers: str) -> httpx.AsyncClient:
    """A browser on the hub's own page."""
    own = {"Origin": house.address, **headers}
    return httpx.AsyncClient(base_url=f"{house.address}/api/v1", headers=own, trust_env=False, verify=NO_TLS)


async def code_of(house: House) -> str:
    async with house.http() as http:
        return str((await http.post("/auth/code")).json()["code"])


async def sign_in(house: House, client: httpx.AsyncClient) -> str:
    """Sign a browser in and return its cookie."""
    answer = await client.post("/auth/login", json={"code": await code_of(house)})
    assert answer.status_code == 204
    return str(client.cookies[f"atrium-{house.port}"])


async def refused_socket(house: House, query: str = "", **headers: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream{query}", additional_headers=headers, proxy=None):
            pass
    return refused.value.response.status_code


async def test_only_the_exact_token_is_taken(house: House) -> None:
    token = house.gateway.token
    shapes = (
        "",
        "Bearer",
        "Bearer wrong",
        "Basic {}",
        "{}",
        "Bearer {}x",
        "Bearer x{}",
        "Bearer {}, {}",
        "Bearer \u00e9",
    )
    async with house.http(signed_in=False) as http:
        for value in [shape.format(token, token) for shape in shapes]:
            answer = await http.get("/status", headers={b"Authorization": value.encode("latin-1")})
            assert answer.status_code == 401, value
            assert answer.json()["code"] == "UNAUTHENTICATED"
            assert token not in answer.text


async def test_a_browser_signs_in_once_with_a_code(house: House) -> None:
    async with house.http() as http:
        issued = (await http.post("/auth/code")).json()
    assert issued["url"] == f"{house.address}/#code={issued['code']}"
    assert issued["expiresIn"] == 300

    async with browser(house) as client:
        answer = await client.post("/auth/login", json={"code": issued["code"]})
        cookie: Any = SimpleCookie(answer.headers["set-cookie"])[f"atrium-{house.port}"]
        assert answer.status_code == 204
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert int(cookie["max-age"]) == 30 * 86400
        principal = (await client.get("/notes")).json()
        assert principal["user"] == "local"
        assert principal["client"].startswith("browser:")

    async with browser(house) as other:
        again = await other.post("/auth/login", json={"code": issued["code"]})
        assert again.status_code == 401
        assert "set-cookie" not in again.headers


async def test_the_service_gives_a_code_too(house: House) -> None:
    issued = await house.runtime.service_registry.call("gateway.login_code")
    async with browser(house) as client:
        assert (await client.post("/auth/login", json={"code": issued["code"]})).status_code == 204


async def test_a_code_is_good_for_five_minutes(house: House, clock: ManualClock) -> None:
    code = await code_of(house)
    clock.time += 300
    async with browser(house) as client:
        assert (await client.post("/auth/login", json={"code": code})).status_code == 401


async def test_guessing_codes_is_limited(house: House, clock: ManualClock) -> None:
    async with browser(house) as client:
        answers = [await client.post("/auth/login", json={"code": f"guess-{n}"}) for n in range(31)]
        assert [answer.status_code for answer in answers] == [401] * 30 + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        clock.time += 60
        assert (await client.post("/auth/login", json={"code": await code_of(house)})).status_code == 204


async def test_a_login_outlives_the_hub_and_ends_after_thirty_quiet_days(clock: ManualClock) -> None:
    adapter = MemoryStorageAdapter()
    async with house_with(adapter=adapter, clock=clock) as house, browser(house) as client:
        cookie = await sign_in(house, client)
    stored = repr([document.value for document in await documents(adapter)])
    assert cookie.partition(".")[2] not in stored

    async with house_with(adapter=adapter, clock=clock) as house, browser(house) as client:
        client.cookies.set(f"atrium-{house.port}", cookie)
        clock.time += 29 * 86400
        prolonged = await client.get("/status")
        assert prolonged.status_code == 200
        assert cookie in prolonged.headers["set-cookie"]
        assert "set-cookie" not in (await client.get("/status")).headers
        clock.time += 29 * 86400
        assert (await client.get("/status")).status_code == 200
        clock.time += 30 * 86400
        assert (await client.get("/status")).status_code == 401


async def documents(adapter: MemoryStorageAdapter) -> list[Any]:
    from atrium.sdk.spi import Query

    await adapter.open()
    selection = await adapter.query([Query("gateway.logins", "system")])
    assert selection.pages[0]
    return list(selection.pages[0])


@pytest.mark.parametrize("cookie", ["", "x", ".", "a.b", "../../x.y", "{id}.", "{id}.wrong", "{id}", "é.x"])
async def test_a_forged_cookie_is_nobody(house: House, cookie: str) -> None:
    async with browser(house) as client:
        login_id = (await sign_in(house, client)).partition(".")[0]
    forged = f"atrium-{house.port}={cookie.format(id=login_id)}"
    async with browser(house) as client:
        answer = await client.get("/status", headers={b"Cookie": forged.encode()})

    assert answer.status_code == 401


async def test_a_cookie_alone_changes_nothing_from_elsewhere(house: House) -> None:
    async with browser(house) as client:
        cookie = {"Cookie": f"atrium-{house.port}={await sign_in(house, client)}"}
    async with house.http(signed_in=False) as http:
        note = {"noteId": "n1"}
        assert (await http.get("/status", headers=cookie)).status_code == 200
        bare = await http.post("/notes", json=note, headers=cookie)
        foreign = await http.post("/notes", json=note, headers={**cookie, "Sec-Fetch-Site": "cross-site"})
        same_site = await http.post("/notes", json=note, headers={**cookie, "Sec-Fetch-Site": "same-site"})
        own = await http.post("/notes", json=note, headers={**cookie, "Sec-Fetch-Site": "same-origin"})

    assert [bare.status_code, foreign.status_code, same_site.status_code, own.status_code] == [403, 403, 403, 201]
    assert bare.json()["code"] == "CROSS_SITE_REQUEST"


async def test_signing_out_ends_the_login_and_its_sockets(house: House) -> None:
    async with browser(house) as client:
        cookie = await sign_in(house, client)
        ticket = (await client.post("/auth/ticket")).json()["ticket"]
        url = f"ws://127.0.0.1:{house.port}/api/v1/stream?token={ticket}"
        async with connect(url, proxy=None) as socket:
            answer = await client.post("/auth/logout")
            assert answer.status_code == 204
            assert "Max-Age=0" in answer.headers["set-cookie"]
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1008
        old = await client.get("/status", headers={"Cookie": f"atrium-{house.port}={cookie}"})
    assert old.status_code == 401

    async with house.http() as http:
        assert (await http.post("/auth/logout")).status_code == 422


async def test_signing_out_ends_a_stream_over_http(house: House) -> None:
    async with browser(house) as client:
        await sign_in(house, client)
        await client.post("/notes", json={"noteId": "n1"})
        async with client.stream("GET", "/notes/n1/entries", params={"follow": "true"}) as following:
            lines = following.aiter_lines()
            await anext(lines)
            assert (await client.post("/auth/logout")).status_code == 204
            with suppress(httpx.TransportError):
                assert [line async for line in lines if line] == []


async def test_a_connection_does_not_outlive_the_login_it_was_opened_with(house: House, clock: ManualClock) -> None:
    async with browser(house) as client, house.http() as http:
        await sign_in(house, client)
        theirs = (await client.post("/auth/ticket")).json()["ticket"]
        local = (await http.post("/auth/ticket")).json()["ticket"]
        url = f"ws://127.0.0.1:{house.port}/api/v1/stream?token="
        async with connect(url + theirs, proxy=None) as browsers, connect(url + local, proxy=None) as owners:
            await house.gateway.serving.close_expired()
            clock.time += 31 * 86400
            await owners.send('{"type": "ping", "id": 1}')
            await owners.recv()
            await house.gateway.serving.close_expired()
            with pytest.raises(ConnectionClosed):
                await browsers.recv()
            assert browsers.close_code == 1008
            await owners.send('{"type": "ping", "id": 2}')
            await owners.recv()


async def test_a_ticket_opens_one_socket_within_thirty_seconds(house: House, clock: ManualClock) -> None:
    async with house.http() as http:
        issued = [(await http.post("/auth/ticket")).json() for _ in range(2)]
    assert issued[0]["expiresIn"] == 30
    query = f"?token={issued[0]['ticket']}"
    async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream{query}", proxy=None) as socket:
        await socket.send('{"type": "ping", "id": 1}')
        assert "pong" in str(await socket.recv())

    assert await refused_socket(house, query) == 401
    clock.time += 30
    assert await refused_socket(house, f"?token={issued[1]['ticket']}") == 401


async def test_a_long_lived_token_in_the_address_is_never_taken(house: House) -> None:
    token = house.gateway.token
    assert await refused_socket(house, f"?token={token}") == 401
    assert await refused_socket(house) == 401
    assert await refused_socket(house, "?token=") == 401
    async with house.http(signed_in=False) as http:
        for query in (f"?token={token}", f"?access_token={token}", f"?gatewayUrl=http://evil.com&token={token}"):
            assert (await http.get(f"/status{query}")).status_code == 401


async def test_a_ticket_and_a_cookie_are_not_interchangeable(house: House) -> None:
    async with browser(house) as client:
        cookie = await sign_in(house, client)
        ticket = (await client.post("/auth/ticket")).json()["ticket"]
    async with house.http(signed_in=False) as http:
        assert (await http.get("/status", headers={"Authorization": f"Bearer {ticket}"})).status_code == 401
        assert (await http.get(f"/status?token={ticket}")).status_code == 401
    named = {"Cookie": f"atrium-{house.port}={cookie}", "Origin": house.address}
    assert await refused_socket(house, **named) == 401


async def test_every_answer_carries_the_security_headers(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False, verify=NO_TLS) as client:
        answers = [
            await client.get("/"),
            await client.get("/assets/none.js"),
            await client.get("/health"),
            await client.get("/api/v1/status"),
            await client.get("/api/v1/status", headers=house.bearer),
            await client.get("/api/v1/none", headers=house.bearer),
            await client.get("/api/v1/crash", headers=house.bearer),
            await client.post("/api/v1/notes", headers=house.bearer, content=b"{"),
            await client.get("/health", headers={"Host": "evil.com"}),
        ]
    assert {answer.status_code for answer in answers} >= {200, 401, 404, 415, 421, 500}
    for answer in answers:
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "cache-control" in answer.headers
        assert "server" not in answer.headers
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


async def test_nothing_secret_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with browser(house) as client:
        code = await code_of(house)
        await client.post("/auth/login", json={"code": code})
        cookie = client.cookies[f"atrium-{house.port}"]
        ticket = (await client.post("/auth/ticket")).json()["ticket"]
        await client.get("/crash")
    async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream?token={ticket}", proxy=None) as socket:
        await socket.send('{"type": "notes:crash", "id": 1}')
        await socket.recv()
    await refused_socket(house, f"?token={house.gateway.token}")

    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "websockets.client"))
    ]
    text = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert "request failed" in text
    for secret in (code, cookie.partition(".")[2], ticket, house.gateway.token):
        assert secret not in text


HOSTILE = (
    "a\r\nadmin logged in",
    "\x1b[31mred",
    "a\nb",
    "\u202egnp.exe",
    "'; DROP TABLE x; --",
    "<script>alert(1)</script>",
)


async def test_hostile_text_stays_data(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="atrium")
    async with house.http() as http, house.socket() as socket:
        for text in HOSTILE:
            stored = await http.post("/notes", json={"noteId": "n1", "text": text})
            missing = await http.get(f"/notes/{quote(text, safe='')}")
            crashed = await http.get("/crash", headers={"traceparent": quote(text), "User-Agent": quote(text)})
            refused = await socket.ask(text)

            assert stored.json()["text"] == text
            assert missing.status_code == 404
            assert crashed.status_code == 500
            assert refused["payload"]["code"] == "UNKNOWN_FRAME"

    formatter = JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records]
    assert len(lines) >= len(HOSTILE)
    assert not [line for line in lines if "\n" in line or "\x1b" in line]


async def test_no_header_can_be_smuggled_into_an_answer(house: House) -> None:
    smuggled = "%0d%0aSet-Cookie:%20a=b"
    async with house.http() as http:
        for path in (f"/notes/{smuggled}", f"/topics/{smuggled}", f"/{smuggled}", f"/notes?tag={smuggled}"):
            assert "set-cookie" not in (await http.get(path)).headers
