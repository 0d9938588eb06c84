"""kill -9 while committing: what was acknowledged is there, in order, and nothing is half there."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.spi import Query

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
