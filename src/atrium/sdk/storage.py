"""Storage as plugins see it: documents, declared indexes and topics, streams, batches.

Every call is bound to the plugin's namespace and to one space. A *collection* is a further namespace of the same
plugin: collection `turns` of plugin `sessions` is the namespace `sessions.turns`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

Json = Any
"""A JSON value: null, bool, int (64 bits), float (finite), str, list or dict with str keys."""

SYSTEM = "system"
"""The space of the hub's own bookkeeping."""


class Presence(Enum):
    """What a batch may require of a document besides an exact revision."""

    ABSENT = "absent"
    EXISTS = "exists"


ABSENT = Presence.ABSENT
EXISTS = Presence.EXISTS


@dataclass(frozen=True, slots=True)
class Document:
    """A stored JSON value; `revision` only grows, over all documents of the hub."""

    key: str
    value: Json
    revision: int


@dataclass(frozen=True, slots=True)
class Page:
    """One bounded page of documents; `next` is the cursor of the page after it, None at the end."""

    documents: tuple[Document, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """A declared index: queries may name these top-level fields, equal by prefix, ordered by the next one."""

    fields: tuple[str, ...]
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A piece of state that clients sync: the documents of a collection within one space.

    `name` is `notes` for the whole collection or `notes/{key}` for each document. `shows` names the top-level fields
    a list shows (None: all of them); the topic's revision grows only when one of those changes. Several declarations
    may share a name: their documents are merged by key.
    """

    name: str
    collection: str = ""
    shows: tuple[str, ...] | None = None

    @property
    def per_document(self) -> bool:
        """Tell whether each document is a topic of its own."""
        return self.name.endswith("/{key}")


@dataclass(frozen=True, slots=True)
class TopicSnapshot:
    """A topic's data, never older than the revision it carries."""

    revision: int
    data: Json


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something to append to a stream: a CloudEvents type and its data."""

    type: str
    data: Mapping[str, Any]


@dataclass(slots=True)
class Entry:
    """One entry of a stream. `encoded` is the whole CloudEvent as JSON, `offset` and `prev` included.

    `prev` is the offset of the durable entry before it (0 at the beginning). A hint (a delta) is shown at once, may
    be lost in a crash, and is trimmed when the durable entry that contains its text is stored.
    """

    offset: int
    prev: int
    type: str
    hint: bool
    encoded: bytes


class Tail(Protocol):
    """A follower of one stream: first what it missed, then what is new; never a gap, never a duplicate.

    `take` and `load` serve writers that must not wait; `async for` serves everybody else. The iterator ends when the
    stream ends (its space deleted it, or the hub stops).
    """

    cursor: int
    ended: bool

    def take(self, limit: int = 1000) -> list[Entry] | None:
        """Return what is ready beyond the cursor and move it; None when `load` must read storage first."""

    async def load(self, limit: int = 1000) -> list[Entry]:
        """Read what the ring no longer holds from storage and move the cursor."""

    def close(self) -> None:
        """Stop following."""

    def __aiter__(self) -> AsyncIterator[list[Entry]]:
        """Iterate over batches of entries, waiting for new ones."""


class Batch(Protocol):
    """Changes that are stored all together or not at all."""

    def require(self, key: str, revision: int | Presence, *, collection: str = "") -> None:
        """Fail the whole batch with `Conflict` unless the document is as stated when the batch is stored."""

    def set(self, key: str, value: Json, *, collection: str = "") -> None:
        """Store a document, replacing one with the same key."""

    def delete(self, key: str, *, collection: str = "") -> None:
        """Delete a document if it is there."""

    def append(self, stream: str, entries: Sequence[NewEntry], *, trims: Sequence[str] = ()) -> list[int]:
        """Append durable entries and return their offsets; `trims` names the hint groups they make obsolete."""

    def end_stream(self, stream: str, entries: Sequence[NewEntry] = ()) -> None:
        """Show followers these last entries, end them, and delete the stream."""


class SpaceStorage(Protocol):
    """A plugin's documents and streams within one space.

    Documents are the plugin's own. Topics and streams have names of the wire (`notes/<id>`): every plugin may read and
    follow those of the space, only the one whose name comes first in it may append to a stream.
    """

    space: str

    async def get(self, key: str, *, collection: str = "") -> Json | None:
        """Return a document's value, or None."""

    async def find(self, key: str, *, collection: str = "") -> Document | None:
        """Return a document with its revision, or None."""

    async def set(self, key: str, value: Json, *, collection: str = "") -> int:
        """Store a document and return its revision."""

    async def delete(self, key: str, *, collection: str = "") -> None:
        """Delete a document if it is there."""

    async def delete_all(self, *, collection: str = "") -> None:
        """Delete every document of the collection."""

    async def list_keys(self, prefix: str = "", *, collection: str = "") -> list[str]:
        """Return all keys with this prefix, in order."""

    async def query(
        self,
        where: Mapping[str, Json] | None = None,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
        *,
        collection: str = "",
    ) -> Page:
        """Return one page by a declared index. `order` names a field (`-field` descends); without it, by key."""

    async def update(self, key: str, function: Callable[[Json | None], Json], *, collection: str = "") -> Document:
        """Read, change by `function`, require that nobody changed it meanwhile, and try again if somebody did."""

    def batch(self) -> AbstractAsyncContextManager[Batch]:
        """Collect changes; they are stored when the block ends without an error."""

    async def snapshot(self, topic: str) -> TopicSnapshot:
        """Return a declared topic's state; `NotFound` for a document topic without a document."""

    def watch(self, topic: str, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back with each new revision of a topic, on the loop, after the commit; returns what ends it.

        Raises `NotFound` if no running plugin declares the topic.
        """

    def hint(self, stream: str, group: str, entries: Sequence[NewEntry]) -> None:
        """Show entries at once, without waiting for storage; `group` (a message id) is what later trims them.

        They are stored soon, in coarse chunks, so that a client can resume among them.
        """

    async def read(self, stream: str, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Return stored entries beyond an offset, oldest first, one bounded page."""

    async def head(self, stream: str) -> int:
        """Return the last offset of a stream, 0 if it has none."""

    async def tail(self, stream: str, after: int = 0, wake: Callable[[], None] | None = None) -> Tail:
        """Follow a stream from beyond a cursor; `wake` is called (on the loop) when `take` would return something new.

        Raises `NotFound` if there is no such stream and `CursorReset` if the cursor lies beyond its head.
        """


class PluginStorage(Protocol):
    """A plugin's way to its data: always within a space."""

    def of(self, space: str) -> SpaceStorage:
        """Return the storage of one space, after an access check has named it."""

    @property
    def system(self) -> SpaceStorage:
        """Return the storage for the plugin's own bookkeeping."""

    async def spaces(self, *, collection: str = "") -> list[str]:
        """Return the spaces in which this plugin has documents (for start-up work over all of them)."""
