"""A full disk: refused in words, nothing acknowledged is lost, and it goes on by itself once there is room."""

import asyncio
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.testing.history import Fold, durable, history_violations
from tests.faults.daemon import Daemon, daemon_at, until
from tests.faults.verdict import read_history

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

MEGABYTE = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "atrium-test", str(path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no room on a disk for as long as the block lasts."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (b"x" * 65536, b"x" * 512):
            try:
                while file.write(block) == len(block):
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


class Sender:
    """Sends messages of 20 kB to one session and keeps what was acknowledged."""

    def __init__(self, http: httpx.AsyncClient, session_id: str) -> None:
        self.acknowledged: dict[str, str] = {}
        self.refused: dict[str, httpx.Response] = {}
        self._http = http
        self._session_id = session_id

    async def send(self, token: str | None = None) -> httpx.Response:
        token = token or str(uuid.uuid4())
        body = {"content": f"/tokens 3 {'x' * 20_000}", "clientToken": token}
        answer = await self._http.post(f"/sessions/{self._session_id}/messages", json=body)
        if answer.status_code == 202:
            self.refused.pop(token, None)
            self.acknowledged[token] = answer.json()["messageId"]
        else:
            self.refused[token] = answer
        return answer


async def test_a_disk_that_fills_up_and_is_freed(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon, daemon.http() as http:
        session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
        sender = Sender(http, session_id)
        for _ in range(5):
            assert (await sender.send()).status_code == 202
        with full(disk):
            async with asyncio.timeout(60):
                while len(sender.refused) < 3:
                    await sender.send()
            for answer in sender.refused.values():
                assert answer.status_code == 507, answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["recoverable"] is True
            assert (await http.get("/health")).status_code == 200
            ready = await http.get("/ready")
            assert ready.status_code == 503
            assert "storage" in ready.json()["detail"]
            acknowledged = dict(sender.acknowledged)
            for token in acknowledged:
                assert (await sender.send(token)).status_code == 202
            assert sender.acknowledged == acknowledged
            assert (await http.get(f"/sessions/{session_id}")).status_code == 200
            assert _answered(await read_history(http, session_id)) == acknowledged

        async with asyncio.timeout(60):
            while sender.refused:
                for token in list(sender.refused):
                    await sender.send(token)
        assert (await http.get("/ready")).status_code == 200
        await _rests(http, session_id)
        daemon.kill()
        daemon.start()
        await daemon.healthy()
        await _keeps(daemon, session_id, sender.acknowledged)


async def test_kill_while_the_disk_is_full(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon:
        async with daemon.http() as http:
            session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
            sender = Sender(http, session_id)
            for _ in range(5):
                assert (await sender.send()).status_code == 202
            with full(disk):
                async with asyncio.timeout(60):
                    while not sender.refused:
                        await sender.send()
                daemon.kill()
        daemon.start()
        await daemon.healthy()
        await _keeps(daemon, session_id, sender.acknowledged)


async def test_a_start_on_a_full_disk_says_so(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon:
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended() == 0
        before = len(daemon.output())
        with full(disk):
            daemon.start()
            await until(lambda: not daemon.alive or os.path.exists(daemon.address), "the hub to start or to end")
            if daemon.alive:
                # It may start as long as it says that it is not ready, or can still write.
                async with daemon.http() as http:
                    created = await http.post("/sessions", json={"providerId": "echo"})
                    assert created.status_code in {201, 507}, created.text
                daemon.kill()
            else:
                assert await daemon.ended() != 0
                said = daemon.output()[before:].strip().splitlines()
                assert len(said) == 1
                assert "disk is full" in said[0] or "No space left" in said[0]
        daemon.start()
        await daemon.healthy()


def _answered(history: list[dict[str, Any]]) -> dict[str, str]:
    """Return the message of each token in a history."""
    assert history_violations(history) == []
    return {token: entry["data"]["messageId"] for token, entry in Fold().apply_all(history).tokens.items()}


async def _rests(http: httpx.AsyncClient, session_id: str) -> None:
    """Wait until no turn runs or waits."""
    async with asyncio.timeout(60):
        while True:
            session = (await http.get(f"/sessions/{session_id}")).json()["data"]
            if session["turn"] is None and not session["queued"]:
                return
            if session["turn"] is not None and session["turn"]["status"] == "interrupted":
                await http.post(f"/sessions/{session_id}/retry", json={})
            await asyncio.sleep(0.05)


async def _keeps(daemon: Daemon, session_id: str, acknowledged: dict[str, str]) -> None:
    """Check that a restarted hub has all that was acknowledged, runs it, and writes it to the transcript."""
    async with daemon.http() as http:
        await _rests(http, session_id)
        history = await read_history(http, session_id)
    assert _answered(history) == acknowledged
    transcript = daemon.home / "sessions" / f"{session_id}.jsonl"
    lines = len(durable(history))
    await until(lambda: transcript.exists() and transcript.read_bytes().count(b"\n") == lines, "the transcript")
