"""A disk that is full or read-only, and then is not: on a small file system of our own, which only root can mount."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrium.adapters.storage.sqlite import DatabaseUnusable, SQLiteStorageAdapter
from atrium.sdk.errors import StorageFailed
from atrium.sdk.spi import Append, Commit, Committed, Put, Query, Row
from atrium.testing.storage_suite import Recorder, store

VALUE = b'"' + b"x" * 2_000 + b'"'


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_fails_commits_and_recovers_when_there_is_space(disk: Path) -> None:
    ballast = disk / "ballast"
    adapter = SQLiteStorageAdapter(disk / "atrium.db")
    await adapter.open()
    await store(adapter, 1, Put(("n", "s", "first"), VALUE))
    ballast.write_bytes(b"\0" * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 500_000))
    recorder = Recorder()
    for revision in range(2, 602):
        append = Append(("s", "stream"), (Row(revision, VALUE),))
        recorder.commit(adapter, Commit(revision, [], [Put(("n", "s", str(revision)), VALUE), append]))
    results = await recorder.wait()
    stored = {result.revision for result in results if isinstance(result, Committed)}
    failed = [result for result in results if not isinstance(result, Committed)]
    assert failed
    assert all(isinstance(result, StorageFailed) and "disk is full" in result.detail for result in failed)
    assert "disk is full" in str(adapter.failure)
    assert [adapter.healthy] == [False]
    assert await adapter.get(("n", "s", "first")) is not None

    ballast.unlink()
    await store(adapter, 1000, Put(("n", "s", "last"), VALUE), Append(("s", "stream"), (Row(1000, VALUE),)))
    assert [adapter.healthy, adapter.failure] == [True, None]
    await adapter.close()

    again = SQLiteStorageAdapter(disk / "atrium.db")
    await again.open()
    (documents,) = (await again.query([Query("n", "s", limit=10_000)])).pages
    assert {document.revision for document in documents} == {1, 1000, *stored}
    assert {row.offset for row in (await again.read(("s", "stream"), 0, 10_000)).rows} == {1000, *stored}
    await again.close()


async def test_a_database_on_a_full_disk_is_refused_in_clear_words(disk: Path) -> None:
    (disk / "ballast").write_bytes(b"\0" * os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize)
    adapter = SQLiteStorageAdapter(disk / "atrium.db")
    with pytest.raises(DatabaseUnusable, match=r"disk is full|No space"):
        await adapter.open()
    (disk / "ballast").unlink()
    assert await adapter.open() == 0
    await store(adapter, 1, Put(("n", "s", "a"), VALUE))
    await adapter.close()


async def test_a_read_only_disk_is_said_to_be_one(disk: Path) -> None:
    adapter = SQLiteStorageAdapter(disk / "atrium.db")
    await adapter.open()
    await store(adapter, 1, Put(("n", "s", "a"), VALUE))
    await adapter.close()
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(DatabaseUnusable, match="read-only"):
        await adapter.open()
    mount("-o", "remount,rw", str(disk))
    await adapter.open()
    assert await adapter.get(("n", "s", "a")) is not None
    await asyncio.gather(*(store(adapter, n, Put(("n", "s", str(n)), VALUE)) for n in range(2, 12)))
    await adapter.close()
