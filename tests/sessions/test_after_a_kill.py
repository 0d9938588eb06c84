"""The real hub, ended by SIGKILL: what was answered is there, and what belongs to one commit is there together."""

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.daemon import Daemon, daemon_at


async def create(http: httpx.AsyncClient) -> str:
    return str((await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"])


async def restarted(daemon: Daemon) -> None:
    daemon.start()
    await daemon.healthy()


@pytest.mark.timeout(120)
async def test_a_draft_that_was_answered_is_there(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon:
        async with daemon.http() as http:
            session_id = await create(http)
            put = await http.put(f"/sessions/{session_id}/draft", json={"text": "half a thou"})
        daemon.kill()
        await restarted(daemon)
        async with daemon.http() as http:
            assert (await http.get(f"/sessions/{session_id}/draft")).json() == put.json()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ["storage.written:71", "storage.committed:70"])
async def test_a_message_and_its_draft_are_never_both_there_nor_both_gone(tmp_path: Path, point: str) -> None:
    daemon = Daemon(tmp_path / "home")
    daemon.start(ATRIUM_CRASH_AT=point)
    await daemon.healthy()
    drafted = []
    with suppress(httpx.TransportError):
        async with daemon.http() as http:
            while daemon.alive:
                session_id = await create(http)
                put = await http.put(f"/sessions/{session_id}/draft", json={"text": "/tokens 3"})
                drafted.append(session_id)
                message = {"content": "/tokens 3", "draftRevision": put.json()["revision"]}
                await http.post(f"/sessions/{session_id}/messages", json=message)
    await daemon.ended()
    await restarted(daemon)
    try:
        async with daemon.http() as http:
            assert drafted
            for session_id in drafted:
                draft = (await http.get(f"/sessions/{session_id}/draft")).json()["data"]["text"]
                messages = (await http.get(f"/sessions/{session_id}/messages")).json()["data"]
                assert bool(draft) != bool(messages), session_id
    finally:
        daemon.kill()
