"""A running hub whose disk fails, or that runs out of files: refused in words, nothing lost, no restart needed."""

import asyncio
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from atrium.testing.history import Fold, history_violations
from tests.faults.daemon import Daemon, daemon_at, until
from tests.faults.failing_calls import failing, need_strace
from tests.faults.verdict import read_history

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="faults of a running process are made with Linux's tools"),
]

MOST_GAPS = 16
"""Below the highest number of an open file there may be some that are free: so many connections fill them."""


class Sender:
    """Sends messages to one session under tokens of their own and keeps what was acknowledged and what was not."""

    def __init__(self, daemon: Daemon, http: httpx.AsyncClient, session_id: str) -> None:
        self.daemon = daemon
        self.http = http
        self.session_id = session_id
        self.acknowledged: dict[str, str] = {}
        self.refused: list[str] = []

    async def send(self, token: str | None = None, size: int = 10) -> httpx.Response:
        token = token or f"token-{len(self.acknowledged) + len(self.refused)}"
        body = {"content": f"/tokens 3 {'x' * size}", "clientToken": token}
        answer = await self.http.post(f"/sessions/{self.session_id}/messages", json=body)
        if answer.status_code == 202:
            assert self.acknowledged.setdefault(token, answer.json()["messageId"]) == answer.json()["messageId"]
        else:
            self.refused.append(token)
        return answer

    async def refusals(self, words: str) -> None:
        """Check that messages are refused as they should be, and that the hub says that it is not ready."""
        for _ in range(3):
            answer = await self.send()
            assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
            problem = answer.json()
            assert (problem["code"], problem["recoverable"]) == ("STORAGE_FAILED", True)
            assert words in problem["detail"]
        ready = await self.http.get("/ready")
        assert ready.status_code == 503
        assert words in ready.json()["detail"]
        assert (await self.http.get("/health")).status_code == 200
        assert (await self.http.get(f"/sessions/{self.session_id}")).status_code == 200

    async def recovers(self) -> None:
        """Check that all goes on without a restart, and that a kill then loses nothing."""
        for token in self.refused:
            assert (await self.send(token)).status_code == 202
        assert (await self.http.get("/ready")).status_code == 200
        await self.rests()
        wanted = self.lines(await read_history(self.http, self.session_id))
        path = self.daemon.home / "sessions" / f"{self.session_id}.jsonl"
        await until(lambda: path.exists() and self.lines_in(path) == wanted, "the transcript")
        self.daemon.kill()
        self.daemon.start()
        await self.daemon.healthy()
        async with self.daemon.http() as http:
            history = await read_history(http, self.session_id)
        assert history_violations(history) == []
        tokens = Fold().apply_all(history).tokens
        assert {token: entry["data"]["messageId"] for token, entry in tokens.items()} == self.acknowledged

    async def rests(self) -> None:
        """Wait until every turn has ended."""
        async with asyncio.timeout(60):
            while True:
                session = (await self.http.get(f"/sessions/{self.session_id}")).json()["data"]
                if session["turn"] is None and not session["queued"]:
                    return
                await asyncio.sleep(0.05)

    @staticmethod
    def lines(history: list[dict[str, object]]) -> list[object]:
        return [entry["offset"] for entry in history if not str(entry["type"]).endswith(".delta.v1")]

    @staticmethod
    def lines_in(path: Path) -> list[object]:
        return [json.loads(line)["offset"] for line in path.read_bytes().splitlines()]


@contextmanager
def limited(daemon: Daemon, kind: int, most: int) -> Iterator[None]:
    """Limit a running hub for as long as the block lasts."""
    soft, hard = resource.prlimit(daemon.pid, kind)
    resource.prlimit(daemon.pid, kind, (most, hard))
    try:
        yield
    finally:
        resource.prlimit(daemon.pid, kind, (soft, hard))


async def begin(daemon: Daemon, http: httpx.AsyncClient) -> Sender:
    """Create a session with a few messages in it."""
    session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
    sender = Sender(daemon, http, session_id)
    for _ in range(3):
        assert (await sender.send()).status_code == 202
    await sender.rests()
    return sender


FAULTS = [
    pytest.param("fdatasync,fsync", "EIO", "the disk failed", marks=pytest.mark.slow),
    pytest.param("fdatasync,fsync", "ENOSPC", "the disk failed", marks=pytest.mark.faults),
    pytest.param("pwrite64", "ENOSPC", "the disk is full", marks=pytest.mark.faults),
    pytest.param("pwrite64", "EIO", "the disk failed", marks=pytest.mark.faults),
    pytest.param("pwrite64", "EROFS", "the disk", marks=pytest.mark.faults),
]


@pytest.mark.parametrize(("calls", "error", "words"), FAULTS)
async def test_a_disk_that_fails_under_a_running_hub(tmp_path: Path, calls: str, error: str, words: str) -> None:
    need_strace()
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        sender = await begin(daemon, http)
        with failing(daemon.pid, calls, error):
            await sender.refusals(words)
        await sender.recovers()


@pytest.mark.faults
@pytest.mark.parametrize("calls", ["fdatasync,fsync", "pwrite64"])
async def test_a_log_that_cannot_be_moved_into_the_database_loses_nothing(tmp_path: Path, calls: str) -> None:
    need_strace()
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        sender = await begin(daemon, http)
        data = daemon.home / "data"
        with failing(daemon.pid, calls, "EIO", data / "atrium.db") as failed:
            while (data / "atrium.db-wal").stat().st_size < 10 << 20:
                assert (await sender.send(size=90_000)).status_code == 202
            await until(lambda: bool(failed), "a checkpoint")
        await sender.recovers()


@pytest.mark.faults
async def test_a_size_limit_on_files_is_a_full_disk(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        sender = await begin(daemon, http)
        with limited(daemon, resource.RLIMIT_FSIZE, (daemon.home / "data" / "atrium.db-wal").stat().st_size):
            await sender.refusals("the disk")
        await sender.recovers()


@pytest.mark.slow
async def test_without_free_files_those_connected_go_on_and_others_come_later(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon, daemon.http() as http:
        sender = await begin(daemon, http)
        used = max(int(path.name) for path in Path(f"/proc/{daemon.pid}/fd").iterdir()) + 1
        with limited(daemon, resource.RLIMIT_NOFILE, used):
            for _ in range(5):
                assert (await sender.send()).status_code == 202
            await sender.rests()
            async with AsyncExitStack() as others:
                with pytest.raises(httpx.TransportError):
                    for _ in range(MOST_GAPS):
                        other = await others.enter_async_context(daemon.http())
                        await other.get("/health", timeout=3)
            assert (await http.get("/ready")).status_code == 200
        async with daemon.http() as other:
            assert (await other.get("/health")).status_code == 200
        await sender.send()
        await sender.recovers()
