"""Which sessions a list shows: filters, an order, and one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from atrium.contracts.sessions import SessionStatus
from atrium.plugins.sessions import inputs
from atrium.sdk import Json, cursors
from atrium.sdk.inputs import invalid

SORTS = ("createdAt", "-createdAt", "updatedAt", "-updatedAt", "title")

_STATUSES = get_args(SessionStatus)

Row = dict[str, Any]
"""A session as its topic shows it."""

Position = tuple[str, str]
"""Where a row stands in the order: its sort value and its id."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sessions to list; what is None, or no words, lets everything through."""

    status: str | None = None
    tag: str | None = None
    provider_id: str | None = None
    words: tuple[str, ...] = ()
    pinned: bool | None = None
    unread: bool | None = None

    def want(self, row: Row) -> bool:
        """Tell whether a session is let through."""
        return self.want_said(row) and self.want_activity(row)

    def want_said(self, said: Json) -> bool:
        """Tell whether what people say about a session is let through."""
        if self.provider_id not in {None, said["providerId"]}:
            return False
        metadata = said["metadata"]
        return self.tag in {None, *metadata["tags"]} and self._find_words(metadata)

    def want_activity(self, activity: Json) -> bool:
        """Tell whether what happens in a session is let through."""
        return (
            self.status in {None, activity["status"]}
            and self.pinned in {None, activity.get("pinned", False)}
            and self.unread in {None, activity.get("unread", 0) > 0}
        )

    def _find_words(self, metadata: Json) -> bool:
        if not self.words:
            return True
        texts = [text.casefold() for text in (metadata["title"], *metadata["tags"])]
        return all(any(word in text for text in texts) for word in self.words)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which sessions to list, in which order, and which page of them."""

    filters: Filters
    limit: int
    sort: str
    after: Position | None
    skip: int

    @property
    def field(self) -> str:
        """Return the field that the order is by."""
        return self.sort.removeprefix("-")

    def position(self, row: Row) -> Position:
        """Return where a session stands in the order."""
        return (row["metadata"]["title"].casefold() if self.field == "title" else row[self.field]), row["id"]

    def page(self, rows: list[Row]) -> tuple[list[Row], str | None]:
        """Return the page of these rows, and the cursor of the page after it, None at the end."""
        descending = self.sort.startswith("-")
        ordered = sorted(filter(self.filters.want, rows), key=self.position, reverse=descending)
        if self.after is not None:
            after = self.after
            ordered = [
                row for row in ordered if (self.position(row) < after if descending else self.position(row) > after)
            ]
        return self.cut(ordered[self.skip :])

    def cut(self, rows: list[Row]) -> tuple[list[Row], str | None]:
        """Return the first of these rows, which are in order, and the cursor of those that are left."""
        page = rows[: self.limit]
        return page, encode_cursor(self.sort, self.position(page[-1])) if len(rows) > self.limit else None


def filters(
    *,
    status: str | None = None,
    tag: str | None = None,
    provider_id: str | None = None,
    q: object = None,
    pinned: bool | None = None,
    unread: bool | None = None,
) -> Filters:
    """Return the filters of a request, checked."""
    if status is not None and status not in _STATUSES:
        raise invalid("status", f"give one of {', '.join(_STATUSES)}")
    return Filters(status, tag, provider_id, inputs.words(q), pinned, unread)


def selection(
    wanted: Filters,
    *,
    limit: object = None,
    cursor: str | None = None,
    skip: object = None,
    sort: str | None = None,
) -> Selection:
    """Return what a request asks for, checked."""
    sort = "-updatedAt" if sort is None else sort
    if sort not in SORTS:
        raise invalid("sort", f"give one of {', '.join(SORTS)}")
    after = None if cursor is None else decode_cursor(sort, cursor)
    return Selection(
        wanted, inputs.page_limit(limit), sort, after, 0 if skip is None else inputs.offset("offset", skip)
    )


def encode_cursor(sort: str, position: Position) -> str:
    """Return a position as an opaque cursor that is good for this order only."""
    return cursors.encode_cursor([sort, *position])


def decode_cursor(sort: str, cursor: str) -> Position:
    """Return the position a cursor stands for."""
    made_for, value, session_id = cursors.decode_cursor(cursor, 3)
    if made_for != sort or not isinstance(value, str) or not isinstance(session_id, str):
        wrong = f"it was not made for a list sorted by {sort}: give the nextCursor of an earlier page"
        raise invalid("cursor", wrong)
    return value, session_id
