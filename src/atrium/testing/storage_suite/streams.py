"""Streams: rows in order, pages, hints and their trims."""

# ruff: noqa: D102 - the names of tests say what they check

from __future__ import annotations

import pytest

from atrium.sdk.errors import StorageFailed
from atrium.sdk.spi import Append, Commit, Committed, Drop, Put, Row, StorageAdapter, StreamPage, Trim
from atrium.testing.storage_suite.base import NASTY, Recorder, StorageSuite, store

STREAM = ("s", "sessions/1")
LARGEST = 2**63 - 1


def row(offset: int, hint: str | None = None) -> Row:
    """Return a row that is recognised by its offset."""
    return Row(offset, b"row %d \x00\xff" % offset, hint)


class StreamsSuite(StorageSuite):
    """Append, read, trim, drop."""

    async def test_an_unknown_stream_is_empty(self, adapter: StorageAdapter) -> None:
        assert await adapter.read(STREAM, 0, 10) == StreamPage((), 0, 0)

    async def test_rows_are_read_in_bounded_pages(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, Append(STREAM, tuple(row(offset) for offset in (10, 20, 30))))
        await store(adapter, 2, Append(STREAM, (row(40), row(LARGEST))))
        assert await adapter.read(STREAM, 0, 2) == StreamPage((row(10), row(20)), 0, LARGEST)
        assert await adapter.read(STREAM, 20, 2) == StreamPage((row(30), row(40)), 20, LARGEST)
        assert await adapter.read(STREAM, 25, 1) == StreamPage((row(30),), 20, LARGEST)
        assert await adapter.read(STREAM, LARGEST, 10) == StreamPage((), LARGEST, LARGEST)

    async def test_previous_is_the_last_durable_row(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, Append(STREAM, (row(10), row(20, "m"), row(30, "m"), row(40))))
        pages = [await adapter.read(STREAM, after, 1) for after in (0, 10, 20, 35, 40)]
        assert [page.previous for page in pages] == [0, 10, 10, 10, 40]

    async def test_a_trim_removes_the_hints_of_one_group(self, adapter: StorageAdapter) -> None:
        rows = (row(1), row(2, "a"), row(3, "b"), row(4, "a"), row(5, "a"), row(6))
        await store(adapter, 1, Append(STREAM, rows), Append(("s", "other"), rows))
        await store(adapter, 2, Trim(STREAM, "a", 1, 4))
        page = await adapter.read(STREAM, 0, 10)
        assert [one.offset for one in page.rows] == [1, 3, 5, 6]
        assert len((await adapter.read(("s", "other"), 0, 10)).rows) == 6

    async def test_operations_of_a_commit_take_effect_in_order(self, adapter: StorageAdapter) -> None:
        await store(
            adapter, 1, Append(STREAM, (row(1, "a"),)), Trim(STREAM, "a", 0, 9), Append(STREAM, (row(2, "a"), row(3)))
        )
        assert [one.offset for one in (await adapter.read(STREAM, 0, 10)).rows] == [2, 3]
        await store(adapter, 2, Drop(STREAM), Append(STREAM, (row(4),)))
        assert await adapter.read(STREAM, 0, 10) == StreamPage((row(4),), 0, 4)

    async def test_a_dropped_stream_is_empty(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, Append(STREAM, (row(1), row(2, "m"))), Append(("s2", STREAM[1]), (row(1),)))
        await store(adapter, 2, Drop(STREAM), Drop(("s", "unknown")))
        assert await adapter.read(STREAM, 0, 10) == StreamPage((), 0, 0)
        assert (await adapter.read(("s2", STREAM[1]), 0, 10)).head == 1

    async def test_a_repeated_offset_fails_its_commit_alone(self, adapter: StorageAdapter) -> None:
        recorder = Recorder()
        for revision, offsets in enumerate(((1,), (2,), (5, 2), (3,), (4,)), 1):
            append = Append(STREAM, tuple(row(offset) for offset in offsets))
            recorder.commit(adapter, Commit(revision, [], [Put(("n", "s", str(revision)), b"1"), append]))
        results = await recorder.wait()
        assert [isinstance(result, Committed) for result in results] == [True, True, False, True, True]
        assert isinstance(results[2], StorageFailed)
        assert [one.offset for one in (await adapter.read(STREAM, 0, 10)).rows] == [1, 2, 3, 4]
        assert await adapter.get(("n", "s", "3")) is None

    async def test_names_are_only_names(self, adapter: StorageAdapter) -> None:
        streams = [(space, name) for name in NASTY for space in ("s", name)]
        await store(adapter, 1, *(Append(stream, (row(5, stream[1]), row(6))) for stream in dict.fromkeys(streams)))
        await store(adapter, 2, *(Trim(stream, stream[1], 0, 9) for stream in streams if stream[0] == "s"))
        for stream in streams:
            expected = (row(6),) if stream[0] == "s" else (row(5, stream[1]), row(6))
            assert (await adapter.read(stream, 0, 10)).rows == expected

    async def test_documents_and_entries_are_stored_together(self, adapter: StorageAdapter) -> None:
        with pytest.raises(StorageFailed):
            await store(adapter, 1, Put(("n", "s", "a"), b"1"), Append(STREAM, (row(1), row(1))))
        assert await adapter.get(("n", "s", "a")) is None
        assert await adapter.read(STREAM, 0, 10) == StreamPage((), 0, 0)
