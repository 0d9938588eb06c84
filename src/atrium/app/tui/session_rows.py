"""Sessions as rows of a list: found by what they are called, grouped by day, told in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from atrium.app.text import shortened
from atrium.app.tui.words import Words
from atrium.contracts.sessions import Session


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; `state` is what goes on, empty when nothing does."""

    session_id: str
    title: str
    state: str
    time: str


@dataclass(frozen=True, slots=True)
class Day:
    """Rows of one day, under its name."""

    name: str
    rows: tuple[Row, ...]


def title_of(session: Session, words: Words) -> str:
    """Return what a session is called, in one harmless line."""
    title = shortened(session.metadata.title, 200) or words.untitled
    return title if session.forked_from is None else words.copied.format(title=title)


def found(sessions: Iterable[Session], wanted: str) -> list[Session]:
    """Return the sessions that have every wanted word in title, tags or provider; the last used first."""
    needles = wanted.casefold().split()
    kept = [one for one in sessions if all(needle in _searched(one) for needle in needles)]
    return sorted(kept, key=lambda one: (one.updated_at, one.id), reverse=True)


def days(sessions: Sequence[Session], now: datetime, words: Words) -> Iterator[Day]:
    """Group sessions, the last used first, by the day they were last used, in the time zone of `now`."""
    rows: list[Row] = []
    day: date | None = None
    for session in sessions:
        used = datetime.fromisoformat(session.updated_at).astimezone(now.tzinfo)
        if used.date() != day and rows and day is not None:
            yield Day(day_name(day, now.date(), words), tuple(rows))
            rows = []
        day = used.date()
        rows.append(Row(session.id, title_of(session, words), state_of(session, words), f"{used:%H:%M}"))
    if rows and day is not None:
        yield Day(day_name(day, now.date(), words), tuple(rows))


def day_name(day: date, today: date, words: Words) -> str:
    """Return what people call a day."""
    if day == today:
        return words.today
    if day == today - timedelta(days=1):
        return words.yesterday
    named = f"{day.day} {words.months.split()[day.month - 1]}"
    return named if day.year == today.year else f"{named} {day.year}"


def state_of(session: Session, words: Words) -> str:
    """Say in a word what goes on in a session; empty when nothing does."""
    told = {"running": words.running, "queued": words.queued, "interrupted": words.interrupted}
    if session.turn is not None and session.turn.status in told:
        return told[session.turn.status]
    if session.queued:
        return words.queued
    return words.stopped if session.status == "stopped" else ""


def _searched(session: Session) -> str:
    return " ".join((session.metadata.title, *session.metadata.tags, session.provider_id)).casefold()
