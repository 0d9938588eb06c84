"""What a route may answer, independent of any web framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON answer with a status of its own; `data` None sends no body."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resource:
    """A synced resource: sent as `{revision, data}` (and `extra` beside them) with its revision as ETag.

    A matching `If-None-Match` is answered with 304.
    """

    revision: int
    data: Any
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryStream:
    """A stream's entries beyond a cursor, as NDJSON or SSE; `follow` keeps the answer open for new ones."""

    space: str
    stream: str
    after: int
    follow: bool


@dataclass(frozen=True, slots=True)
class FileReply:
    """A file as it is, of a media type that the browser must not guess; `name` is what it is called if it is saved."""

    path: Path
    media_type: str
    name: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body of any media type (in lower case, without parameters) in the pieces in which it comes.

    It is never in memory as a whole, and nobody but whoever takes it bounds its size. `size` is what the client says,
    in bytes; None if it does not.
    """

    media_type: str
    size: int | None
    pieces: AsyncIterator[bytes]
