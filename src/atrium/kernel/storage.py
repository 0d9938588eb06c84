"""Storage: the only way to a database. Everything is a commit; what follows one runs in its completion callback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from atrium.kernel.entries import encode_json, entries_of
from atrium.kernel.numbers import LARGEST, NumberSource
from atrium.kernel.streams import Slot, Streams, StreamTail, Wake
from atrium.kernel.topics import Topics
from atrium.sdk.callbacks import call_each
from atrium.sdk.cursors import decode_cursor, encode_cursor
from atrium.sdk.errors import Conflict, InvalidInput, NotFound
from atrium.sdk.spi import (
    Commit,
    Committed,
    DeclareIndex,
    Drop,
    Put,
    Query,
    Require,
    StorageAdapter,
    StoredDocument,
    StreamKey,
    StreamPage,
)
from atrium.sdk.storage import ABSENT, SYSTEM, Document, Entry, Json, NewEntry, Page, Presence, TopicSnapshot

SPACES = "kernel.spaces"
"""Where it is noted which namespace has documents in which space: `<namespace>/<space>`."""

UPDATE_ATTEMPTS = 100
PAGE_LIMIT = 1000


class StorageBatch:
    """Changes in one space, stored all together or not at all when the `async with` block ends without an error."""

    __slots__ = ("_space", "_storage", "callbacks", "commit", "revision", "slots")

    def __init__(self, storage: Storage, space: str) -> None:
        self._storage = storage
        self._space = space
        self.commit = Commit(0)
        self.revision = 0
        self.slots: dict[StreamKey, Slot] = {}
        self.callbacks: list[Callable[[], None]] = []

    async def __aenter__(self) -> StorageBatch:
        await self._storage.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._storage.store(self)
        finally:
            for slot in self.slots.values():
                self._storage.streams.forget_if_idle(slot.stream)

    def require(self, namespace: str, key: str, revision: int | Presence) -> None:
        """Fail the whole batch with `Conflict` unless the document is as stated."""
        self.commit.requires.append(Require((namespace, self._space, key), revision))

    def set(self, namespace: str, key: str, value: Json) -> None:
        """Store a document."""
        self.commit.operations.append(self._storage.put(namespace, self._space, key, value))

    def delete(self, namespace: str, key: str) -> None:
        """Delete a document if it is there."""
        bumps = self._storage.topics.bumps(namespace, key, None)
        self.commit.operations.append(Put((namespace, self._space, key), None, bumps))

    def append(self, stream: str, entries: Sequence[NewEntry], trims: Sequence[str] = ()) -> list[int]:
        """Append durable entries and return their offsets."""
        slot = self._slot(stream)
        bodies = slot.stream.issue(entries)
        slot.bodies.extend(bodies)
        slot.last = slot.stream.issued
        slot.trims.extend(trims)
        return [offset for offset, _ in bodies]

    def end_stream(self, stream: str, entries: Sequence[NewEntry] = ()) -> None:
        """Show these last entries, end the stream's followers, and delete it."""
        self.append(stream, entries)
        self._slot(stream).ends = True

    def after(self, callback: Callable[[], None]) -> None:
        """Call back once the batch is stored."""
        self.callbacks.append(callback)

    def _slot(self, stream: str) -> Slot:
        key = (self._space, stream)
        if key not in self.slots:
            self.slots[key] = Slot(self._storage.streams.get(key))
        return self.slots[key]


class Storage:
    """Documents, declared-index queries, streams and topics over a `StorageAdapter`; opens at first use.

    The calls that take a namespace and no space are the runtime's own, in the space `system`.
    """

    def __init__(self, adapter: StorageAdapter, now: Callable[[], float]) -> None:
        self.adapter = adapter
        self.numbers = NumberSource(now)
        self.topics = Topics()
        self.streams = Streams(self.numbers, now, self._read_page, self.submit)
        self._indexes: dict[str, set[tuple[str, ...]]] = {}
        self._places: set[tuple[str, str]] = set()
        self._opened = False
        self._opening: asyncio.Lock | None = None

    async def open(self) -> None:
        """Open the adapter once; numbers go on above everything ever handed out."""
        if self._opened:
            return
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if not self._opened:
                self.numbers.restore(await self.adapter.open())
                self._opened = True

    async def close(self) -> None:
        """Store pending hints, end all tails, and close the adapter."""
        self.streams.end_all()
        self._opened = False
        await self.adapter.close()

    async def get(self, namespace: str, key: str, *, space: str = SYSTEM) -> Json | None:
        """Return a document's value, or None."""
        if not self._opened:
            await self.open()
        stored = await self.adapter.get((namespace, space, key))
        return None if stored is None else orjson.loads(stored.value)

    async def find(self, namespace: str, key: str, *, space: str = SYSTEM) -> Document | None:
        """Return a document with its revision, or None."""
        if not self._opened:
            await self.open()
        stored = await self.adapter.get((namespace, space, key))
        return None if stored is None else _document(stored)

    async def set(self, namespace: str, key: str, value: Json, *, space: str = SYSTEM) -> int:
        """Store a document and return its revision."""
        if not self._opened:
            await self.open()
        return await self.submit(Commit(self.numbers.revision(), operations=[self.put(namespace, space, key, value)]))

    async def delete(self, namespace: str, key: str, *, space: str = SYSTEM) -> None:
        """Delete a document if it is there."""
        async with self.batch(space) as batch:
            batch.delete(namespace, key)

    async def delete_all(self, namespace: str, *, space: str = SYSTEM) -> None:
        """Delete every document of a namespace in a space."""
        while keys := await self._keys(Query(namespace, space, limit=PAGE_LIMIT)):
            async with self.batch(space) as batch:
                for key in keys:
                    batch.delete(namespace, key)

    async def list_keys(self, namespace: str, prefix: str = "", *, space: str = SYSTEM) -> list[str]:
        """Return all keys with this prefix, in order."""
        keys: list[str] = []
        after: tuple[None, str] | None = None
        while page := await self._keys(Query(namespace, space, prefix=prefix, limit=PAGE_LIMIT, after=after)):
            keys.extend(page)
            after = (None, page[-1])
        return keys

    async def query(
        self,
        namespace: str,
        where: Mapping[str, Json] | None = None,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
        *,
        space: str = SYSTEM,
    ) -> Page:
        """Return one page of documents by a declared index; `InvalidInput` if none covers `where` and `order`."""
        where = where or {}
        descending = order is not None and order.startswith("-")
        field = order.removeprefix("-") if order else None
        self._check_index(namespace, tuple(where), field)
        if not 1 <= limit <= PAGE_LIMIT:
            raise InvalidInput(f"limit must be 1 to {PAGE_LIMIT}, not {limit}")
        position = None if after is None else _position(after)
        query = Query(namespace, space, tuple(where.items()), "", field, descending, limit + 1, position)
        await self.open()
        selection = await self.adapter.query([query])
        documents = tuple(map(_document, selection.pages[0]))
        if len(documents) <= limit:
            return Page(documents)
        return Page(documents[:limit], _cursor(documents[limit - 1], field))

    async def spaces(self, namespace: str) -> list[str]:
        """Return the spaces (but `system`) in which a namespace ever had documents."""
        keys = await self.list_keys(SPACES, f"{namespace}/")
        return [key.removeprefix(f"{namespace}/") for key in keys]

    async def update(
        self, namespace: str, key: str, function: Callable[[Json | None], Json], *, space: str = SYSTEM
    ) -> Document:
        """Read, change, require that nobody changed it meanwhile, and try again if somebody did."""
        for _ in range(UPDATE_ATTEMPTS):
            found = await self.find(namespace, key, space=space)
            value = function(None if found is None else found.value)
            commit = Commit(self.numbers.revision(), operations=[self.put(namespace, space, key, value)])
            commit.requires.append(Require((namespace, space, key), ABSENT if found is None else found.revision))
            try:
                return Document(key, value, await self.submit(commit))
            except Conflict:
                continue
        raise Conflict(f"{namespace}/{key} changed {UPDATE_ATTEMPTS} times while it was being updated")

    def batch(self, space: str = SYSTEM) -> StorageBatch:
        """Collect changes; they are stored when the block ends without an error."""
        return StorageBatch(self, space)

    async def store(self, batch: StorageBatch) -> int:
        """Store a batch and return its revision."""
        commit, slots = batch.commit, list(batch.slots.values())
        for slot in slots:
            if slot.bodies and slot.stream.issued != slot.last:
                raise Conflict(f"something else was appended to {slot.stream.key[1]} while the batch was open")
        batch.revision = commit.revision = self.numbers.revision()
        for slot in slots:
            slot.stream.enlist(commit, slot)
            if slot.ends:
                commit.operations.append(Drop(slot.stream.key))
        if not (commit.operations or commit.requires):
            return commit.revision
        callbacks, batch.callbacks = batch.callbacks, []  # one that knows the batch would keep it from being freed
        return await self.submit(commit, slots, callbacks)

    async def append(self, stream: str, entries: Sequence[NewEntry], *, space: str = SYSTEM) -> list[int]:
        """Append durable entries to a stream and return their offsets."""
        async with self.batch(space) as batch:
            return batch.append(stream, entries)

    def hint(self, stream: str, group: str, entries: Sequence[NewEntry], *, space: str = SYSTEM) -> None:
        """Show entries at once and store them soon."""
        self.streams.get((space, stream)).hint(group, entries)

    async def read(self, stream: str, after: int = 0, limit: int = PAGE_LIMIT, *, space: str = SYSTEM) -> list[Entry]:
        """Return stored entries beyond an offset, one bounded page of at most `limit` rows."""
        return entries_of(await self._read_page((space, stream), after, limit), after)

    def recent(self, stream: str, after: int, *, space: str = SYSTEM) -> list[Entry] | None:
        """Return the durable entries beyond an offset if they are all in memory; None: `read` them."""
        return live.recent(after) if (live := self.streams.peek((space, stream))) else None

    async def head(self, stream: str, *, space: str = SYSTEM) -> int:
        """Return the last offset shown of a stream, 0 if there is no such stream."""
        live = self.streams.peek((space, stream))
        if live is not None and live.ring is not None:
            return 0 if live.ended else live.shown
        return (await self._read_page((space, stream), LARGEST, 1)).head

    async def tail(self, stream: str, after: int = 0, wake: Wake = None, *, space: str = SYSTEM) -> StreamTail:
        """Follow a stream from beyond an offset; one that a document topic of its name announces may be empty yet."""
        await self.open()
        try:
            return await self.streams.tail((space, stream), after, wake)
        except NotFound:
            if not isinstance((await self.snapshot(stream, space=space)).data, dict):
                raise
            return await self.streams.tail((space, stream), after, wake, begun=False)

    async def snapshot(self, topic: str, *, space: str = SYSTEM) -> TopicSnapshot:
        """Return a declared topic's state."""
        await self.open()
        queries = self.topics.queries(space, topic)
        return self.topics.snapshot(topic, await self.adapter.query(queries, (space, topic)))

    def watch(self, topic: str, callback: Callable[[int], None], *, space: str = SYSTEM) -> Callable[[], None]:
        """Call back with each new revision of a declared topic, after the commit; returns what ends it."""
        return self.topics.watch(space, topic, callback)

    async def declare_index(self, namespace: str, fields: tuple[str, ...]) -> None:
        """Allow queries over these fields of a namespace, and make them fast."""
        await self.open()
        declared = self._indexes.setdefault(namespace, set())
        if fields not in declared:
            await self.submit(Commit(self.numbers.revision(), operations=[DeclareIndex(namespace, fields)]))
            declared.add(fields)

    def put(self, namespace: str, space: str, key: str, value: Json) -> Put:
        """Return the operation that stores a document; `InvalidInput` if the value has no JSON form."""
        encoded = encode_json(value, f"{namespace}/{key}")
        return Put((namespace, space, key), encoded, self.topics.bumps(namespace, key, value))

    def submit(
        self, commit: Commit, slots: Sequence[Slot] = (), callbacks: Sequence[Callable[[], None]] = ()
    ) -> asyncio.Future[int]:
        """Hand a commit to the adapter; awaiting (or abandoning) the future changes nothing about its effects."""
        puts = [operation for operation in commit.operations if isinstance(operation, Put)]
        if new := [put.address[:2] for put in puts if put.address[:2] not in self._places]:
            notes = [f"{namespace}/{space}" for namespace, space in new if space != SYSTEM]
            commit.operations.extend(Put((SPACES, SYSTEM, note), b"true") for note in notes)
            callbacks = (*callbacks, partial(self._places.update, new))
        commit.ceiling = self.numbers.ceiling(max([commit.revision, *[slot.last for slot in slots]]))
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.adapter.commit(commit, partial(self._completed, commit, slots, callbacks, waiter))
        return waiter

    def _completed(
        self,
        commit: Commit,
        slots: Sequence[Slot],
        callbacks: Sequence[Callable[[], None]],
        waiter: asyncio.Future[int],
        outcome: Committed | BaseException,
    ) -> None:
        stored = isinstance(outcome, Committed)
        if commit.ceiling is not None:
            self.numbers.settle(commit.ceiling, stored=stored)
        for slot in slots:
            slot.stream.settle(slot, stored=stored)
        if isinstance(outcome, Committed):
            self.topics.announce(outcome.topics, outcome.revision)
            call_each(callbacks)
        if not waiter.done():
            if isinstance(outcome, Committed):
                waiter.set_result(outcome.revision)
            else:
                waiter.set_exception(outcome)

    async def _read_page(self, key: StreamKey, after: int, limit: int) -> StreamPage:
        if not self._opened:
            await self.open()
        return await self.adapter.read(key, after, limit)

    async def _keys(self, query: Query) -> list[str]:
        await self.open()
        return [stored.key for stored in (await self.adapter.query([query])).pages[0]]

    def _check_index(self, namespace: str, where: tuple[str, ...], order: str | None) -> None:
        if not where and order is None:
            return
        for fields in self._indexes.get(namespace, ()):
            head, rest = fields[: len(where)], fields[len(where) :]
            if set(head) == set(where) and (order is None or rest[:1] == (order,)):
                return
        wanted = ", ".join([*where, *([order] if order else [])])
        raise InvalidInput(f"no index over ({wanted}) is declared for {namespace}: add it to the plugin's `indexes`")


def _document(stored: StoredDocument) -> Document:
    return Document(stored.key, orjson.loads(stored.value), stored.revision)


def _cursor(document: Document, field: str | None) -> str:
    return encode_cursor([None if field is None else document.value.get(field), document.key])


def _position(cursor: str) -> tuple[Any, str]:
    value, key = decode_cursor(cursor, 2)
    return value, str(key)
