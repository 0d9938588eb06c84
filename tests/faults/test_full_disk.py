"""A full disk: refused in words, nothing acknowledged is lost, and it goes on by itself once there is room."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.daemon import daemon_at, until
from tests.faults.sender import answered, begin
from tests.faults.verdict import read_history
from tests.sessions.pictures import png

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


async def test_a_disk_that_fills_up_and_is_freed(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon, daemon.http() as http:
        sender = await begin(daemon, http, size=20_000, messages=5)
        with full(disk):
            await sender.refusals("the disk")
            acknowledged = dict(sender.acknowledged)
            for token in acknowledged:
                assert (await sender.send(token)).status_code == 202
            assert sender.acknowledged == acknowledged
            assert answered(await read_history(http, sender.session_id)) == acknowledged
        await sender.recovers()


async def test_an_image_that_finds_no_room_leaves_nothing(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon, daemon.http() as http:
        path = f"/sessions/{(await begin(daemon, http, size=20, messages=1)).session_id}/attachments?name=a.png"
        image, headers = png() + bytes(MEGABYTE), {"Content-Type": "image/png"}
        with full(disk):
            refused = await http.post(path, content=image, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (507, "STORAGE_FAILED")
            assert "No space left" in refused.json()["detail"]
        assert not [file for file in (disk / "home" / "sessions" / "attachments").rglob("*") if file.is_file()]
        assert (await http.post(path, content=image, headers=headers)).status_code == 201


async def test_kill_while_the_disk_is_full(disk: Path) -> None:
    async with daemon_at(disk / "home") as daemon:
        async with daemon.http() as http:
            sender = await begin(daemon, http, size=20_000, messages=5)
            with full(disk):
                await sender.refusals("the disk", count=1)
                daemon.kill()
        await sender.kept()


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
