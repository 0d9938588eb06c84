"""What is stored: documents, declared indexes and topics, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
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

    @property
    def ended(self) -> bool:
        """Tell whether there will be nothing more: the stream has ended and was read, or this tail was closed."""

    def take(self, limit: int = 1000) -> list[Entry] | None:
        """Return what is ready beyond the cursor and move it; None when `load` must read storage first."""

    async def load(self, limit: int = 1000) -> list[Entry]:
        """Read what the ring no longer holds from storage and move the cursor."""

    def close(self) -> None:
        """Stop following."""

    def __aiter__(self) -> AsyncIterator[list[Entry]]:
        """Iterate over batches of entries, waiting for new ones."""
