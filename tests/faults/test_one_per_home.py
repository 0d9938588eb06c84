"""One hub per home: a second one is refused in one line, and no kill leaves a home that cannot be started again."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.daemon import Daemon, daemon_at, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def up(home: Path) -> subprocess.CompletedProcess[str]:
    """Try to start a hub, and wait for its end."""
    command = [sys.executable, "-m", "atrium.app", "up", "--home", str(home), "--port", "0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_second_hub_on_the_same_home_is_refused(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon:
        before = {path: path.read_bytes() for path in (daemon.home / "run").iterdir()}
        second = await asyncio.to_thread(up, daemon.home)

        assert second.returncode == 3
        assert second.stdout == ""
        [line] = second.stderr.splitlines()
        assert str(daemon.home) in line
        assert str(daemon.pid) in line
        assert "atrium down" in line
        assert {path: path.read_bytes() for path in (daemon.home / "run").iterdir()} == before
        async with daemon.http() as http:
            assert (await http.get("/status")).json()["core"]["pid"] == daemon.pid


async def test_another_way_to_the_same_home_is_the_same_home(tmp_path: Path) -> None:
    async with daemon_at(tmp_path / "home") as daemon:
        link = tmp_path / "link"
        link.symlink_to(daemon.home)
        assert (await asyncio.to_thread(up, link)).returncode == 3


async def test_of_hubs_started_at_once_one_wins(tmp_path: Path) -> None:
    daemons = [Daemon(tmp_path / "home") for _ in range(3)]
    for daemon in daemons:
        daemon.start()
    try:
        await until(lambda: sum(daemon.alive for daemon in daemons) == 1, "all but one to end")
        [winner] = [daemon for daemon in daemons if daemon.alive]
        await winner.healthy()
        assert [daemon.process.poll() for daemon in daemons if daemon.process and daemon is not winner] == [3, 3]
    finally:
        for daemon in daemons:
            if daemon.alive:
                daemon.kill()


async def test_a_lock_left_by_a_kill_is_free(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "home")
    daemon.start()
    await daemon.healthy()
    token = daemon.token
    daemon.kill()
    assert (daemon.home / "run" / "lock").exists()
    assert daemon.address.exists()

    daemon.start()
    await daemon.healthy()
    assert daemon.token != token
    daemon.signal(signal.SIGTERM)
    assert await daemon.ended() == 0


async def test_a_kill_at_any_moment_of_the_first_start_leaves_a_home_that_starts(tmp_path: Path) -> None:
    dice = random.Random(3)
    for number in range(8):
        daemon = Daemon(tmp_path / f"home{number}")
        for _ in range(dice.randint(1, 2)):
            daemon.start()
            await asyncio.sleep(dice.uniform(0.05, 1.5))
            daemon.kill()
        daemon.start()
        try:
            await daemon.healthy()
            async with daemon.http() as http:
                assert (await http.post("/sessions", json={"providerId": "echo"})).status_code == 201
        finally:
            daemon.kill()
