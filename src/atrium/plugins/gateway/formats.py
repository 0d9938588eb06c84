"""How entries look on each kind of connection, built once for all who get them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from atrium.plugins.gateway.frames import PING, chunk
from atrium.sdk import Entry


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """`encode` makes one entry's bytes of (stream, entry, time), `pack` one write of several of them."""

    name: str
    encode: Callable[[str, Entry, str], bytes]
    pack: Callable[[Sequence[bytes]], bytes]
    heartbeat: bytes


def ndjson(entry: Entry) -> bytes:
    """Return an entry as one line."""
    return entry.encoded + b"\n"


def sse(entry: Entry) -> bytes:
    """Return an entry as a server-sent event."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.offset, entry.type.encode(), entry.encoded)


def chunked(parts: Sequence[bytes]) -> bytes:
    """Return a chunk of a chunked body (RFC 9112, section 7.1)."""
    data = b"".join(parts)
    return b"%x\r\n%s\r\n" % (len(data), data)


WEBSOCKET = Format("websocket", chunk, b"".join, PING)
NDJSON = Format("ndjson", lambda _stream, entry, _now: ndjson(entry), chunked, chunked([b"\n"]))
SSE = Format("sse", lambda _stream, entry, _now: sse(entry), chunked, chunked([b": \n\n"]))


class EncodedEntries:
    """The bytes of the newest entries that were sent; beyond `limit` bytes the oldest are forgotten."""

    __slots__ = ("_limit", "_messages", "_now", "_size")

    def __init__(self, now: Callable[[], str], limit: int = 1 << 20) -> None:
        self._now = now
        self._limit = limit
        self._size = 0
        self._messages: dict[tuple[Format, str, str, int], bytes] = {}

    def packed(self, form: Format, space: str, stream: str, entries: Sequence[Entry]) -> bytes:
        """Return entries of a stream as one write."""
        return form.pack([self._encoded(form, space, stream, entry) for entry in entries])

    def _encoded(self, form: Format, space: str, stream: str, entry: Entry) -> bytes:
        key = (form, space, stream, entry.offset)
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = form.encode(stream, entry, self._now())
            self._size += len(message)
            while self._size > self._limit:
                self._size -= len(self._messages.pop(next(iter(self._messages))))
        return message


def pieces(entries: Sequence[Entry], limit: int) -> Iterator[Sequence[Entry]]:
    """Cut entries into pieces of about `limit` bytes; each has at least one entry."""
    start, size = 0, 0
    for number, entry in enumerate(entries):
        size += len(entry.encoded)
        if size >= limit:
            yield entries[start : number + 1]
            start, size = number + 1, 0
    if start < len(entries):
        yield entries[start:]
