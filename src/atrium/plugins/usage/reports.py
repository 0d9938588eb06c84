"""What was used, read for people; and forgotten after its time."""

from __future__ import annotations

from atrium.contracts.usage import Amounts, DayUsage, SessionUsage, TurnUsage, UsageReport
from atrium.plugins.usage.books import Books
from atrium.plugins.usage.calendar import DAY_SECONDS, day_of
from atrium.plugins.usage.documents import DAYS, PAGE, SESSIONS, TURNS, added
from atrium.sdk import NotFound, SpaceStorage
from atrium.sdk.clock import timestamp


async def report(books: Books, days: int, now: float) -> UsageReport:
    """Return what was used in the last days, today included."""
    first, last = day_of(now - (days - 1) * DAY_SECONDS), day_of(now)
    found = await _days_since(books.storage, first)
    total = Amounts()
    for day in found:
        total = Amounts(**added(total, day))
    return UsageReport(
        first_day=first,
        last_day=last,
        total=total,
        days=tuple(found),
        providers=tuple(books.provider(provider_id, now) for provider_id in sorted(books.providers)),
        budgets=tuple(sorted(books.states(now), key=lambda one: one.id)),
    )


async def turns(
    storage: SpaceStorage, session_id: str | None, limit: int, cursor: str | None
) -> tuple[list[TurnUsage], str | None]:
    """Return a page of what single turns used, the last one first, and the cursor of the page after it."""
    where = None if session_id is None else {"sessionId": session_id}
    page = await storage.query(where, "-at", limit, cursor, collection=TURNS)
    return [TurnUsage.model_validate(document.value) for document in page.documents], page.next


async def session(storage: SpaceStorage, session_id: str) -> SessionUsage:
    """Return what a session used; `NotFound` if nothing was counted for it."""
    value = await storage.get(session_id, collection=SESSIONS)
    if value is None:
        raise NotFound(f"nothing was used in a session {session_id}")
    return SessionUsage.model_validate(value)


async def prune(storage: SpaceStorage, before: float) -> None:
    """Forget what was used before a time, in seconds since 1970."""
    for collection, field, limit in (
        (TURNS, "at", timestamp(before)),
        (SESSIONS, "updatedAt", timestamp(before)),
        (DAYS, "day", day_of(before)),
    ):
        await _forget(storage, collection, field, limit)


async def _forget(storage: SpaceStorage, collection: str, field: str, limit: str) -> None:
    while True:
        page = await storage.query(None, field, PAGE, collection=collection)
        old = [document.key for document in page.documents if document.value[field] < limit]
        async with storage.batch() as batch:
            for key in old:
                batch.delete(key, collection=collection)
        if len(old) < PAGE:
            return


async def _days_since(storage: SpaceStorage, first: str) -> list[DayUsage]:
    """Return the days from the first on, oldest first; the index goes backwards, so older ones are not read."""
    found: list[DayUsage] = []
    after: str | None = None
    while True:
        page = await storage.query(None, "-day", PAGE, after, collection=DAYS)
        days = [DayUsage.model_validate(document.value) for document in page.documents]
        found += [day for day in days if day.day >= first]
        after = page.next
        if after is None or days[-1].day < first:
            return sorted(found, key=lambda day: (day.day, day.provider_id))
