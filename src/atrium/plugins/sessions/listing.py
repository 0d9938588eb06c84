"""Lists of sessions: filtered, sorted, and paged over one consistent snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from atrium.contracts.sessions import SessionStatus
from atrium.plugins.sessions.documents import ACTIVITY, as_session
from atrium.plugins.sessions.inputs import invalid, offset, page_limit
from atrium.sdk import Json, Resource, SpaceStorage, cursors

SORTS = ("createdAt", "-createdAt", "updatedAt", "-updatedAt", "title")

_OVERVIEW = 100
_STATUSES = get_args(SessionStatus)

Row = dict[str, Any]
Position = tuple[str, str]
"""Where a row stands in the order: its sort value and its id."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which sessions to list, in which order, and which page of them."""

    limit: int
    sort: str
    after: Position | None
    skip: int
    status: str | None
    tag: str | None
    provider_id: str | None

    def wants(self, row: Row) -> bool:
        """Tell whether the filters let a session through."""
        return (
            (self.status is None or row["status"] == self.status)
            and (self.provider_id is None or row["providerId"] == self.provider_id)
            and (self.tag is None or self.tag in row["metadata"]["tags"])
        )

    def position(self, row: Row) -> Position:
        """Return where a session stands in the order."""
        field = self.sort.removeprefix("-")
        return (row["metadata"]["title"].casefold() if field == "title" else row[field]), row["id"]

    def page(self, rows: list[Row]) -> tuple[list[Row], str | None]:
        """Return the page, and the cursor of the page after it, None at the end."""
        descending = self.sort.startswith("-")
        ordered = sorted(filter(self.wants, rows), key=self.position, reverse=descending)
        if self.after is not None:
            after = self.after
            ordered = [
                row for row in ordered if (self.position(row) < after if descending else self.position(row) > after)
            ]
        page = ordered[self.skip : self.skip + self.limit]
        more = len(ordered) > self.skip + self.limit
        return page, encode_cursor(self.sort, self.position(page[-1])) if more else None


def selection(
    *,
    limit: object = None,
    cursor: str | None = None,
    skip: object = None,
    sort: str | None = None,
    status: str | None = None,
    tag: str | None = None,
    provider_id: str | None = None,
) -> Selection:
    """Return what a request asks for, checked."""
    sort = "-updatedAt" if sort is None else sort
    if sort not in SORTS:
        raise invalid("sort", f"give one of {', '.join(SORTS)}")
    if status is not None and status not in _STATUSES:
        raise invalid("status", f"give one of {', '.join(_STATUSES)}")
    after = None if cursor is None else decode_cursor(sort, cursor)
    skipped = 0 if skip is None else offset("offset", skip)
    return Selection(page_limit(limit), sort, after, skipped, status, tag, provider_id)


async def page_of_sessions(storage: SpaceStorage, wanted: Selection) -> Resource:
    """Return a page of sessions, with the revision of the list it was taken from."""
    snapshot = await storage.snapshot("sessions")
    rows, following = wanted.page(snapshot.data)
    return Resource(snapshot.revision, [as_wire(row) for row in rows], {"nextCursor": following})


async def get_session(storage: SpaceStorage, session_id: str) -> Resource:
    """Return one session; `NotFound` if there is none."""
    snapshot = await storage.snapshot(f"sessions/{session_id}")
    return Resource(snapshot.revision, as_wire(snapshot.data))


def as_wire(row: Json) -> dict[str, Any]:
    """Return a session as clients see it."""
    return as_session(row).model_dump(mode="json", by_alias=True)


def encode_cursor(sort: str, position: Position) -> str:
    """Return a position as an opaque cursor that is good for this order only."""
    return cursors.encode_cursor([sort, *position])


def decode_cursor(sort: str, cursor: str) -> Position:
    """Return the position a cursor stands for."""
    made_for, value, session_id = cursors.decode_cursor(cursor, 3)
    if made_for != sort or not isinstance(value, str) or not isinstance(session_id, str):
        raise invalid("cursor", f"it was not made for a list sorted by {sort}: give the nextCursor of an earlier page")
    return value, session_id


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
