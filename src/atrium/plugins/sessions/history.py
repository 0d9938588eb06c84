"""A session's history read backwards, page by page, without reading what comes before the page."""

from __future__ import annotations

from math import isqrt

import orjson

from atrium.plugins.sessions.documents import stream_of
from atrium.plugins.sessions.limits import MAX_PAGE_BYTES
from atrium.sdk import Entry, Reply, SpaceStorage

_WIDEST_STEP = 1024
"""How many times further back to look, at most, when there was too little."""

_PAGES = 4
"""How many pages, at most, are read where one is wanted."""


async def page_before(storage: SpaceStorage, session_id: str, before: int, limit: int) -> list[Entry]:
    """Return the last stored entries before an offset, oldest first: at most `limit`, and at least one if there is any.

    Offsets have gaps of any size and storage reads forwards only. So this looks for a place to read from that has the
    whole page behind it and not much more: further and further back, then between too far and not far enough.
    """
    stream = stream_of(session_id)
    end = min(before, await last_offset(storage, session_id) + 1)
    near, far, width = 0, 0, limit
    while True:
        start = max(0, end - 1 - width)
        entries = await _between(storage, stream, start, end, limit)
        if entries is None:
            # So many entries need as many offsets: if there are not, deltas were stored meanwhile.
            near, far = near if width - near > limit else 0, width
        elif len(entries) < limit and start:
            near, far = width, far if far > width else 0
        else:
            return _bounded(entries[-limit:])
        width = max(near + 1, isqrt(near * far)) if far else width * _widening(limit, len(entries or ()))


async def _between(storage: SpaceStorage, stream: str, start: int, end: int, limit: int) -> list[Entry] | None:
    """Return the entries between two offsets, None if they are far more than a page."""
    found: list[Entry] = []
    for _ in range(_PAGES):
        read = await storage.read(stream, start, limit + 1)
        found += [entry for entry in read if entry.offset < end]
        if len(read) <= limit or read[-1].offset >= end:
            return found
        start = read[-1].offset
    return None


def _widening(limit: int, found: int) -> int:
    """Return how many times further back to look for a page when this few entries were found."""
    return min(_WIDEST_STEP, max(2, 2 * limit // max(found, 1)))


async def last_offset(storage: SpaceStorage, session_id: str) -> int:
    """Return the offset of a session's last entry, also of one that is stored and about to be shown."""
    stream = stream_of(session_id)
    head = await storage.head(stream)
    stored = await storage.read(stream, head)
    return stored[-1].offset if stored else head


def _bounded(entries: list[Entry]) -> list[Entry]:
    """Return the last of these entries, as many as a page may have bytes, but at least one."""
    size = 0
    for number in range(len(entries) - 1, -1, -1):
        size += len(entries[number].encoded)
        if size > MAX_PAGE_BYTES and number < len(entries) - 1:
            return entries[number + 1 :]
    return entries


def reply(entries: list[Entry], accept: str | None) -> Reply:
    """Return entries as a stream's are sent: one a line, or as server-sent events for whoever accepts these."""
    if "text/event-stream" in (accept or ""):
        media_type = "text/event-stream; charset=utf-8"
        parts = [b"id: %d\nevent: %s\ndata: %s\n\n" % (e.offset, e.type.encode(), e.encoded) for e in entries]
    else:
        media_type = "application/x-ndjson"
        parts = [entry.encoded + b"\n" for entry in entries]
    # What is encoded already is sent as it is.
    return Reply(orjson.Fragment(b"".join(parts)), headers={"content-type": media_type, "cache-control": "no-store"})
