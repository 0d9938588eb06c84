"""kill -9 while committing: what was acknowledged is there, in order, and nothing is half there."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.spi import Append, Put, Query, Row
from atrium.testing.storage_suite import store

PROGRAM = Path(__file__).with_name("ledger.py")


async def run_and_kill(database: Path, ledger: Path, first: int, lines: int) -> None:
    """Run the program until the ledger has grown by some lines, and kill it."""
    known = ledger.read_bytes().count(b"\n") if ledger.exists() else 0
    process = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), str(database), str(ledger), str(first))
    while not ledger.exists() or ledger.read_bytes().count(b"\n") < known + lines:
        assert process.returncode is None
        await asyncio.sleep(0.002)
    process.kill()
    await process.wait()


async def check(database: Path, ledger: Path) -> int:
    """Compare the database with the ledger and return the highest ceiling."""
    acknowledged: dict[str, list[int]] = defaultdict(list)
    for line in ledger.read_text().splitlines():
        stream, revision = line.split()
        acknowledged[stream].append(int(revision))
    adapter = SQLiteStorageAdapter(database)
    ceiling = await adapter.open()
    try:
        (documents,) = (await adapter.query([Query("n", "s", limit=1_000_000)])).pages
        revisions = {document.revision for document in documents}
        entries: set[int] = set()
        for number in range(20):
            name = f"stream/{number}"
            offsets = [row.offset for row in (await adapter.read(("s", name), 0, 1_000_000)).rows]
            assert set(acknowledged[name]) <= set(offsets)
            assert offsets == sorted(offsets)
            entries.update(offsets)
        assert entries == revisions, "a commit is there in part"
        assert max(revisions) == ceiling
    finally:
        await adapter.close()
    return ceiling


@pytest.mark.parametrize("kills", [5, pytest.param(60, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
async def test_acknowledged_commits_survive_kill_9(tmp_path: Path, kills: int) -> None:
    database, ledger = tmp_path / "atrium.db", tmp_path / "ledger"
    chance = random.Random(kills)
    ceiling = 0
    for _ in range(kills):
        await run_and_kill(database, ledger, ceiling + 1, chance.randint(1, 400))
        ceiling = await check(database, ledger)
    assert ceiling > kills


async def test_a_log_with_any_byte_changed_or_cut_leaves_whole_commits_from_the_first_on(tmp_path: Path) -> None:
    """SQLite's checksums end the log at the first frame that is not whole: what is left is never half a commit."""
    database = tmp_path / "atrium.db"
    adapter = SQLiteStorageAdapter(database)
    await adapter.open()
    for revision in range(1, 9):
        await store(adapter, revision, Put(("n", "s", str(revision)), b"1"), Append(("s", "t"), (Row(revision, b"1"),)))
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith("-shm")}
    await adapter.close()
    log = files["atrium.db-wal"]
    whole = 0
    for number, position in enumerate(range(0, len(log), 997)):
        changed = log[:position] + (bytes([log[position] ^ 0x10]) + log[position + 1 :] if number % 2 else b"")
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "atrium.db").write_bytes(files["atrium.db"])
        (folder / "atrium.db-wal").write_bytes(changed)
        again = SQLiteStorageAdapter(folder / "atrium.db")
        await again.open()
        (documents,) = (await again.query([Query("n", "s", limit=100)])).pages
        offsets = [row.offset for row in (await again.read(("s", "t"), 0, 100)).rows]
        await again.close()
        assert offsets == sorted(document.revision for document in documents) == list(range(1, len(offsets) + 1))
        whole += bool(offsets)
        shutil.rmtree(folder)
    assert whole > 0
