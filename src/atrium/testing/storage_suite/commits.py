"""Commits: all or nothing, in order, called back exactly once."""

# ruff: noqa: D102 - the names of tests say what they check

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from atrium.sdk.errors import Conflict, StorageFailed
from atrium.sdk.spi import Bump, Commit, Committed, Put, Require, StorageAdapter
from atrium.sdk.storage import ABSENT, EXISTS
from atrium.testing.storage_suite.base import AdapterFactory, Recorder, StorageSuite, store

PLACE = ("n", "s", "a")


class CommitsSuite(StorageSuite):
    """Requires, atomicity, order, callbacks."""

    @pytest.mark.parametrize(
        ("requirement", "holds"),
        [(ABSENT, False), (EXISTS, True), (5, True), (4, False), (6, False)],
    )
    async def test_what_is_there_must_be_as_required(
        self, adapter: StorageAdapter, requirement: Any, holds: bool
    ) -> None:
        await store(adapter, 5, Put(PLACE, b"1"))
        change = store(adapter, 6, Put(("n", "s", "b"), b"1"), requires=[Require(PLACE, requirement)])
        if holds:
            await change
        else:
            with pytest.raises(Conflict):
                await change
        assert (await adapter.get(("n", "s", "b")) is not None) == holds

    @pytest.mark.parametrize(("requirement", "holds"), [(ABSENT, True), (EXISTS, False), (0, False), (5, False)])
    async def test_what_is_not_there_must_be_as_required(
        self, adapter: StorageAdapter, requirement: Any, holds: bool
    ) -> None:
        change = store(adapter, 6, Put(PLACE, b"1"), requires=[Require(PLACE, requirement)])
        if holds:
            await change
        else:
            with pytest.raises(Conflict):
                await change
        assert (await adapter.get(PLACE) is not None) == holds

    async def test_a_commit_in_conflict_fails_alone_and_changes_nothing(self, adapter: StorageAdapter) -> None:
        recorder = Recorder()
        bump = (Bump("t", b"x"),)
        for number in range(1, 10):
            commit = Commit(number, [], [Put(("n", "s", str(number)), b"1", bump)], ceiling=number)
            if number == 5:
                commit.requires = [Require(("n", "s", "5"), ABSENT), Require(("n", "s", "4"), 3)]
                commit.operations = [Put(("n", "other", "5"), b"1", bump)]
                commit.ceiling = 1_000_000
            recorder.commit(adapter, commit)
        results = await recorder.wait()
        assert [isinstance(result, Committed) for result in results] == [number != 5 for number in range(1, 10)]
        assert isinstance(results[4], Conflict)
        assert await adapter.get(("n", "other", "5")) is None
        assert (await adapter.query([], ("other", "t"))).topic_revision == 0

    async def test_each_commit_sees_the_ones_before_it(self, adapter: StorageAdapter) -> None:
        recorder = Recorder()
        recorder.commit(adapter, Commit(1, [Require(PLACE, ABSENT)], [Put(PLACE, b"1")]))
        for revision in range(2, 50):
            recorder.commit(adapter, Commit(revision, [Require(PLACE, revision - 1)], [Put(PLACE, b"%d" % revision)]))
        recorder.commit(adapter, Commit(50, [Require(PLACE, 49)], [Put(PLACE, None)]))
        recorder.commit(adapter, Commit(51, [Require(PLACE, EXISTS)], [Put(PLACE, b"no")]))
        recorder.commit(adapter, Commit(52, [Require(PLACE, ABSENT)], [Put(PLACE, b"52")]))
        results = await recorder.wait()
        assert [number for number, result in enumerate(results, 1) if not isinstance(result, Committed)] == [51]
        found = await adapter.get(PLACE)
        assert found is not None
        assert (found.value, found.revision) == (b"52", 52)

    async def test_of_many_who_require_the_same_one_wins(self, adapter: StorageAdapter) -> None:
        recorder = Recorder()
        for revision in range(1, 40):
            recorder.commit(adapter, Commit(revision, [Require(PLACE, ABSENT)], [Put(PLACE, b"%d" % revision)]))
        results = await recorder.wait()
        assert [isinstance(result, Committed) for result in results] == [True] + [False] * 38

    async def test_callbacks_come_once_each_in_order_on_the_loop_and_later(self, adapter: StorageAdapter) -> None:
        recorder = Recorder()
        recorder.commit(adapter, Commit(1, [], [Put(PLACE, b"1")]))
        assert recorder.results == []
        for revision in range(2, 2001):
            requires = [Require(("n", "s", "missing"), EXISTS)] if revision % 7 == 0 else []
            recorder.commit(adapter, Commit(revision, requires, [Put(("n", "s", str(revision % 10)), b"1")]))
            if revision % 100 == 0:
                await asyncio.sleep(0)
        results = await recorder.wait()
        assert recorder.order == list(range(2000))
        assert [isinstance(result, Conflict) for result in results] == [n % 7 == 0 for n in range(1, 2001)]

    async def test_a_callback_sees_its_commit(self, adapter: StorageAdapter) -> None:
        finished: asyncio.Future[Committed | BaseException] = asyncio.get_running_loop().create_future()
        adapter.commit(Commit(1, [], [Put(PLACE, b"1")]), finished.set_result)
        await finished
        assert await adapter.get(PLACE) is not None

    async def test_a_failing_callback_harms_no_other(self, adapter: StorageAdapter) -> None:
        reported: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))

        def fail(result: Committed | BaseException) -> None:
            raise RuntimeError("the callback failed")

        recorder = Recorder()
        recorder.commit(adapter, Commit(1, [], [Put(("n", "s", "1"), b"1")]))
        adapter.commit(Commit(2, [], [Put(("n", "s", "2"), b"1")]), fail)
        recorder.commit(adapter, Commit(3, [], [Put(("n", "s", "3"), b"1")]))
        assert [getattr(result, "revision", None) for result in await recorder.wait()] == [1, 3]
        assert [str(error) for error in reported] == ["the callback failed"]
        assert await adapter.get(("n", "s", "2")) is not None

    async def test_a_cancelled_waiter_changes_nothing(self, adapter: StorageAdapter) -> None:
        task = asyncio.create_task(store(adapter, 1, Put(PLACE, b"1")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store(adapter, 2, Put(("n", "s", "b"), b"1"))
        assert await adapter.get(PLACE) is not None

    async def test_a_closed_adapter_refuses_commits(self, factory: AdapterFactory) -> None:
        adapter = factory()
        with pytest.raises(StorageFailed, match=r"not open|closed"):
            await store(adapter, 1, Put(PLACE, b"1"))
        await adapter.open()
        await adapter.close()
        with pytest.raises(StorageFailed, match=r"not open|closed"):
            await store(adapter, 1, Put(PLACE, b"1"))
