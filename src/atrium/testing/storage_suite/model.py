"""Any sequence of commits leaves an adapter as it leaves a trivial model."""

# ruff: noqa: D102 - the names of tests say what they check

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrium.sdk.spi import (
    Address,
    Append,
    Bump,
    Commit,
    Committed,
    DeclareIndex,
    Drop,
    Operation,
    Put,
    Query,
    Require,
    Row,
    StorageAdapter,
    StreamKey,
    TopicKey,
    Trim,
)
from atrium.sdk.storage import ABSENT, EXISTS
from atrium.testing.storage_suite.base import AdapterFactory, Recorder, StorageSuite

NAMESPACES = ("n", "m")
TEXTS = ("a", "b", "é'\"")
NAMES = st.sampled_from(TEXTS)
ADDRESSES = st.tuples(st.sampled_from(NAMESPACES), NAMES, NAMES)
STREAMS = st.tuples(NAMES, NAMES)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "x": st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.text(max_size=3)),
        "y": st.sampled_from([1, 2]),
    },
)


@dataclass(slots=True)
class Model:
    """What the port says, in the plainest words."""

    documents: dict[Address, tuple[bytes, int, tuple[Bump, ...]]] = field(default_factory=dict)
    streams: dict[StreamKey, list[Row]] = field(default_factory=dict)
    topics: dict[TopicKey, int] = field(default_factory=dict)

    def apply(self, commit: Commit) -> bool:
        """Apply a commit and tell whether its requires held."""
        for require in commit.requires:
            found = self.documents.get(require.address)
            wanted = require.revision
            if not (found is None if wanted is ABSENT else found and (wanted is EXISTS or wanted == found[1])):
                return False
        for operation in commit.operations:
            self._operate(operation, commit.revision)
        return True

    def _operate(self, operation: Operation, revision: int) -> None:
        if isinstance(operation, Put):
            self._put(operation, revision)
        elif isinstance(operation, Append):
            self.streams.setdefault(operation.stream, []).extend(operation.rows)
        elif isinstance(operation, Trim):
            self.streams[operation.stream] = [
                row
                for row in self.streams.get(operation.stream, [])
                if row.hint != operation.group or not operation.first <= row.offset <= operation.last
            ]
        elif isinstance(operation, Drop):
            self.streams.pop(operation.stream, None)

    def _put(self, put: Put, revision: int) -> None:
        before = self.documents.pop(put.address, None)
        if put.value is not None:
            self.documents[put.address] = (put.value, revision, put.bumps)
        elif before is None:
            return
        for number, bump in enumerate(put.bumps):
            is_same = (
                put.value is not None
                and before is not None
                and bump.shown is not None
                and [one.shown for one in before[2][number : number + 1]] == [bump.shown]
            )
            if not is_same:
                self.topics[put.address[1], bump.topic] = revision


@st.composite
def commits(draw: st.DrawFn) -> list[Commit]:
    """Return commits whose stream offsets grow, as the port demands."""
    offset = 0
    made = []
    for revision in range(1, draw(st.integers(1, 12)) + 1):
        operations: list[Operation] = []
        for kind in draw(st.lists(st.sampled_from(["put", "put", "delete", "append", "trim", "drop", "index"]))):
            if kind in {"put", "delete"}:
                digests = draw(st.lists(st.sampled_from([None, b"", b"1", b"22"]), max_size=2))
                bumps = tuple(Bump(f"t{number}", digest) for number, digest in enumerate(digests))
                value = orjson.dumps(draw(VALUES)) if kind == "put" else None
                operations.append(Put(draw(ADDRESSES), value, bumps))
            elif kind == "append":
                hint = draw(st.sampled_from([None, "g", "h"]))
                operations.append(Append(draw(STREAMS), (Row(offset + 1, b"1", hint), Row(offset + 3, b"3"))))
                offset += 5
            elif kind == "trim":
                operations.append(Trim(draw(STREAMS), draw(st.sampled_from(["g", "h"])), offset - 11, offset))
            elif kind == "drop":
                operations.append(Drop(draw(STREAMS)))
            else:
                operations.append(DeclareIndex("n", draw(st.sampled_from([("x",), ("y", "x"), ("y",)]))))
        wanted: Any = st.one_of(st.just(ABSENT), st.just(EXISTS), st.integers(1, revision))
        requires = draw(st.lists(st.builds(Require, ADDRESSES, wanted), max_size=1))
        made.append(Commit(revision, requires, operations))
    return made


class ModelSuite(StorageSuite):
    """Compare an adapter with the model; define `fresh` too, which returns what makes an adapter with nothing in it."""

    @pytest.fixture
    def fresh(self) -> AdapterFactory:
        """Return what makes adapters that share nothing."""
        raise NotImplementedError("define the fixture `fresh` in your test class")

    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(history=commits(), in_one_group=st.booleans())
    def test_any_history_leaves_what_the_model_has(
        self, fresh: AdapterFactory, history: list[Commit], in_one_group: bool
    ) -> None:
        asyncio.run(compare(fresh(), history, in_one_group=in_one_group))


async def compare(adapter: StorageAdapter, history: list[Commit], *, in_one_group: bool) -> None:
    """Run a history on an adapter and on the model, and compare all that can be read."""
    model, recorder = Model(), Recorder()
    await adapter.open()
    try:
        for commit in history:
            recorder.commit(adapter, commit)
            if not in_one_group:
                await recorder.wait()
        results = await recorder.wait()
        assert [isinstance(result, Committed) for result in results] == [model.apply(commit) for commit in history]
        await compare_reads(adapter, model)
    finally:
        await adapter.close()


async def compare_reads(adapter: StorageAdapter, model: Model) -> None:
    """Compare documents, streams, topics and queries."""
    for place in product(NAMESPACES, TEXTS):
        (page,) = (await adapter.query([Query(*place, limit=100)])).pages
        kept = sorted((a[2], value, revision) for a, (value, revision, _) in model.documents.items() if a[:2] == place)
        assert list(page) == kept
    for stream in {*model.streams, ("a", "a")}:
        rows = model.streams.get(stream, [])
        stored = await adapter.read(stream, 0, 1000)
        assert list(stored.rows) == rows
        assert stored.head == max((row.offset for row in rows), default=0)
    for topic in {*model.topics, ("a", "t0"), ("a", "t1")}:
        assert (await adapter.query([], topic)).topic_revision == model.topics.get(topic, 0)
    for space, wanted in product(TEXTS, (1, 2)):
        (page,) = (await adapter.query([Query("n", space, (("y", wanted),), order="x", limit=100)])).pages
        places = {a for a, (value, _, _) in model.documents.items() if orjson.loads(value).get("y") == wanted}
        assert {one.key for one in page} == {key for namespace, at, key in places if (namespace, at) == ("n", space)}
