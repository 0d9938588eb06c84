"""SIGTERM under load: not ready first, everybody told, running turns finish, nothing lost, exit code 0."""

import asyncio
import json
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from atrium.testing.history import Fold, history_violations
from tests.faults.daemon import Daemon, daemon_at, until
from tests.faults.followers import Follower
from tests.faults.ledger import Ledger
from tests.faults.load import MESSAGES, Load
from tests.faults.verdict import Judge, read_history

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def session_with(http: httpx.AsyncClient, *contents: str) -> str:
    """Create a session and send messages; returns when they are acknowledged."""
    session_id = str((await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"])
    for content in contents:
        answer = await http.post(f"/sessions/{session_id}/messages", json={"content": content})
        assert answer.status_code == 202, answer.text
    return session_id


async def running(http: httpx.AsyncClient, session_id: str) -> None:
    """Wait until a turn of the session runs."""
    url = f"/sessions/{session_id}/events"
    async with http.stream("GET", url, params={"follow": "true"}) as answer:
        async for line in answer.aiter_lines():
            if "sessions.turn.started.v1" in line:
                return


def statuses(history: list[dict[str, Any]]) -> list[str]:
    """Return how the turns of a history ended, in order."""
    assert history_violations(history) == []
    return list(Fold().apply_all(history).turns.values())


@asynccontextmanager
async def socket_of(daemon: Daemon) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket."""
    headers = {"Authorization": f"Bearer {daemon.token}"}
    async with connect(daemon.api.replace("http", "ws", 1) + "/stream", additional_headers=headers, proxy=None) as one:
        yield one


async def frames_until_closed(socket: ClientConnection) -> list[dict[str, Any]]:
    """Return all that comes before the connection ends."""
    found: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        while True:
            found.append(json.loads(await socket.recv()))
    return found


async def test_a_stop_under_load_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(1, 10**6)
    dice, daemon, ledger = random.Random(seed), Daemon(tmp_path / "home"), Ledger()
    load, judge = Load(daemon, ledger, dice), Judge(daemon, ledger, dice)
    followers: list[Follower] = []
    try:
        for number in (1, 2):
            daemon.start()
            await daemon.healthy()
            async with load.going():
                await until(lambda: ledger.acknowledged >= 60 * number - 30, "some load")  # noqa: B023
                followers.extend(
                    Follower(daemon, dice.choice(ledger.usable(MESSAGES + 1)).id, transport)
                    for transport in ("websocket", "ndjson", "sse", "client")
                )
                await until(lambda: ledger.acknowledged >= 60 * number, "more load")  # noqa: B023
                daemon.signal(signal.SIGTERM)
                assert await daemon.ended(45) == 0
        daemon.start()
        await daemon.healthy()
        await judge.judge(followers)
        await judge.judge_list()
        assert ledger.wrong == []
        with capsys.disabled():
            print(f"\nseed {seed}: {ledger.acknowledged} messages acknowledged over two stops under load")
    finally:
        for follower in followers:
            await follower.close()
        if daemon.alive:
            daemon.kill()
    assert "Traceback" not in daemon.output()


async def test_a_stop_tells_everybody_and_lets_running_turns_finish(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        session_id = await session_with(http, "/sleep 1.5", "still queued")
        await running(http, session_id)
        message = {"content": "sent while it stops", "clientToken": "late"}
        following = asyncio.create_task(_lines(daemon, session_id))
        async with socket_of(daemon) as socket:
            daemon.signal(signal.SIGTERM)
            first = json.loads(await socket.recv())
            assert first["type"] == "core:restarting"
            ready = await http.get("/ready")
            assert (ready.status_code, ready.json()["code"]) == (503, "NOT_READY")
            assert (await http.get("/health")).status_code == 200
            late = await http.post(f"/sessions/{session_id}/messages", json=message)
            rest = await frames_until_closed(socket)
            assert [frame["type"] for frame in rest].count("core:restarting") == 0
        assert await daemon.ended() == 0
        seen = await following
        assert [entry["type"] for entry in seen][-1] == "sessions.turn.completed.v1"
        assert not (daemon.home / "run" / "address").exists()
        assert not (daemon.home / "run" / "token").exists()

        daemon.start()
        await daemon.healthy()
        async with daemon.http() as again:
            history = await _rested(again, session_id, 2 if late.is_error else 3)
            resent = await again.post(f"/sessions/{session_id}/messages", json=message)
        assert set(statuses(history)) == {"completed"}
        assert late.is_error or late.json() == resent.json()


async def test_what_does_not_end_in_time_is_interrupted_and_offered_again(tmp_path: Path) -> None:
    environment = {"ATRIUM_CORE__DRAIN_TIMEOUT": "0.5"}
    async with daemon_at(tmp_path / "home", environment) as daemon, daemon.http() as http:
        session_id = await session_with(http, "/sleep 3000", "behind it")
        await running(http, session_id)
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended(30) == 0
        assert time.monotonic() - began >= 0.5

        daemon.start()
        await daemon.healthy()
        async with daemon.http() as again:
            session = (await again.get(f"/sessions/{session_id}")).json()["data"]
            assert (session["turn"]["status"], session["queued"]) == ("interrupted", 1)
            history = await read_history(again, session_id)
            assert statuses(history) == ["interrupted", "queued"]
            assert (await again.post(f"/sessions/{session_id}/cancel", json={})).status_code == 202
            assert statuses(await _rested(again, session_id, 1)) == ["interrupted", "completed"]


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once(tmp_path: Path, second: signal.Signals) -> None:
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        session_id = await session_with(http, "/sleep 3000", "behind it")
        await running(http, session_id)
        async with socket_of(daemon) as socket:
            daemon.signal(signal.SIGTERM)
            assert json.loads(await socket.recv())["type"] == "core:restarting"
            daemon.signal(second)
            assert await daemon.ended(20) == 128 + second

        daemon.start()
        await daemon.healthy()
        async with daemon.http() as again:
            assert statuses(await read_history(again, session_id)) == ["interrupted", "queued"]


async def test_shutdown_over_http_does_as_the_signal(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        session_id = await session_with(http, "/sleep 3000")
        await running(http, session_id)
        assert (await http.post("/core/shutdown", json={"graceful": False})).status_code == 202
        assert await daemon.ended(30) == 0
        daemon.start()
        await daemon.healthy()
        async with daemon.http() as again:
            assert statuses(await read_history(again, session_id)) == ["interrupted"]


async def test_kill_while_it_stops_loses_nothing(tmp_path: Path) -> None:
    dice = random.Random(7)
    daemon = Daemon(tmp_path / "home")
    acknowledged: list[str] = []
    try:
        for _ in range(4):
            daemon.start()
            await daemon.healthy()
            async with daemon.http() as http:
                acknowledged.append(await session_with(http, "/tokens 200", "/sleep 0.3", "last"))
                daemon.signal(signal.SIGTERM)
                await asyncio.sleep(dice.uniform(0, 0.6))
            if daemon.alive:
                daemon.kill()
            else:
                assert await daemon.ended() == 0
        daemon.start()
        await daemon.healthy()
        async with daemon.http() as http:
            for session_id in acknowledged:
                history = await read_history(http, session_id)
                assert history_violations(history) == []
                assert len(Fold().apply_all(history).turns) == 3
    finally:
        if daemon.alive:
            daemon.kill()


async def _lines(daemon: Daemon, session_id: str) -> list[dict[str, Any]]:
    """Follow over NDJSON to the end of the answer, which must come at an entry's boundary."""
    async with daemon.http() as http:
        url = f"/sessions/{session_id}/events"
        async with http.stream("GET", url, params={"after": "0", "follow": "true"}) as answer:
            text = (await answer.aread()).decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines() if line]


async def _rested(http: httpx.AsyncClient, session_id: str, completed: int) -> list[dict[str, Any]]:
    """Wait until so many turns are complete; return the history."""
    async with asyncio.timeout(30):
        while True:
            history = await read_history(http, session_id)
            if statuses(history).count("completed") >= completed:
                return history
            await asyncio.sleep(0.02)
