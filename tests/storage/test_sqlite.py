"""What is SQLite's own: isolation of a group, plans, versions, files, the log."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from atrium.adapters.storage.sqlite import DatabaseUnusable, SQLiteStorageAdapter, sqlite_version_problem
from atrium.adapters.storage.sqlite.queries import Indexes, statements
from atrium.sdk.errors import StorageFailed
from atrium.sdk.spi import Append, Commit, Committed, DeclareIndex, Operation, Put, Query, Row, StorageAdapter
from atrium.testing.storage_suite import Recorder, store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "atrium.db"


@pytest.fixture
async def adapter(path: Path) -> AsyncIterator[SQLiteStorageAdapter]:
    adapter = SQLiteStorageAdapter(path)
    await adapter.open()
    yield adapter
    await adapter.close()


def typed(adapter: SQLiteStorageAdapter) -> StorageAdapter:
    """Show the type checker that the adapter is one."""
    return adapter


def run(path: Path, sql: str) -> list[Any]:
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


GUILTY: dict[str, Operation] = {
    "a repeated offset": Append(("s", "x"), (Row(7, b"1"), Row(7, b"2"))),
    "a value that is not UTF-8": Put(("n", "s", "bad"), b'"\xff"'),
    "a key that is not Unicode": Put(("n", "s", "\ud800"), b"1"),
    "an offset beyond 64 bits": Append(("s", "x"), (Row(2**63, b"1"),)),
    "a value that is not JSON in an index": Put(("indexed", "s", "k"), b"{no json"),
}


@pytest.mark.parametrize("name", GUILTY)
async def test_only_the_guilty_of_a_group_fails(adapter: SQLiteStorageAdapter, name: str) -> None:
    await store(adapter, 1, DeclareIndex("indexed", ("a",)))
    recorder = Recorder()
    for revision in range(2, 22):
        operations: list[Operation] = [Put(("n", "s", str(revision)), b"1")]
        operations.append(Append(("s", "stream"), (Row(revision, b"1"),)))
        if revision == 11:
            operations.append(GUILTY[name])
        recorder.commit(adapter, Commit(revision, [], operations))
    results = await recorder.wait()
    assert recorder.order == list(range(20))
    assert [number for number, one in enumerate(results, 2) if not isinstance(one, Committed)] == [11]
    assert isinstance(results[9], StorageFailed)
    assert results[9].detail
    assert adapter.healthy
    assert await adapter.get(("n", "s", "11")) is None
    assert [row.offset for row in (await adapter.read(("s", "stream"), 0, 100)).rows] == [*range(2, 11), *range(12, 22)]


@pytest.mark.parametrize(
    "query",
    [
        Query("n", "s", (("kind", 1),)),
        Query("n", "s", (("kind", 1),), order="rank"),
        Query("n", "s", (("kind", None),), order="rank", descending=True),
        Query("n", "s", (("kind", "x"),), order="rank", after=(5, "k")),
        Query("n", "s", (("kind", "x"),), order="rank", after=(None, "k"), descending=True),
        Query("n", "s", (("rank", 2), ("kind", 1))),
        Query("n", "s", order="rank", after=("x", "k"), descending=True),
        Query("n", "s", (("rank", 2),), after=(None, "k"), prefix="k"),
    ],
    ids=str,
)
def test_a_declared_index_is_sought_and_gives_the_order(path: Path, query: Query) -> None:
    async def declare() -> None:
        adapter = SQLiteStorageAdapter(path)
        await adapter.open()
        await store(adapter, 1, DeclareIndex("n", ("kind", "rank")), DeclareIndex("n", ("rank",)))
        await adapter.close()

    asyncio.run(declare())
    indexes = Indexes()
    indexes.add("n", ("kind", "rank"))
    indexes.add("n", ("rank",))
    connection = apsw.Connection(str(path))
    for statement in statements(query, indexes):
        rows = connection.execute("EXPLAIN QUERY PLAN " + statement.sql, (*statement.parameters, 10)).fetchall()
        plan = "\n".join(str(row[3]) for row in rows)
        assert "SEARCH documents USING INDEX documents_" in plan
        assert "<expr>=?" in plan or "<expr>>?" in plan or "<expr><?" in plan
        if query.order is not None:
            assert "TEMP B-TREE" not in plan
    connection.close()


async def test_the_file_is_private(adapter: SQLiteStorageAdapter, path: Path) -> None:
    await store(adapter, 1, Put(("n", "s", "a"), b"1"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["atrium.db", "atrium.db-shm", "atrium.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_closing_leaves_one_file_and_no_thread(path: Path) -> None:
    adapter = SQLiteStorageAdapter(path)
    await adapter.open()
    await store(adapter, 1, Put(("n", "s", "a"), b"1"))
    await adapter.close()
    assert [file.name for file in path.parent.iterdir()] == ["atrium.db"]
    assert [thread.name for thread in threading.enumerate() if "sqlite" in thread.name] == []


@pytest.mark.parametrize(
    ("version", "is_safe"), [("3.51.2", False), ("3.50.99", False), ("3.51.3", True), ("4.0", True)]
)
async def test_an_unsafe_sqlite_is_refused(
    monkeypatch: pytest.MonkeyPatch, path: Path, version: str, is_safe: bool
) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    problem = sqlite_version_problem()
    assert (problem is None) == is_safe
    if problem is not None:
        assert version in problem
        assert "3.51.3" in problem
        with pytest.raises(DatabaseUnusable, match="can lose committed data"):
            await SQLiteStorageAdapter(path).open()
        assert not path.exists()


async def refused(path: Path, words: str) -> None:
    before = path.read_bytes()
    adapter = SQLiteStorageAdapter(path)
    with pytest.raises(DatabaseUnusable, match=words):
        await adapter.open()
    with pytest.raises(DatabaseUnusable, match="not open"):
        await adapter.get(("n", "s", "a"))
    await adapter.close()
    await adapter.close()
    assert path.read_bytes() == before


async def test_a_newer_schema_is_refused_unchanged(path: Path) -> None:
    adapter = SQLiteStorageAdapter(path)
    await adapter.open()
    await adapter.close()
    run(path, "PRAGMA user_version=99")
    await refused(path, "newer Atrium .schema 99, this one knows 1")


async def test_another_programs_database_is_refused_unchanged(tmp_path: Path) -> None:
    run(tmp_path / "other.db", "CREATE TABLE theirs(x)")
    await refused(tmp_path / "other.db", "another program")


@pytest.mark.parametrize("content", [b"this is not a database\n" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_damaged_file_is_refused_unchanged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.db").write_bytes(content)
    await refused(tmp_path / "bad.db", r"damaged|not a database")


async def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=tmp_path.name):
        await SQLiteStorageAdapter(tmp_path).open()


async def test_an_open_adapter_is_not_opened_again(adapter: SQLiteStorageAdapter) -> None:
    with pytest.raises(DatabaseUnusable, match="open already"):
        await adapter.open()
    await store(adapter, 1, Put(("n", "s", "a"), b"1"))


async def test_two_adapters_on_one_file_see_each_others_commits(path: Path) -> None:
    first, second = SQLiteStorageAdapter(path), SQLiteStorageAdapter(path)
    await first.open()
    await second.open()
    recorder = Recorder()
    for revision in range(1, 201):
        adapter = first if revision % 2 else second
        recorder.commit(adapter, Commit(revision, [], [Put(("n", "s", f"{revision:03}"), b"1")]))
    assert all(isinstance(result, Committed) for result in await recorder.wait())
    for adapter in (first, second):
        assert len((await adapter.query([Query("n", "s", limit=1000)])).pages[0]) == 200
        await adapter.close()


@pytest.mark.slow
async def test_a_lock_held_elsewhere_fails_commits_and_is_overcome(adapter: SQLiteStorageAdapter, path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed, match="locked") as caught:
        await store(adapter, 1, Put(("n", "s", "a"), b"1"))
    assert adapter.failure == caught.value.detail
    other.execute("ROLLBACK")
    other.close()
    await store(adapter, 2, Put(("n", "s", "a"), b"1"))
    assert adapter.healthy


async def test_the_log_stays_bounded_under_steady_writes_and_reads(adapter: SQLiteStorageAdapter, path: Path) -> None:
    log = path.with_name("atrium.db-wal")
    largest = 0
    value = b'"' + b"x" * 200 + b'"'
    for start in range(1, 50_001, 500):
        recorder = Recorder()
        for revision in range(start, start + 500):
            append = Append(("s", "stream"), (Row(revision, value),))
            recorder.commit(adapter, Commit(revision, [], [Put(("n", "s", f"{revision:06}"), value), append]))
            if revision % 50 == 0:
                await adapter.read(("s", "stream"), revision - 100, 3)
                await adapter.query([Query("n", "s", limit=2), Query("n", "s", descending=True, limit=1)], ("s", "t"))
                await adapter.get(("n", "s", "000001"))
        await recorder.wait()
        largest = max(largest, log.stat().st_size)
    assert largest < 12 * 1024 * 1024
    assert (await adapter.read(("s", "stream"), 0, 1)).head == 50_000
