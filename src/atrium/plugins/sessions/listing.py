"""Lists of sessions: each page is read by a declared index, and what it does not show is not read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from atrium.plugins.sessions.documents import ACTIVITY, SHOWN_ACTIVITY, SHOWN_SAID, as_session
from atrium.plugins.sessions.limits import MAX_PINNED
from atrium.plugins.sessions.selection import Row, Selection
from atrium.sdk import Document, Json, NotFound, Resource, SpaceStorage, cursors

LIST = "sessions"
"""The topic of the whole list."""

_OVERVIEW = 100
_STEP = 200
"""How many sessions are looked at before others get their turn."""


class Lists:
    """Reads pages of each person's list, and knows the list's revision without reading all of it each time."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._counts: dict[str, tuple[int, dict[str, int]]] = {}
        self._watches: dict[str, Callable[[], None]] = {}

    async def page(self, storage: SpaceStorage, wanted: Selection) -> Resource:
        """Return a page of sessions, with a revision of the list that is not newer than the page."""
        if wanted.field == "title":
            snapshot = await storage.snapshot(LIST)
            revision, (rows, following) = snapshot.revision, wanted.page(snapshot.data)
        else:
            revision = await self._revision(storage)
            rows, following = await (_pinned(storage, wanted) if wanted.filters.pinned else _walk(storage, wanted))
        return Resource(revision, [as_wire(row) for row in rows], {"nextCursor": following})

    async def count_by_provider(self, storage: SpaceStorage) -> dict[str, int]:
        """Return how many sessions each provider has; all are read again only when the list has changed."""
        revision = await self._revision(storage)
        known, counts = self._counts.get(storage.space, (-1, {}))
        if known != revision:
            counts = await _count_by_provider(storage)
            self._counts[storage.space] = (revision, counts)
        return counts

    def close(self) -> None:
        """Stop watching the lists."""
        for end in self._watches.values():
            end()
        self._watches.clear()
        self._revisions.clear()
        self._counts.clear()

    async def _revision(self, storage: SpaceStorage) -> int:
        space = storage.space
        if space not in self._watches:
            self._watches[space] = storage.watch(LIST, partial(self._note, space))
        if space not in self._revisions:
            self._note(space, (await storage.snapshot(LIST)).revision)
        return self._revisions[space]

    def _note(self, space: str, revision: int) -> None:
        self._revisions[space] = max(revision, self._revisions.get(space, 0))


async def get_session(storage: SpaceStorage, session_id: str) -> Resource:
    """Return one session; `NotFound` if there is none."""
    try:
        snapshot = await storage.snapshot(f"sessions/{session_id}")
    except NotFound:
        raise NotFound("there is no session with this id") from None
    return Resource(snapshot.revision, as_wire(snapshot.data))


def as_wire(row: Json) -> dict[str, Any]:
    """Return a session as clients see it."""
    return as_session(row).model_dump(mode="json", by_alias=True)


async def overview(storage: SpaceStorage) -> list[dict[str, Any]]:
    """Return the newest sessions in brief."""
    newest = await storage.query(None, "-createdAt", _OVERVIEW)
    rows = []
    for document in newest.documents:
        activity = await storage.get(document.key, collection=ACTIVITY)
        if activity is not None:
            said = document.value
            rows.append({key: said[key] for key in ("id", "providerId", "createdAt")} | {"status": activity["status"]})
    return rows


async def _count_by_provider(storage: SpaceStorage) -> dict[str, int]:
    counts: Counter[str] = Counter()
    after: str | None = None
    while True:
        page = await storage.query(None, "createdAt", _STEP, after)
        counts.update(document.value["providerId"] for document in page.documents)
        after = page.next
        if after is None:
            return dict(counts)
        await asyncio.sleep(0)


async def _walk(storage: SpaceStorage, wanted: Selection) -> tuple[list[Row], str | None]:
    """Go through the sessions in order until the page is full; what the first record rules out costs no second read."""
    by_activity = wanted.field == "updatedAt"
    name, value = ("status", wanted.filters.status) if by_activity else ("providerId", wanted.filters.provider_id)
    where = None if value is None else {name: value}
    collection, join = (ACTIVITY, _with_said) if by_activity else ("", _with_activity)
    after = None if wanted.after is None else cursors.encode_cursor(wanted.after)
    found: list[Row] = []
    while True:
        step = min(_STEP, wanted.skip + wanted.limit + 1)
        page = await storage.query(where, wanted.sort, step, after, collection=collection)
        for document in page.documents:
            row = await join(storage, document, wanted)
            if row is not None:
                found.append(row)
        after = page.next
        if after is None or len(found) > wanted.skip + wanted.limit:
            return wanted.cut(found[wanted.skip :])
        await asyncio.sleep(0)


async def _pinned(storage: SpaceStorage, wanted: Selection) -> tuple[list[Row], str | None]:
    """Return a page of the pinned sessions, which are few."""
    documents: list[Document] = []
    page = await storage.query({"pinned": True}, limit=MAX_PINNED, collection=ACTIVITY)
    documents.extend(page.documents)
    while page.next is not None:
        page = await storage.query({"pinned": True}, None, MAX_PINNED, page.next, collection=ACTIVITY)
        documents.extend(page.documents)
    rows = [await _with_said(storage, document, wanted) for document in documents]
    return wanted.page([row for row in rows if row is not None])


async def _with_said(storage: SpaceStorage, document: Document, wanted: Selection) -> Row | None:
    """Return a session by what happens in it, None if it is not wanted (or is just being deleted)."""
    if not wanted.filters.want_activity(document.value):
        return None
    said = await storage.get(document.key)
    return _row(said, document.value) if said is not None and wanted.filters.want_said(said) else None


async def _with_activity(storage: SpaceStorage, document: Document, wanted: Selection) -> Row | None:
    """Return a session by what people say about it, None if it is not wanted (or is just being deleted)."""
    if not wanted.filters.want_said(document.value):
        return None
    activity = await storage.get(document.key, collection=ACTIVITY)
    return _row(document.value, activity) if activity is not None and wanted.filters.want_activity(activity) else None


def _row(said: Json, activity: Json) -> Row:
    shown = {field: said[field] for field in SHOWN_SAID if field in said}
    return shown | {field: activity[field] for field in SHOWN_ACTIVITY if field in activity}
