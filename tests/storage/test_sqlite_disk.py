"""A disk that is full, read-only or failing, and then is not.

Full and read-only ones are small file systems of our own, which only root can mount; failing ones are simulated.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from atrium.adapters.storage.sqlite import DatabaseUnusable, SQLiteStorageAdapter
from atrium.sdk.errors import StorageFailed
from atrium.sdk.spi import Append, Commit, Committed, Put, Query, Row
from atrium.testing.storage_suite import Recorder, store
from tests.storage.failing_disk import FailingDisk, Fault

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


@pytest.fixture
def failing() -> Iterator[FailingDisk]:
    disk = FailingDisk()
    yield disk
    disk.unregister()


async def burst(adapter: SQLiteStorageAdapter, revisions: range) -> tuple[set[int], list[StorageFailed]]:
    """Commit a document and an entry for each revision, all at once; return those acknowledged, and the errors."""
    recorder = Recorder()
    for revision in revisions:
        append = Append(("s", "stream"), (Row(revision, VALUE),))
        recorder.commit(adapter, Commit(revision, [], [Put(("n", "s", str(revision)), VALUE), append]))
    results = await recorder.wait()
    errors = [one for one in results if isinstance(one, StorageFailed)]
    stored = {one.revision for one in results if isinstance(one, Committed)}
    assert len(stored) + len(errors) == len(revisions)
    return stored, errors


async def kept(adapter: SQLiteStorageAdapter) -> set[int]:
    """Return the revisions whose commits are there: each whole."""
    (documents,) = (await adapter.query([Query("n", "s", limit=100_000)])).pages
    offsets = {row.offset for row in (await adapter.read(("s", "stream"), 0, 100_000)).rows}
    assert {document.revision for document in documents} == offsets
    return offsets


async def kept_after_a_crash(database: Path, folder: Path) -> set[int]:
    """Return what a process would find that starts now, on a copy of the files."""
    folder.mkdir()
    for path in database.parent.glob(f"{database.name}*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder / path.name)
    adapter = SQLiteStorageAdapter(folder / database.name)
    await adapter.open()
    try:
        return await kept(adapter)
    finally:
        await adapter.close()


FAULTS: list[tuple[str, Fault, str]] = [
    ("sync", apsw.IOError, "the disk failed"),
    ("sync", apsw.FullError, "the disk is full"),
    ("write", apsw.IOError, "the disk failed"),
    ("write", apsw.FullError, "the disk is full"),
    ("write", apsw.ReadOnlyError, "read-only"),
]


@pytest.mark.parametrize(("operation", "fault", "words"), FAULTS)
async def test_a_log_that_cannot_be_written_acknowledges_nothing_and_recovers(
    tmp_path: Path, failing: FailingDisk, operation: str, fault: Fault, words: str
) -> None:
    database = tmp_path / "atrium.db"
    adapter = SQLiteStorageAdapter(database)
    await adapter.open()
    before, _ = await burst(adapter, range(1, 21))
    with failing.failing(operation, f"{database}-wal", fault):
        refused, errors = await burst(adapter, range(101, 121))
        assert refused == set()
        assert all(words in error.detail for error in errors)
        assert words in str(adapter.failure)
        assert [adapter.healthy] == [False]
        assert await kept(adapter) == before
        # What was refused may be in the log all the same, if only its sync failed; never half of it, never less.
        assert await kept_after_a_crash(database, tmp_path / "crashed") - set(range(101, 121)) == before
    after, _ = await burst(adapter, range(201, 221))
    assert after == set(range(201, 221))
    assert [adapter.healthy, adapter.failure] == [True, None]
    assert await kept(adapter) == before | after
    assert await kept_after_a_crash(database, tmp_path / "later") == before | after
    await adapter.close()


async def test_a_single_failure_in_a_group_is_overcome_by_each_commit_alone(
    tmp_path: Path, failing: FailingDisk
) -> None:
    database = tmp_path / "atrium.db"
    adapter = SQLiteStorageAdapter(database)
    await adapter.open()
    with failing.failing("sync", f"{database}-wal", most=1):
        stored, _ = await burst(adapter, range(1, 101))
    assert stored == set(range(1, 101))
    assert adapter.healthy
    assert await kept_after_a_crash(database, tmp_path / "crashed") == stored
    await adapter.close()
