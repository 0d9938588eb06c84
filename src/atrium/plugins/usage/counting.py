"""Counting: what a turn used is stored once, together with all sums it is part of."""

from __future__ import annotations

from collections.abc import Sequence

from atrium.contracts.usage import (
    Amounts,
    BudgetState,
    BudgetWarned,
    DayUsage,
    QuotaState,
    QuotaWarned,
    SessionUsage,
    TurnMeasured,
    TurnUsage,
)
from atrium.plugins.usage.books import Books, limit_told, warning_of
from atrium.plugins.usage.calendar import DAY_SECONDS, day_of, stamp_of
from atrium.plugins.usage.config import UsageConfig
from atrium.plugins.usage.documents import DAYS, PROVIDERS, SESSIONS, TURNS, added, as_json, day_key, turn_key
from atrium.plugins.usage.reports import prune
from atrium.sdk import ABSENT, Batch, Context, Document, SpaceStorage
from atrium.sdk.clock import timestamp
from atrium.sdk.crash_points import crash_point
from atrium.sdk.providers import Note, Quota, TurnRequest, Usage
from atrium.sdk.storage import SYSTEM

SAVE_SECONDS = 2.0
"""How long a provider's limits may be known and not stored, where no turn's end stores them first."""


class Accountant:
    """The hub's `Meter`: keeps the books of everybody."""

    def __init__(self, context: Context, config: UsageConfig) -> None:
        self._context = context
        self._config = config
        self._books: dict[str, Books] = {}

    async def books(self, space: str) -> Books:
        """Return the books of a space, read once."""
        books = self._books.get(space)
        if books is None:
            loaded = await Books.load(self._context.storage.of(space))
            books = self._books.setdefault(space, loaded)
        return books

    async def admit(self, provider_id: str, turn: TurnRequest) -> None:
        """Raise `BudgetReached` if a budget of the person is used up."""
        books = self._books.get(_space(turn)) or await self.books(_space(turn))
        books.check(provider_id, self._context.clock.now())

    async def used(self, provider_id: str, turn: TurnRequest, usage: Usage) -> Sequence[Note]:
        """Count what a turn has used so far; what was counted of it before is replaced. Return what to warn of."""
        books = await self.books(_space(turn))
        self._tidy(books)
        async with books.lock:
            return await self._count(books, provider_id, turn, usage)

    async def _count(self, books: Books, provider_id: str, turn: TurnRequest, usage: Usage) -> list[Note]:
        now, key = self._context.clock.now(), turn_key(turn.turn_id, provider_id)
        found = await books.storage.find(key, collection=TURNS)
        before = None if found is None else TurnUsage.model_validate(found.value)
        counted = _counted(key, provider_id, turn, usage, before, now)
        if before is not None and counted == before:
            return []
        budgets = books.states(now, provider_id)
        page = books.counted(counted, before, now)
        crash_point("usage.counting")
        async with books.storage.batch() as batch:
            _store_turn(batch, counted, found)
            batch.set(provider_id, as_json(page), collection=PROVIDERS)
            await self._add_to_sums(books, batch, counted, before)
        crash_point("usage.counted")
        books.stored(page)
        return self._tell(books, counted, usage, budgets, now)

    def _tidy(self, books: Books) -> None:
        """Forget what is too old, once a day: a hub may run for years."""
        now = self._context.clock.now()
        if books.tidied != day_of(now):
            books.tidied = day_of(now)
            _ = self._context.spawn(self._forget(books), "forget what is too old")

    async def _forget(self, books: Books) -> None:
        async with books.lock:  # a session that is old may be used again just now
            await self.forget(books.storage)

    async def forget(self, storage: SpaceStorage) -> None:
        """Forget what was used longer ago than the settings say."""
        await prune(storage, self._context.clock.now() - self._config.history_days * DAY_SECONDS)

    async def _add_to_sums(self, books: Books, batch: Batch, counted: TurnUsage, before: TurnUsage | None) -> None:
        storage, place = books.storage, day_key(counted.day, counted.provider_id)
        value = await storage.get(place, collection=DAYS)
        start = DayUsage(day=counted.day, provider_id=counted.provider_id)
        day = start if value is None else DayUsage.model_validate(value)
        batch.set(place, as_json(day.model_copy(update=added(day, counted, before))), collection=DAYS)
        value = await storage.get(counted.session_id, collection=SESSIONS)
        fresh = SessionUsage(session_id=counted.session_id, updated_at=counted.at)
        session = fresh if value is None else SessionUsage.model_validate(value)
        session = session.model_copy(update=added(session, counted, before) | {"updated_at": counted.at})
        batch.set(counted.session_id, as_json(session), collection=SESSIONS)

    def _tell(
        self, books: Books, counted: TurnUsage, usage: Usage, before: Sequence[BudgetState], now: float
    ) -> list[Note]:
        space, notes = books.storage.space, []
        measured = counted.model_dump(include=set(TurnMeasured.model_fields) - {"space", "cost"})
        self._context.events.emit(TurnMeasured(space=space, cost=usage.cost, **measured))
        used = {one.id: one.used for one in before}
        for state in books.states(now, counted.provider_id):
            steps = [share * state.limit for share in self._config.warn_at]
            if any(used.get(state.id, 0.0) < step <= state.used for step in steps):
                fields = state.model_dump(include={"provider_id", "period", "unit", "limit", "used"})
                self._context.events.emit(BudgetWarned(space=space, stream=_stream(counted.session_id), **fields))
                notes.append(Note(warning_of(state)))
        return notes

    async def limited(self, provider_id: str, turn: TurnRequest, quota: Quota) -> Sequence[Note]:
        """Take in what a provider tells of its limits; stored with what the turn uses, or soon."""
        books, now = await self.books(_space(turn)), self._context.clock.now()
        state = QuotaState(
            name=quota.name,
            limit=quota.limit,
            remaining=quota.remaining,
            resets_at=stamp_of(quota.resets_at),
            at=timestamp(now),
        )
        if not books.unsaved:
            _ = self._context.spawn(self._save_soon(books), "store what is left of limits")
        before = books.with_quota(provider_id, state, now)
        if not self._is_low(state) or (before is not None and self._is_low(before)):
            return []
        fields = state.model_dump(exclude={"at"})
        stream, space = _stream(turn.session_id), books.storage.space
        self._context.events.emit(QuotaWarned(space=space, stream=stream, provider_id=provider_id, **fields))
        return [Note(limit_told(provider_id, state))]

    async def close(self) -> None:
        """Store what is known and not stored."""
        for books in self._books.values():
            await self.save(books)

    async def _save_soon(self, books: Books) -> None:
        await self._context.clock.sleep(SAVE_SECONDS)
        await self.save(books)

    async def save(self, books: Books) -> None:
        """Store what providers have told of their limits and no turn has stored."""
        async with books.lock:
            if books.unsaved:
                async with books.storage.batch() as batch:
                    for provider_id in books.unsaved:
                        batch.set(provider_id, as_json(books.providers[provider_id]), collection=PROVIDERS)
                books.unsaved.clear()

    def _is_low(self, quota: QuotaState) -> bool:
        return quota.limit > 0 and quota.remaining <= quota.limit * self._config.quota_warning


def _space(turn: TurnRequest) -> str:
    return turn.by.space if turn.by is not None else SYSTEM


def _stream(session_id: str) -> str:
    return f"sessions/{session_id}"


def _counted(
    key: str, provider_id: str, turn: TurnRequest, usage: Usage, before: TurnUsage | None, now: float
) -> TurnUsage:
    return TurnUsage(
        id=key,
        session_id=turn.session_id,
        turn_id=turn.turn_id,
        provider_id=provider_id,
        model=usage.model,
        day=day_of(now) if before is None else before.day,
        at=timestamp(now) if before is None else before.at,
        **_amounts(usage).model_dump(),
    )


def _amounts(usage: Usage) -> Amounts:
    """Return what a provider told, fit to be counted: nobody can use less than nothing."""
    cost = usage.cost if usage.cost is not None and 0 <= usage.cost < 1e9 else None
    return Amounts(
        turns=1,
        input_tokens=_whole(usage.input_tokens),
        output_tokens=_whole(usage.output_tokens),
        cached_tokens=min(_whole(usage.cached_tokens), _whole(usage.input_tokens)),
        cost=round(cost or 0.0, 12),
        unpriced=int(cost is None),
    )


def _whole(tokens: int) -> int:
    return min(max(0, int(tokens)), 10**12)


def _store_turn(batch: Batch, counted: TurnUsage, found: Document | None) -> None:
    batch.require(counted.id, ABSENT if found is None else found.revision, collection=TURNS)
    batch.set(counted.id, as_json(counted), collection=TURNS)
