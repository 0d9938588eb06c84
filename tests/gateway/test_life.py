"""The gateway's life: port, run files, first request, restart, stop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.gateway.plugin import Gateway
from atrium.plugins.gateway.server import HttpServer, bind
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import Manifest, Plugin, Principal, route
from tests.gateway.house import UPGRADE, House, house_with, read_answer, until


async def test_the_run_files_say_how_to_reach_the_hub(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with house_with(home=tmp_path) as house:
        await until((run / "address").exists)
        address, token = (run / "address").read_text(), (run / "token").read_text()
        assert address == f"http://127.0.0.1:{house.port}\n"
        assert token == house.gateway.token
        assert len(token) >= 43
        assert stat.S_IMODE((run / "token").stat().st_mode) == 0o600
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{address.strip()}/api/v1/status", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert sorted(os.listdir(run)) == ["address", "token"]

    assert os.listdir(run) == []


async def test_every_run_has_a_token_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "token").write_text("old")
    async with house_with(home=tmp_path) as house:
        first = house.gateway.token
    async with house_with(home=tmp_path) as house:
        assert (tmp_path / "run" / "token").read_text() == house.gateway.token != first
        async with house.http(signed_in=False) as http:
            assert (await http.get("/status", headers={"Authorization": f"Bearer {first}"})).status_code == 401


async def test_a_port_in_use_is_one_clear_line(house: House) -> None:
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": house.port}})
    await runtime.plugin_manager.load_plugin(Gateway(runtime))
    await runtime.start()
    reason = runtime.plugin_manager.failures["gateway"]
    await runtime.stop()

    assert f"127.0.0.1:{house.port}" in reason
    assert "another program" in reason
    assert "core.port" in reason
    assert "\n" not in reason


@pytest.mark.parametrize(("host", "advice"), [("192.0.2.1", "no such address"), ("no.such.host.invalid", "core.host")])
async def test_an_address_that_cannot_be_had_is_explained(host: str, advice: str) -> None:
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": 0, "host": host}})
    await runtime.plugin_manager.load_plugin(Gateway(runtime))
    await runtime.start()
    reason = runtime.plugin_manager.failures["gateway"]
    await runtime.stop()

    assert advice in reason


async def test_the_first_request_is_answered_even_while_plugins_still_start() -> None:
    release = asyncio.Event()
    waiting = asyncio.Event()

    class Slow(Plugin):
        """Starts when it is let."""

        manifest = Manifest(name="slow")

        async def start(self) -> None:
            waiting.set()
            await release.wait()

        @route("GET", "/slow")
        async def slow(self, caller: Principal, place: str = "here") -> str:
            """Answer."""
            return place

    runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": 0}})
    for plugin in (Gateway, Slow):
        await runtime.plugin_manager.load_plugin(plugin(runtime))
    starting = asyncio.create_task(runtime.start())
    await waiting.wait()
    gateway = runtime.plugin_manager.plugin("gateway")
    assert isinstance(gateway, Gateway)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.serving.port)
    head = f"GET /api/v1/slow HTTP/1.1\r\nHost: 127.0.0.1:{gateway.serving.port}\r\n"
    writer.write(f"{head}Authorization: Bearer {gateway.token}\r\n\r\n".encode())
    release.set()

    status, _, body = await read_answer(reader)
    writer.close()
    await starting
    await runtime.stop()
    assert (status, body) == (200, b'"here"')


async def test_a_hub_whose_plugins_take_for_ever_answers_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.plugins.gateway.plugin.OPEN_SECONDS", 0.01)
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": 0}})
    gateway = Gateway(runtime)
    await runtime.plugin_manager.load_plugin(gateway)
    await runtime.plugin_manager.start_plugin("gateway")
    await asyncio.wait_for(gateway.opened(), 50)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{gateway.address}/health")
    await runtime.stop()

    assert answer.json()["status"] == "ok"


async def answer_nothing(scope: Any, receive: Any, send: Any) -> None:
    """Serve nobody."""


async def test_a_server_whose_socket_is_gone_says_so() -> None:
    listener = bind("127.0.0.1", 0)
    server = HttpServer(answer_nothing, GatewayConfig(), listener)
    listener.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        await server.open()


async def test_a_gateway_that_stops_before_it_has_opened_leaves_the_port_free() -> None:
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": 0}})
    gateway = Gateway(runtime)
    await runtime.plugin_manager.load_plugin(gateway)
    await runtime.plugin_manager.start_plugin("gateway")
    port = gateway.serving.port
    await runtime.plugin_manager.stop_plugin("gateway")
    with socket.socket() as successor:
        successor.bind(("127.0.0.1", port))
    await runtime.stop()


async def test_the_port_opens_before_anything_heavy_is_imported() -> None:
    heavy = "{'fastapi', 'httpx', 'jinja2', 'numpy', 'pydantic_ai'}"
    program = f"import sys, atrium.plugins.gateway.serving; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE)
    _, imported = await process.communicate()

    assert (process.returncode, imported) == (0, b"")


async def test_not_ready_says_why(house: House, http: httpx.AsyncClient) -> None:
    assert (await http.get("/ready")).json() == {"status": "ready"}
    house.runtime.phase = "stopping"
    answer = await http.get("/ready")

    assert answer.status_code == 503
    assert "stopping" in answer.json()["detail"]


async def test_stopping_announces_ends_streams_and_closes_sockets(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket_, http.stream("GET", "/notes/n1/entries", params={"follow": "true"}) as answer:
        await socket_.ask("subscribe", {"streams": {"notes/n1": None}})
        lines = answer.aiter_lines()
        await anext(lines)
        stopping = asyncio.create_task(house.runtime.stop())

        assert (await socket_.next())["type"] == "core:restarting"
        assert [line async for line in lines] == []
        await socket_.connection.wait_closed()
        assert socket_.connection.close_code == 1012
        await asyncio.wait_for(stopping, 50)
    with pytest.raises(httpx.ConnectError):
        await http.get("/health")


async def test_clients_that_do_not_read_do_not_hold_up_the_stop() -> None:
    async with house_with(stop_timeout=0.1) as house, house.http() as http:
        await http.post("/notes", json={"noteId": "n1"})
        for _ in range(10):
            await http.post("/notes/n1/words", json={"words": ["x" * 10_000] * 90})
        sleepers = []
        for path, more in (("notes/n1/entries?follow=true", ()), ("stream", UPGRADE)):
            sleeper = socket.socket()
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.connect(("127.0.0.1", house.port))
            sleeper.sendall(house.head("GET", f"/api/v1/{path}", *more))
            sleeper.setblocking(False)
            assert (await asyncio.get_running_loop().sock_recv(sleeper, 12)).startswith(b"HTTP/1.1 ")
            sleepers.append(sleeper)
        subscribe = json.dumps({"type": "subscribe", "payload": {"streams": {"notes/n1": "0"}}}).encode()
        mask = bytes(4)
        await asyncio.get_running_loop().sock_sendall(
            sleepers[1], b"\x81" + bytes([0x80 | len(subscribe)]) + mask + subscribe
        )
        hub = house.gateway.serving.hub
        await until(lambda: any(connection.behind for connection in hub.connections))
        await asyncio.wait_for(house.runtime.stop(), 10)
        for sleeper in sleepers:
            sleeper.close()


async def test_shutdown_asks_the_core(tmp_path: Path) -> None:
    asked: asyncio.Queue[bool] = asyncio.Queue()
    async with house_with() as house, house.http() as http:

        async def shutdown(graceful: bool) -> None:
            asked.put_nowait(graceful)

        house.runtime.service_registry.register("core.shutdown", shutdown)
        first = await http.post("/core/shutdown")
        second = await http.post("/core/shutdown", json={"graceful": False})

        assert (first.status_code, second.status_code) == (202, 202)
        assert [await asyncio.wait_for(asked.get(), 50) for _ in range(2)] == [True, False]
