"""The bytes of stream entries: CloudEvents 1.0 as JSON, encoded once.

A stored row lacks only `prev`, which depends on what was stored before it and is added when the entry is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

import orjson

from atrium.sdk.errors import InvalidInput
from atrium.sdk.spi import Row, StreamPage
from atrium.sdk.storage import Entry, Json, NewEntry

_EVENT = b'{"specversion":"1.0","id":"%d","type":%b,%b,"time":"%b","data":%b,"offset":"%d"}'
_TYPE = b'"type":"'


def encode_json(value: Json, what: str) -> bytes:
    """Return a value as JSON; raises `InvalidInput` naming `what` if it has no exact JSON form."""
    try:
        encoded = orjson.dumps(value)
    except TypeError as error:
        raise InvalidInput(f"{what} cannot be stored as JSON: {error}") from None
    if b"null" in encoded and _has_nan(value):
        raise InvalidInput(f"{what} cannot be stored as JSON: NaN and infinity have no JSON form")
    return encoded


class EntryEncoder:
    """Encodes the entries of one stream; what is the same in all of them is encoded once."""

    __slots__ = ("_origin", "_what")

    def __init__(self, stream: str) -> None:
        origin = {"source": f"/{stream}", "subject": stream.rpartition("/")[2]}
        self._origin = encode_json(origin, f"the name {stream!a}")[1:-1]
        self._what = f"an entry of {stream}"

    def encode(self, offset: int, time: bytes, entry: NewEntry) -> bytes:
        """Return an entry as stored: a CloudEvent with its offset, without `prev`."""
        event_type, data = encode_json(entry.type, self._what), encode_json(entry.data, self._what)
        return _EVENT % (offset, event_type, self._origin, time, data, offset)


def shown_entry(offset: int, prev: int, body: bytes, *, hint: bool) -> Entry:
    """Return an entry as shown, from its stored bytes."""
    start = body.find(_TYPE) + len(_TYPE)
    event_type = body[start : body.index(b'"', start)].decode()
    return Entry(offset, prev, event_type, hint, b'%b,"prev":"%d"}' % (body[:-1], prev))


def chunk_row(group: str, hints: Iterable[tuple[int, bytes]]) -> Row:
    """Return one row that holds several hints of a group, each with its own offset."""
    pairs = list(hints)
    return Row(pairs[-1][0], b"\n".join(b"%d %b" % pair for pair in pairs), group)


def entries_of(page: StreamPage, after: int) -> list[Entry]:
    """Return a page's entries beyond an offset, hints unpacked, each with its predecessor."""
    entries = []
    prev = page.previous
    for row in page.rows:
        if row.hint is None:
            entries.append(shown_entry(row.offset, prev, row.data, hint=False))
            prev = row.offset
            continue
        for line in row.data.split(b"\n"):
            number, _, body = line.partition(b" ")
            if int(number) > after:
                entries.append(shown_entry(int(number), prev, body, hint=True))
    return entries


def _has_nan(value: Json) -> bool:
    if isinstance(value, float):
        return not isfinite(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_has_nan, value))
