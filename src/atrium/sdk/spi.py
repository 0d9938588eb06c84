"""The ports that others implement. At most six methods each; every one has a contract suite in `atrium.testing`.

What every commit and every read makes is a named tuple: half the cost of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from atrium.sdk.storage import Presence

Address = tuple[str, str, str]
"""A document's place: (namespace, space, key)."""

StreamKey = tuple[str, str]
"""A stream's place: (space, name)."""

TopicKey = tuple[str, str]
"""A topic's place: (space, name)."""


class Bump(NamedTuple):
    """A topic that a stored document belongs to.

    The topic's revision becomes the batch's when the document is new, or deleted, or `shown` (a digest of the fields
    the topic shows; None: any change counts) differs from the one stored with it.
    """

    topic: str
    shown: bytes | None


class Put(NamedTuple):
    """Store a document: `value` is JSON text, None deletes it. `bumps` is the same for every document of a namespace
    but for the digests, so adapters may compare by position."""

    address: Address
    value: bytes | None
    bumps: tuple[Bump, ...] = ()


class Require(NamedTuple):
    """Fail the batch with `Conflict` unless the document has this revision, or is there, or is not."""

    address: Address
    revision: int | Presence


class Row(NamedTuple):
    """One stream row. `data` is opaque to the adapter. `hint` names the group that a later trim removes; None is
    durable. A hint row may hold several entries; its offset is the last one's."""

    offset: int
    data: bytes
    hint: str | None = None


class Append(NamedTuple):
    """Add rows to a stream; offsets grow within a stream and never repeat."""

    stream: StreamKey
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trim:
    """Remove a stream's hint rows of one group with offsets in [first, last]."""

    stream: StreamKey
    group: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove a whole stream."""

    stream: StreamKey


@dataclass(frozen=True, slots=True)
class DeclareIndex:
    """Make queries over these top-level fields of a namespace's documents fast; declaring twice is fine."""

    namespace: str
    fields: tuple[str, ...]


Operation = Put | Append | Trim | Drop | DeclareIndex


@dataclass(slots=True)
class Commit:
    """One atomic change. Every document it stores gets `revision`; `ceiling`, if given, is kept for the next `open`."""

    revision: int
    requires: list[Require] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    ceiling: int | None = None


class Committed(NamedTuple):
    """What a commit did: the topics whose revision is now the commit's."""

    revision: int
    topics: tuple[TopicKey, ...] = ()


class StoredDocument(NamedTuple):
    """A document as the adapter keeps it."""

    key: str
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Query:
    """Select documents of a namespace within a space, one bounded page.

    `where` are equalities on top-level fields, `prefix` restricts keys, `order` is a field (None: the key), ties are
    broken by key in the same direction. `after` is (order value, key) of the last document of the page before.

    Missing and null fields are equal and come first, then numbers (true is 1, false is 0), then text by code points.
    """

    namespace: str
    space: str
    where: tuple[tuple[str, Any], ...] = ()
    prefix: str = ""
    order: str | None = None
    descending: bool = False
    limit: int = 100
    after: tuple[Any, str] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What `query` found: a page for each query, and the revision of the topic asked for, all of one moment."""

    pages: tuple[tuple[StoredDocument, ...], ...]
    topic_revision: int = 0


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Rows beyond an offset, the last durable offset at or before it, and the stream's last offset (0: none)."""

    rows: tuple[Row, ...]
    previous: int
    head: int


CommitCallback = Callable[[Committed | BaseException], None]


class StorageAdapter(Protocol):
    """A database. Reads see every commit whose callback has run; each returns one bounded page and holds nothing."""

    @property
    def durable(self) -> bool:
        """Return whether a commit survives power loss once its callback has run."""

    async def open(self) -> int:
        """Open, bring the schema up to date, and return the highest ceiling ever committed (0 in a new database)."""

    async def close(self) -> None:
        """Finish queued commits and close; may be called twice and after a failed open."""

    async def get(self, address: Address) -> StoredDocument | None:
        """Return one document."""

    async def query(self, queries: Sequence[Query], topic: TopicKey | None = None) -> Selection:
        """Run bounded queries, and read a topic's revision, all in one transaction."""

    async def read(self, stream: StreamKey, after: int, limit: int) -> StreamPage:
        """Return the stream's rows with offsets beyond `after`, oldest first."""

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        """Queue a commit; commits are applied in the order of these calls.

        `done` is called exactly once, on the loop, in commit order: with what was committed, or with `Conflict`
        (a require did not hold; this commit alone failed) or `StorageFailed`.
        """
