"""What the suites share: an open adapter, and ways to commit and to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from atrium.sdk.spi import Commit, Committed, Operation, Require, StorageAdapter

AdapterFactory = Callable[[], StorageAdapter]
"""Returns a new adapter, not open yet; a durable one finds what the last one stored."""

NASTY = (
    "plain", "", " ", "a'b", 'a"b', "a\\b", "\\", '"', "'", "a\0b", "\0", "a\nb\r\t", "%", "_", "*", "[0]", "$.a",
    "a.b", "'; DROP TABLE documents; --", "') OR 1=1 --", '"]; $', "?1", ":x", "@x", "é", "e\u0301", "\u202e", "😀",
    "\ud7ff", "\U0010ffff", "\u2028", "{}", "null", "x" * 10_000,
)  # fmt: skip
"""Names that a careless adapter would take for SQL, JSON paths, patterns or ends of text."""


async def store(
    adapter: StorageAdapter,
    revision: int,
    *operations: Operation,
    requires: Sequence[Require] = (),
    ceiling: int | None = None,
) -> Committed:
    """Commit, wait, and return what was committed; raises the adapter's error."""
    recorder = Recorder()
    recorder.commit(adapter, Commit(revision, list(requires), list(operations), ceiling))
    (result,) = await recorder.wait()
    if isinstance(result, BaseException):
        raise result
    return result


class Recorder:
    """Commits without waiting and notes each callback."""

    def __init__(self) -> None:
        self.results: list[Committed | BaseException] = []
        self.order: list[int] = []
        self._expected = 0
        self._finished = asyncio.Event()

    def commit(self, adapter: StorageAdapter, commit: Commit) -> None:
        """Queue a commit."""
        number = self._expected
        self._expected += 1
        self._finished.clear()

        def done(result: Committed | BaseException) -> None:
            self.order.append(number)
            self.results.append(result)
            if len(self.results) >= self._expected:
                self._finished.set()

        adapter.commit(commit, done)

    async def wait(self) -> list[Committed | BaseException]:
        """Return all results once every commit has been called back."""
        await self._finished.wait()
        return self.results


class StorageSuite:
    """The base of the suites: define `factory`."""

    @pytest.fixture
    def factory(self) -> AdapterFactory:
        """Return what makes the adapter under test."""
        raise NotImplementedError("define the fixture `factory` in your test class")

    @pytest.fixture
    async def adapter(self, factory: AdapterFactory) -> AsyncIterator[StorageAdapter]:
        """Return an open adapter."""
        adapter = factory()
        await adapter.open()
        yield adapter
        await adapter.close()
