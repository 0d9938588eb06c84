"""A running hub whose disk fails, or that runs out of files: refused in words, nothing lost, no restart needed."""

import resource
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.daemon import Daemon, daemon_at, until
from tests.faults.failing_calls import failing, need_strace
from tests.faults.sender import begin

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="faults of a running process are made with Linux's tools"),
]

MOST_GAPS = 16
"""Below the highest number of an open file there may be some that are free: so many connections fill them."""


@contextmanager
def limited(daemon: Daemon, kind: int, most: int) -> Iterator[None]:
    """Limit a running hub for as long as the block lasts."""
    soft, hard = resource.prlimit(daemon.pid, kind)
    resource.prlimit(daemon.pid, kind, (most, hard))
    try:
        yield
    finally:
        resource.prlimit(daemon.pid, kind, (soft, hard))


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
