"""Declared indexes: equality by prefix, order by the next field, exact pages."""

# ruff: noqa: D102 - the names of tests say what they check

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from atrium.sdk.spi import DeclareIndex, Put, Query, StorageAdapter
from atrium.testing.storage_suite.base import NASTY, StorageSuite, store

IN_ORDER: Sequence[Any] = (
    None, -(2**63), -1.5, -1, False, 0, 0.1, 1, True, 1.5, 2, 2**53 + 1, 2**63 - 1, 2**64 - 1, 1e300,
    "", "\0", " ", "1", "A", "Z", "a", "a\0", "aa", "b", "z", "é", "\ud7ff", "😀",
)  # fmt: skip
"""Values of a field in their order; numbers that are equal are ties."""


async def fill(adapter: StorageAdapter, *, declare: bool, spaces: Sequence[str] = ("s",)) -> None:
    """Store each value under several keys, in several spaces, and documents without the field."""
    if declare:
        await store(adapter, 1, DeclareIndex("n", ("rank",)), DeclareIndex("n", ("kind", "rank")))
    puts = []
    for space in spaces:
        for number, value in enumerate(IN_ORDER):
            for tie in "cab":
                document = {"rank": value, "kind": tie}
                puts.append(Put(("n", space, f"{tie}{97 * number % 100:02}"), orjson.dumps(document)))
        puts += [Put(("n", space, f"missing{tie}"), orjson.dumps({"kind": tie})) for tie in "ab"]
        puts += [Put(("n", space, "list"), b"[1,2]"), Put(("n", space, "text"), b'"rank"')]
    await store(adapter, 2, *puts, Put(("other", "s", "x"), b'{"rank":1}'))


async def page_through(adapter: StorageAdapter, query: Query) -> list[str]:
    """Return the keys of all documents of a query, page by page."""
    found: list[str] = []
    while True:
        documents = (await adapter.query([query])).pages[0]
        assert len(documents) <= query.limit
        if not documents:
            return found
        found += [document.key for document in documents]
        last = orjson.loads(documents[-1].value)
        value = last.get(query.order) if isinstance(last, dict) and query.order is not None else None
        query = replace(query, after=(value, documents[-1].key))


class IndexesSuite(StorageSuite):
    """Queries by fields, with a declared index and without: the same answer."""

    @pytest.fixture(params=[True, False], ids=["declared", "undeclared"])
    async def filled(self, adapter: StorageAdapter, request: pytest.FixtureRequest) -> StorageAdapter:
        """Return an adapter with documents of every kind of value in two spaces."""
        await fill(adapter, declare=request.param, spaces=("s", "t"))
        return adapter

    async def test_values_are_ordered_by_kind_then_value(self, filled: StorageAdapter) -> None:
        (documents,) = (await filled.query([Query("n", "s", order="rank", limit=1000)])).pages
        loaded = [orjson.loads(document.value) for document in documents]
        values = [one.get("rank") if isinstance(one, dict) else None for one in loaded]
        ranked = sorted(
            [None] * 4 + [value for value in IN_ORDER for _ in "abc"],
            key=lambda value: (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, float(value)),
        )
        assert len(values) == len(ranked)
        assert values == ranked

    @pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
    @pytest.mark.parametrize("limit", [1, 2, 7, 1000])
    async def test_pages_neither_repeat_nor_skip(self, filled: StorageAdapter, limit: int, descending: bool) -> None:
        for where, order in (((), "rank"), ((("kind", "a"),), "rank"), ((("kind", "a"),), None), ((), None)):
            query = Query("n", "s", where, "", order, descending, limit)
            whole = replace(query, limit=10_000)
            expected = [one.key for one in (await filled.query([whole])).pages[0]]
            assert len(set(expected)) == len(expected) > 20
            assert await page_through(filled, query) == expected

    async def test_descending_is_the_reverse(self, filled: StorageAdapter) -> None:
        up, down = (await filled.query([Query("n", "s", (), "", "rank", way, 1000) for way in (False, True)])).pages
        assert up == down[::-1]

    @pytest.mark.parametrize("value", IN_ORDER, ids=repr)
    async def test_equality_is_by_value(self, filled: StorageAdapter, value: Any) -> None:
        (documents,) = (await filled.query([Query("n", "s", (("rank", value),), limit=1000)])).pages
        found = {document.key for document in documents}
        equal = [
            f"{tie}{97 * number % 100:02}"
            for number, other in enumerate(IN_ORDER)
            for tie in "abc"
            if other == value or (isinstance(other, int) and float(other) == value and abs(other) >= 2**63)
        ]
        expected = set(equal) | ({"missinga", "missingb", "list", "text"} if value is None else set())
        assert found == expected

    async def test_a_prefix_and_an_order_go_together(self, filled: StorageAdapter) -> None:
        for descending in (False, True):
            for order in ("rank", None):
                query = Query("n", "s", (), "a", order, descending, 3)
                keys = await page_through(filled, query)
                assert len(keys) == len(IN_ORDER)
                assert all(key.startswith("a") for key in keys)

    @pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
    async def test_field_names_are_only_names(self, adapter: StorageAdapter, name: str) -> None:
        await store(adapter, 1, DeclareIndex(name, (name, "x")), DeclareIndex(name, (name, "x")))
        others = {other: "other" for other in NASTY if other != name}
        puts = [Put((name, "s", str(i)), orjson.dumps({name: text, **others})) for i, text in enumerate(NASTY)]
        await store(adapter, 2, *puts)
        for number, text in enumerate(NASTY):
            query = Query(name, "s", ((name, text),), order="x")
            assert [document.key for document in (await adapter.query([query])).pages[0]] == [str(number)]

    async def test_an_index_declared_late_holds_what_was_there(self, adapter: StorageAdapter) -> None:
        await fill(adapter, declare=False)
        query = Query("n", "s", (("kind", "b"),), order="rank", limit=1000)
        before = await adapter.query([query])
        await store(adapter, 3, DeclareIndex("n", ("kind", "rank")))
        assert await adapter.query([query]) == before

    async def test_several_queries_answer_together(self, filled: StorageAdapter) -> None:
        selection = await filled.query([Query("n", "s", limit=1), Query("none", "s"), Query("n", "t", limit=2)])
        assert [len(page) for page in selection.pages] == [1, 0, 2]
