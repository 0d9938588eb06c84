"""Storage in memory, for tests and throw-away hubs: everything SQLite does but survive."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from atrium.adapters.storage.bumps import pack, touched
from atrium.adapters.storage.ordering import comparable, rank
from atrium.sdk.errors import Conflict, StorageFailed
from atrium.sdk.spi import (
    Address,
    Append,
    Commit,
    CommitCallback,
    Committed,
    Drop,
    Operation,
    Put,
    Query,
    Require,
    Row,
    Selection,
    StoredDocument,
    StreamKey,
    StreamPage,
    TopicKey,
    Trim,
)
from atrium.sdk.storage import ABSENT, EXISTS


@dataclass(slots=True)
class _Kept:
    document: StoredDocument
    shown: bytes
    fields: dict[str, Any] | None = None

    def field(self, name: str) -> Any:
        if self.fields is None:
            value = orjson.loads(self.document.value)
            self.fields = value if isinstance(value, dict) else {}
        return comparable(self.fields.get(name))


class MemoryStorageAdapter:
    """Keeps everything in dictionaries. A commit is applied at once and called back on the loop's next turn."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], dict[str, _Kept]] = {}
        self._streams: dict[StreamKey, list[Row]] = {}
        self._topics: dict[TopicKey, int] = {}
        self._ceiling = 0
        self._is_open = False

    @property
    def durable(self) -> bool:
        """Return False: nothing survives the process."""
        return False

    async def open(self) -> int:
        """Return the highest ceiling committed to this object."""
        self._is_open = True
        return self._ceiling

    async def close(self) -> None:
        """Refuse further commits, once every callback has run."""
        self._is_open = False
        called_back = asyncio.Event()
        asyncio.get_running_loop().call_soon(called_back.set)
        await called_back.wait()

    async def get(self, address: Address) -> StoredDocument | None:
        """Return one document."""
        kept = self._find(address)
        return kept.document if kept else None

    async def query(self, queries: Sequence[Query], topic: TopicKey | None = None) -> Selection:
        """Filter and sort all documents of the namespace."""
        revision = self._topics.get(topic, 0) if topic else 0
        return Selection(tuple(self._select(query) for query in queries), revision)

    async def read(self, stream: StreamKey, after: int, limit: int) -> StreamPage:
        """Return the stream's rows with offsets beyond `after`, oldest first."""
        rows = self._streams.get(stream, [])
        start = bisect_right(rows, after, key=_offset)
        previous = next((row.offset for row in reversed(rows[:start]) if row.hint is None), 0)
        return StreamPage(tuple(rows[start : start + limit]), previous, rows[-1].offset if rows else 0)

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        """Apply a commit at once, or nothing of it."""
        asyncio.get_running_loop().call_soon(done, self._apply(commit))

    def _apply(self, commit: Commit) -> Committed | BaseException:
        if not self._is_open:
            return StorageFailed("the database is not open")
        for require in commit.requires:
            if not self._holds(require):
                return Conflict("/".join(require.address))
        repeated = self._repeated_offset(commit.operations)
        if repeated is not None:
            return StorageFailed(f"offset {repeated} is in the stream already")
        topics: dict[TopicKey, None] = {}
        for operation in commit.operations:
            for topic in self._operate(operation, commit.revision):
                topics[topic] = None
        self._topics.update(dict.fromkeys(topics, commit.revision))
        self._ceiling = max(self._ceiling, commit.ceiling or 0)
        return Committed(commit.revision, tuple(topics))

    def _operate(self, operation: Operation, revision: int) -> Iterable[TopicKey]:
        if isinstance(operation, Put):
            return self._put(operation, revision)
        if isinstance(operation, Append):
            rows = self._streams.setdefault(operation.stream, [])
            for row in operation.rows:
                insort(rows, row, key=_offset)
        elif isinstance(operation, Trim):
            self._trim(operation)
        elif isinstance(operation, Drop):
            self._streams.pop(operation.stream, None)
        return ()

    def _put(self, put: Put, revision: int) -> Iterable[TopicKey]:
        namespace, space, key = put.address
        kept = self._find(put.address)
        packed = pack(put.bumps)
        names = touched(put.bumps, packed, kept.shown if kept else None, deleted=put.value is None)
        if put.value is None:
            self._documents.get((namespace, space), {}).pop(key, None)
        else:
            document = StoredDocument(key, put.value, revision)
            self._documents.setdefault((namespace, space), {})[key] = _Kept(document, packed)
        return [(space, name) for name in names]

    def _trim(self, trim: Trim) -> None:
        rows = self._streams.get(trim.stream, [])
        first = bisect_left(rows, trim.first, key=_offset)
        last = bisect_right(rows, trim.last, key=_offset)
        rows[first:last] = [row for row in rows[first:last] if row.hint != trim.group]

    def _find(self, address: Address) -> _Kept | None:
        namespace, space, key = address
        return self._documents.get((namespace, space), {}).get(key)

    def _holds(self, require: Require) -> bool:
        kept = self._find(require.address)
        if require.revision is ABSENT:
            return kept is None
        if kept is None:
            return False
        return require.revision is EXISTS or kept.document.revision == require.revision

    def _repeated_offset(self, operations: Iterable[Operation]) -> int | None:
        added: dict[StreamKey, set[int]] = {}
        dropped: set[StreamKey] = set()
        for operation in operations:
            if isinstance(operation, Drop):
                dropped.add(operation.stream)
                added.pop(operation.stream, None)
            elif isinstance(operation, Append):
                stored = () if operation.stream in dropped else self._streams.get(operation.stream, ())
                offsets = added.setdefault(operation.stream, set())
                for row in operation.rows:
                    if row.offset in offsets or _contains(stored, row.offset):
                        return row.offset
                    offsets.add(row.offset)
        return None

    def _select(self, query: Query) -> tuple[StoredDocument, ...]:
        documents = self._documents.get((query.namespace, query.space), {})
        kept = [one for one in documents.values() if _matches(query, one)]
        kept.sort(key=lambda one: _position(query, one), reverse=query.descending)
        if query.after is not None:
            value, key = query.after
            last = (rank(comparable(value if query.order is not None else None)), key)
            kept = [one for one in kept if _is_beyond(_position(query, one), last, query.descending)]
        return tuple(one.document for one in kept[: query.limit])


def _offset(row: Row) -> int:
    return row.offset


def _contains(rows: Sequence[Row], offset: int) -> bool:
    position = bisect_left(rows, offset, key=_offset)
    return position < len(rows) and rows[position].offset == offset


def _matches(query: Query, kept: _Kept) -> bool:
    return kept.document.key.startswith(query.prefix) and all(
        kept.field(name) == comparable(value) for name, value in query.where
    )


_Position = tuple[tuple[int, Any], str]


def _position(query: Query, kept: _Kept) -> _Position:
    value = kept.field(query.order) if query.order is not None else None
    return rank(value), kept.document.key


def _is_beyond(position: _Position, last: _Position, descending: bool) -> bool:
    return position < last if descending else position > last
