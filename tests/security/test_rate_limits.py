"""S11: who asks too often is told when to go on, and nobody else waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from atrium.plugins.gateway.rate_limits import MOST_KEYS, RateLimit, RateLimits, origin
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import Principal, TooManyRequests
from atrium.testing.clock import ManualClock
from tests.gateway.house import House, house_with


@asynccontextmanager
async def visitor(house: House, address: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with another address of this machine, not signed in."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(
        base_url=house.address, transport=transport, headers={"Origin": house.address, **headers}
    ) as client:
        yield client


async def statuses(client: httpx.AsyncClient, path: str, count: int) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(count)]


async def test_a_login_beyond_its_rate_gets_429_with_the_time_to_wait() -> None:
    clock = ManualClock()
    async with house_with(clock=clock, requests_per_second=0.1) as house, house.http() as owner:
        assert await statuses(owner, "/status", 2) == [200, 200]
        refused = await owner.get("/status")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"] == "10"
        problem = refused.json()
        assert (problem["code"], problem["recoverable"]) == ("TOO_MANY_REQUESTS", True)
        assert problem["retryAfter"] == pytest.approx(10, abs=0.2)
        assert problem["detail"] == "a login may send 0.1 requests a second"
        clock.time += 10
        assert await statuses(owner, "/status", 2) == [200, 429]


async def test_each_login_is_counted_by_itself() -> None:
    async with house_with(clock=ManualClock(), requests_per_second=0.15) as house, house.http() as owner:
        code = (await owner.post("/auth/code")).json()["code"]
        assert await statuses(owner, "/status", 3) == [200, 200, 429]
        async with visitor(house) as browser:
            assert (await browser.post("/api/v1/auth/login", json={"code": code})).status_code == 204
            assert await statuses(browser, "/api/v1/status", 4) == [200, 200, 200, 429]


async def test_strangers_are_counted_by_address_and_take_nothing_from_who_is_known() -> None:
    async with house_with(clock=ManualClock(), strangers_per_second=0.2) as house, house.http() as owner:
        async with visitor(house) as stranger, visitor(house, "127.0.0.2") as other:
            assert (await stranger.get("/api/v1/health")).status_code == 200
            assert (await stranger.get("/")).status_code == 200
            assert (await stranger.get("/api/v1/status")).status_code == 401
            guess = {"Authorization": "Bearer guess"}
            assert (await stranger.get("/api/v1/status", headers=guess)).status_code == 401
            for path in ("/api/v1/health", "/", "/api/v1/status"):
                assert (await stranger.get(path)).status_code == 429, path
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://127.0.0.1:{house.port}/api/v1/stream?token=guess", proxy=None):
                    pass
            assert refused.value.response.status_code == 429
            assert await statuses(other, "/api/v1/health", 4) == [200] * 4
        assert (await owner.get("/status")).status_code == 200


@pytest.mark.parametrize(("proxies", "expected"), [((), [200, 200, 429, 429]), (("127.0.0.1",), [200, 200, 200, 200])])
async def test_an_address_in_a_header_counts_if_a_configured_proxy_says_it(
    proxies: tuple[str, ...], expected: list[int]
) -> None:
    running = house_with(clock=ManualClock(), strangers_per_second=0.1, trusted_proxies=proxies)
    async with running as house, visitor(house) as proxy:
        answers = [
            await proxy.get("/api/v1/health", headers={"X-Forwarded-For": address})
            for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3")
        ]
    assert [answer.status_code for answer in answers] == expected


async def test_opening_sockets_counts_as_requests() -> None:
    async with house_with(clock=ManualClock(), requests_per_second=0.1) as house:
        async with house.socket(), house.socket():
            with pytest.raises(InvalidStatus) as refused:
                async with house.socket():
                    pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["retry-after"] == "10"


async def test_frames_beyond_the_rate_get_an_error_and_the_socket_lives() -> None:
    clock = ManualClock()
    async with house_with(clock=clock, frames_per_second=0.1) as house, house.socket() as one, house.socket() as two:
        assert (await one.ask("ping"))["type"] == "pong"
        assert (await two.ask("ping"))["type"] == "pong"
        for socket in (one, two):
            refused = await socket.ask("subscribe", {"topics": []})
            assert refused["type"] == "error"
            assert (refused["payload"]["status"], refused["payload"]["code"]) == (429, "TOO_MANY_REQUESTS")
            assert refused["payload"]["retryAfter"] == pytest.approx(10, abs=0.2)
        clock.time += 10
        assert (await one.ask("ping"))["type"] == "pong"


async def test_guesses_of_one_address_leave_the_login_open_for_the_others() -> None:
    async with house_with(clock=ManualClock(), code_attempts_per_minute=2) as house, house.http() as owner:
        code = (await owner.post("/auth/code")).json()["code"]
        async with visitor(house) as guesser:
            guesses = [await guesser.post("/api/v1/auth/login", json={"code": "guess"}) for _ in range(3)]
            assert [guess.status_code for guess in guesses] == [401, 401, 429]
        async with visitor(house, "127.0.0.2") as person:
            assert (await person.post("/api/v1/auth/login", json={"code": code})).status_code == 204


def test_guesses_from_everywhere_are_limited_together() -> None:
    limits = RateLimits(ManualClock(), GatewayConfig(code_attempts_per_minute=2))
    for number in range(20):
        limits.attempt((f"192.0.2.{number}", 1))
    with pytest.raises(TooManyRequests, match="all addresses"):
        limits.attempt(("192.0.2.99", 1))


def test_the_codes_that_are_given_out_are_limited() -> None:
    limits = RateLimits(ManualClock(), GatewayConfig(code_attempts_per_minute=1))
    limits.code()
    with pytest.raises(TooManyRequests):
        limits.code()


def test_by_default_twenty_thousand_requests_come_through_at_once() -> None:
    limits, owner = RateLimits(ManualClock(0.0), GatewayConfig()), Principal(user="local", client="cli")
    for _ in range(20_000):
        limits.request(owner)
        limits.frame(owner)
    for refused in (limits.request, limits.frame):
        with pytest.raises(TooManyRequests):
            refused(owner)


def test_the_average_is_held_and_a_pause_fills_the_bucket() -> None:
    clock = ManualClock(0.0)
    limit = RateLimit(clock, per_second=2, burst=4)
    passed = 0
    for _ in range(100):
        for _ in range(3):
            try:
                limit.spend("one")
            except TooManyRequests:
                continue
            passed += 1
        clock.time += 1
    assert passed == 4 + 99 * 2
    clock.time += 1000
    for _ in range(4):
        limit.spend("one")
    with pytest.raises(TooManyRequests):
        limit.spend("one")


def test_ever_new_addresses_take_bounded_memory_and_free_nobody_who_goes_on() -> None:
    limit = RateLimit(ManualClock(), per_second=1, burst=1)
    limit.spend("busy")
    for number in range(5 * MOST_KEYS):
        limit.spend(number)
        if number % 1000 == 0:
            with pytest.raises(TooManyRequests):
                limit.spend("busy")
    assert len(limit) == MOST_KEYS


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::not an address", "::not another", False),
    ],
)
def test_an_ipv6_customer_counts_once(one: str, other: str, same: bool) -> None:
    assert (origin((one, 1)) == origin((other, 2))) is same


def test_a_peer_without_an_address_is_counted_too() -> None:
    assert origin(None) == origin(None)
