"""What the owner sets is what the gateway holds to."""

from contextlib import AsyncExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from atrium.testing.clock import ManualClock
from tests.gateway.house import UPGRADE, House, house_with, until
from tests.gateway.test_slow_clients import say_much, server_side, sleeper


async def login(house: House, code: str) -> httpx.Response:
    headers = {"Origin": house.address}
    async with house.http(signed_in=False) as http:
        return await http.post("/auth/login", json={"code": code}, headers=headers)


async def test_the_largest_body_is_as_set() -> None:
    async with house_with(max_body_bytes=2048) as house, house.http() as http:
        answers = [await http.post("/notes", json={"noteId": "n", "text": "x" * size}) for size in (1000, 3000)]
    assert [answer.status_code == 413 for answer in answers] == [False, True]


async def test_the_largest_head_is_as_set() -> None:
    async with house_with(max_header_bytes=2048) as house:
        small = await house.raw(house.head("GET", "/health", f"X-Filler: {'x' * 1000}"))
        endless = await house.raw(b"GET /health HTTP/1.1\r\nX-Filler: " + b"x" * 3000)
        whole = await house.raw(house.head("GET", "/health", f"X-Filler: {'x' * 3000}"))
        upgrade = await house.raw(house.head("GET", "/api/v1/stream", *UPGRADE, f"X-Filler: {'x' * 3000}"))
        path = await house.raw(house.head("GET", f"/health?{'x' * 3000}"))
    assert [answer[0] for answer in (small, endless, whole, upgrade, path)] == [200, 431, 431, 431, 431]
    assert {answer[1]["connection"] for answer in (endless, whole, upgrade, path)} == {"close"}


async def test_the_largest_frame_is_as_set() -> None:
    async with house_with(max_frame_bytes=2048) as house, house.socket() as socket:
        assert (await socket.ask("ping"))["type"] == "pong"
        await socket.send("ping", {"filler": "x" * 3000})
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_reading_pauses_and_every_frame_is_answered_with_one_in_flight() -> None:
    async with house_with(max_frames_in_flight=1) as house, house.socket() as socket:
        for number in range(50):
            await socket.send("ping", id=str(number))
        assert [(await socket.next("pong"))["id"] for _ in range(50)] == [str(number) for number in range(50)]


@pytest.mark.parametrize(("limit", "behind"), [(2048, True), (1 << 26, False)])
async def test_a_client_is_behind_at_the_buffer_that_is_set(limit: int, behind: bool) -> None:
    async with house_with(write_buffer_limit=limit) as house, house.http() as http, sleeper(house) as slow:
        head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
        await slow.ask("subscribe", {"streams": {"notes/n1": head}})
        connection = server_side(house)
        await say_much(house, http, head)
        await until(lambda: connection.behind == behind)
        assert (connection.buffered > 65536) is not behind


async def test_codes_tickets_and_logins_live_as_long_as_set() -> None:
    clock = ManualClock()
    async with house_with(clock=clock, code_expiry=10.0, ticket_expiry=20.0, login_expiry=3600.0) as house:
        async with house.http() as http:
            old = (await http.post("/auth/code")).json()
            ticket = (await http.post("/auth/ticket")).json()
            assert [old["expiresIn"], ticket["expiresIn"]] == [10, 20]
            clock.time += 11
            fresh = (await http.post("/auth/code")).json()
        assert (await login(house, old["code"])).status_code == 401
        entered = await login(house, fresh["code"])
    assert entered.status_code == 204
    assert "Max-Age=3600;" in entered.headers["set-cookie"]


async def test_codes_can_be_tried_as_often_as_set() -> None:
    async with house_with(code_attempts_per_minute=2) as house:
        assert [(await login(house, "wrong")).status_code for _ in range(3)] == [401, 401, 429]


async def test_connections_share_the_budget_of_buffers() -> None:
    async with house_with(write_buffer_budget=1 << 20, write_buffer_limit=1 << 19) as house, AsyncExitStack() as stack:
        limits = []
        for _ in range(5):
            await stack.enter_async_context(house.socket())
            limits.append(house.gateway.serving.hub.write_limit)
        assert limits == [1 << 19, 1 << 19, 1 << 18, 1 << 18, 1 << 17]
        await stack.aclose()
        await until(lambda: not house.gateway.serving.hub.connections)
        assert house.gateway.serving.hub.write_limit == 1 << 19
