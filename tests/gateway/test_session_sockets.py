"""`/sessions/{id}/stream`: a socket that follows one stream from the start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from atrium.sdk import Manifest, NewEntry, Plugin, Principal, frame, route
from tests.gateway.house import UPGRADE, House, house_with, read_answer, until
from tests.gateway.unhurried import Unhurried


class Talks(Plugin):
    """Owns streams named as sessions are."""

    manifest = Manifest(name="sessions")

    @route("POST", "/talks/{talk_id}")
    async def say(self, caller: Principal, talk_id: str, hub_url: str | None = None) -> dict[str, Any]:
        """Append an entry."""
        async with self.storage.of(caller.space).batch() as batch:
            (offset,) = batch.append(f"sessions/{talk_id}", [NewEntry("sessions.talk.said.v1", {})])
        return {"offset": str(offset), "hubUrl": hub_url}

    @frame("talk:where")
    async def where(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> str | None:
        """Return the session a frame belongs to."""
        return session_id


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with house_with(Talks) as running:
        yield running


async def test_it_follows_the_session_from_now_or_from_a_cursor(house: House) -> None:
    async with house.http() as http:
        first = (await http.post("/talks/t1")).json()["offset"]
        async with house.socket("/sessions/t1/stream") as live, house.socket("/sessions/t1/stream?after=0") as whole:
            replayed = await whole.next()
            second = (await http.post("/talks/t1")).json()["offset"]
            assert replayed["type"] == "stream:chunk"
            assert replayed["sessionId"] == "t1"
            assert replayed["payload"]["offset"] == first
            assert (await live.next())["payload"]["offset"] == second
            assert (await whole.next())["payload"]["offset"] == second


async def test_frames_belong_to_its_session_unless_they_say_otherwise(house: House) -> None:
    async with house.http() as http:
        await http.post("/talks/t1")
    async with house.socket("/sessions/t1/stream") as socket:
        assert (await socket.ask("talk:where"))["payload"] == "t1"
        assert (await socket.ask("talk:where", sessionId="t2"))["payload"] == "t2"
    async with house.socket() as socket:
        assert (await socket.ask("talk:where"))["payload"] == {}


async def test_a_cursor_beyond_the_head_is_reset_after_the_handshake(house: House) -> None:
    async with house.http() as http:
        head = (await http.post("/talks/t1")).json()["offset"]
    async with house.socket(f"/sessions/t1/stream?after={int(head) + 1}") as socket:
        reset = await socket.next()

    assert reset["type"] == "stream:reset"
    assert reset["payload"]["head"] == head


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sessions/none/stream", 404),
        ("/sessions/%00/stream", 404),
        ("/sessions/../stream", 404),
        (f"/sessions/{'x' * 200}/stream", 404),
        ("/sessions/stream", 404),
        ("/none", 404),
        ("/sessions/t1/stream?after=-1", 422),
        ("/sessions/t1/stream?after=x", 422),
        ("/sessions/t1/stream?after=99999999999999999999", 422),
    ],
)
async def test_what_cannot_be_followed_is_refused_before_the_handshake(house: House, path: str, status: int) -> None:
    async with house.http() as http:
        await http.post("/talks/t1")
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{house.port}/api/v1{path}", additional_headers=house.bearer, proxy=None):
            pass

    answer = refused.value.response
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == status
    assert not house.gateway.serving.hub.connections


async def test_a_client_that_leaves_during_the_handshake_is_no_error(
    house: House, unhurried: Unhurried, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.http() as http:
        await http.post("/talks/t1")
    state = house.gateway.serving.server.server_state
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)

    async def leave() -> None:
        writer.transport.abort()
        await until(lambda: not state.connections)

    unhurried.meanwhile = [leave]
    writer.write(house.head("GET", "/api/v1/sessions/t1/stream", *UPGRADE))
    await until(lambda: not unhurried.meanwhile)
    await until(lambda: not state.tasks)
    assert not house.gateway.serving.hub.connections
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_a_handshake_that_goes_on_when_the_hub_stops_is_refused(house: House, unhurried: Unhurried) -> None:
    async with house.http() as http:
        await http.post("/talks/t1")
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        stopping.append(asyncio.create_task(house.runtime.stop()))
        await asyncio.Event().wait()

    unhurried.meanwhile = [stop]
    answer = await house.raw(house.head("GET", "/api/v1/sessions/t1/stream", *UPGRADE))
    await asyncio.wait_for(stopping[0], 50)
    assert answer[0] == 500


@pytest.mark.parametrize("lines", [UPGRADE[:3], ("Upgrade: websocket", "Connection: Upgrade")])
async def test_a_handshake_that_is_none_is_refused(house: House, lines: tuple[str, ...]) -> None:
    assert (await house.raw(house.head("GET", "/api/v1/stream", *lines)))[0] in {400, 426}


async def test_frames_before_the_handshake_and_after_the_close_are_dropped(house: House) -> None:
    ping = b"\x81\x8f" + bytes(4) + b'{"type":"ping"}'
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(house.head("GET", "/api/v1/stream", *UPGRADE) + ping)
    assert (await read_answer(reader))[0] == 101
    hub = house.gateway.serving.hub
    await until(lambda: hub.connections)
    (connection,) = hub.connections
    writer.write(ping)
    async with asyncio.timeout(50):
        first, length = await reader.readexactly(2)
        assert (first, b'"type":"pong"' in await reader.readexactly(length)) == (0x81, True)
        connection.close(1001, "enough")
        writer.write(ping + b"\x88\x80" + bytes(4))
        rest = await reader.read()
    assert rest.startswith(b"\x88")
    assert b"pong" not in rest
    writer.close()


async def test_the_address_of_the_hub_reaches_the_parameter_of_that_name(house: House) -> None:
    async with house.http() as http:
        assert (await http.post("/talks/t1")).json()["hubUrl"] == house.address
        other = await http.post(
            "/talks/t1", params={"hubUrl": "http://evil.example"}, headers={"Host": f"localhost:{house.port}"}
        )
        assert other.json()["hubUrl"] == f"http://localhost:{house.port}"
