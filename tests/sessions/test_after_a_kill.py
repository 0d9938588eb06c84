"""The real hub, ended by SIGKILL: what was answered is there, and what belongs to one commit is there together."""

import asyncio
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.crash_points import PROVIDER_POINTS, SUMMARY_POINTS
from tests.faults.daemon import Daemon, daemon_at

ENDS = {f"sessions.turn.{how}.v1" for how in ("completed", "failed", "cancelled", "interrupted")}


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


@pytest.mark.faults
@pytest.mark.timeout(180)
@pytest.mark.parametrize("point", PROVIDER_POINTS)
async def test_a_change_of_provider_is_there_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("faltering.py"), home / "plugins")
    daemon = Daemon(home, {"ATRIUM_PROVIDERS__FALLBACK": '["echo"]'})
    daemon.start(ATRIUM_CRASH_AT=point)
    await daemon.healthy()
    with suppress(httpx.TransportError):
        async with daemon.http() as http:
            session_id = str((await http.post("/sessions", json={"providerId": "faltering"})).json()["sessionId"])
            for content in ("first", "again", "never"):
                await http.post(f"/sessions/{session_id}/messages", json={"content": content})
            if point == "provider.switched":
                await http.post(f"/sessions/{session_id}/provider", json={"providerId": "echo"})
    await daemon.ended()
    await restarted(daemon)
    try:
        async with daemon.http() as http:
            provider = (await http.get(f"/sessions/{session_id}")).json()["data"]["providerId"]
            entries = await history(http, session_id)
            changes = [entry["data"] for entry in entries if entry["type"] == "sessions.provider.changed.v1"]
            changed = point in {"provider.fell_back", "provider.switched"}
            assert ([change["providerId"] for change in changes], provider) == (
                (["echo"], "echo") if changed else ([], "faltering")
            )
            await http.post(f"/sessions/{session_id}/retry", json={})
            await idle(http, session_id)
            entries = await history(http, session_id)
            started = [entry for entry in entries if entry["type"] == "sessions.turn.started.v1"]
            ended = [entry["type"] for entry in entries if entry["type"] in ENDS]
            assert len(started) == len(ended)
    finally:
        daemon.kill()


@pytest.mark.faults
@pytest.mark.timeout(180)
@pytest.mark.parametrize("point", SUMMARY_POINTS)
async def test_a_summary_is_there_whole_and_made_once_or_not_at_all(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("forgetful.py"), home / "plugins")
    daemon = Daemon(home)
    daemon.start(ATRIUM_CRASH_AT=point)
    await daemon.healthy()
    with suppress(httpx.TransportError):
        async with daemon.http() as http:
            session_id = await create(http)
            for number in range(4):
                await http.post(f"/sessions/{session_id}/messages", json={"content": f"question {number} {'x' * 100}"})
            await idle(http, session_id)
            await http.post(f"/sessions/{session_id}/provider", json={"providerId": "forgetful"})
            await http.post(f"/sessions/{session_id}/messages", json={"content": "and now?"})
    await daemon.ended()
    await restarted(daemon)
    try:
        async with daemon.http() as http:
            assert (len(await summaries(http, session_id)) == 1) == (point == "summary.stored")
            await http.post(f"/sessions/{session_id}/retry", json={})
            await idle(http, session_id)
            [summary] = await summaries(http, session_id)
            assert summary["content"] == "In brief: there were questions."
            entries = await history(http, session_id)
            answers = [one["data"]["content"] for one in entries if one["type"] == "sessions.message.completed.v1"]
            assert answers[-1].startswith("I know a summary and ")
    finally:
        daemon.kill()


async def summaries(http: httpx.AsyncClient, session_id: str) -> list[dict[str, Any]]:
    entries = await history(http, session_id)
    return [one["data"] for one in entries if one["type"] == "sessions.conversation.summarised.v1"]


async def history(http: httpx.AsyncClient, session_id: str) -> list[dict[str, Any]]:
    answer = await http.get(f"/sessions/{session_id}/events?after=0")
    return [json.loads(line) for line in answer.text.splitlines() if line]


async def idle(http: httpx.AsyncClient, session_id: str) -> None:
    """Wait for a hub in another process to be done with a session."""
    while True:
        session = (await http.get(f"/sessions/{session_id}")).json()["data"]
        if session["turn"] is None and session["queued"] == 0:
            return
        await asyncio.sleep(0.02)
