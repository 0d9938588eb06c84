"""One person's books: what their turns used lately, their budgets, and what of both is to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from atrium.contracts.usage import (
    EVERY_PROVIDER,
    Amounts,
    Budget,
    BudgetState,
    Period,
    ProviderUsage,
    QuotaState,
    TurnUsage,
)
from atrium.plugins.usage.calendar import day_of, next_start, written_time
from atrium.plugins.usage.documents import BUDGETS, PROVIDERS, added
from atrium.plugins.usage.errors import BudgetReached
from atrium.sdk import SpaceStorage
from atrium.sdk.clock import timestamp
from atrium.sdk.phrases import phrase


@dataclass(slots=True)
class Books:
    """What is needed at each turn, kept in memory; only this process writes it, one change after the other."""

    storage: SpaceStorage
    providers: dict[str, ProviderUsage] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    unsaved: set[str] = field(default_factory=set)
    """Providers whose limits are told and not stored yet."""
    tidied: str = ""
    """The day on which what is too old was last forgotten."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def load(cls, storage: SpaceStorage) -> Books:
        """Read the books of a space."""
        books = cls(storage)
        for key in await storage.list_keys(collection=PROVIDERS):
            books.providers[key] = ProviderUsage.model_validate(await storage.get(key, collection=PROVIDERS))
        for key in await storage.list_keys(collection=BUDGETS):
            books.budgets[key] = Budget.model_validate(await storage.get(key, collection=BUDGETS))
        return books

    def provider(self, provider_id: str, now: float) -> ProviderUsage:
        """Return a provider's page as it is today: what was before does not count any more."""
        day = day_of(now)
        known = self.providers.get(provider_id) or ProviderUsage(id=provider_id, day=day, month=day[:7])
        if known.day == day:
            return known
        turned: dict[str, object] = {"day": day, "today": Amounts()}
        if known.month != day[:7]:
            turned |= {"month": day[:7], "this_month": Amounts()}
        return known.model_copy(update=turned)

    def states(self, now: float, only: str | None = None) -> list[BudgetState]:
        """Return the budgets, or those that a provider's turns count for, and how much of each is used."""
        chosen = [one for one in self.budgets.values() if only is None or one.provider_id in (only, EVERY_PROVIDER)]
        return [self._state(budget, now) for budget in chosen]

    def check(self, provider_id: str, now: float) -> None:
        """Raise `BudgetReached` if a turn must not start."""
        if not self.budgets:
            return
        for state in self.states(now, provider_id):
            if state.used >= state.limit:
                raise BudgetReached(_said(state), retry_after=next_start(state.period, now) - now)

    def with_quota(self, provider_id: str, quota: QuotaState, now: float) -> QuotaState | None:
        """Take in one of a provider's limits; return what was known of it before."""
        page = self.provider(provider_id, now)
        before = next((one for one in page.quotas if one.name == quota.name), None)
        others = (one for one in page.quotas if one.name != quota.name)
        quotas = tuple(sorted((*others, quota), key=lambda one: one.name))
        self.providers[provider_id] = page.model_copy(update={"quotas": quotas})
        self.unsaved.add(provider_id)
        return before

    def stored(self, page: ProviderUsage) -> None:
        """Take in a provider's page that was stored; limits that were told meanwhile stay."""
        known = self.providers.get(page.id)
        if known is not None and known.quotas != page.quotas:
            page = page.model_copy(update={"quotas": known.quotas})
        elif page.id in self.unsaved:
            self.unsaved.remove(page.id)
        self.providers[page.id] = page

    def counted(self, turn: TurnUsage, before: TurnUsage | None, now: float) -> ProviderUsage:
        """Return a provider's page with what a turn used, less what was counted of that turn before."""
        page = self.provider(turn.provider_id, now)
        update: dict[str, object] = {}
        # A turn counts for the day on which it was first counted, which may be over.
        if turn.day == page.day:
            update["today"] = Amounts(**added(page.today, turn, before))
        if turn.day[:7] == page.month:
            update["this_month"] = Amounts(**added(page.this_month, turn, before))
        return page.model_copy(update=update)

    def _state(self, budget: Budget, now: float) -> BudgetState:
        ids: Iterable[str] = self.providers if budget.provider_id == EVERY_PROVIDER else (budget.provider_id,)
        pages = [self.provider(provider_id, now) for provider_id in ids]
        amounts = [page.today if budget.period == "day" else page.this_month for page in pages]
        if budget.unit == "cost":
            used = round(sum(one.cost for one in amounts), 12)
        else:
            used = float(sum(one.input_tokens + one.output_tokens for one in amounts))
        return BudgetState(**budget.model_dump(), used=used, resets_at=timestamp(next_start(budget.period, now)))


def written(amount: float, unit: str) -> str:
    """Return an amount as people read it."""
    return f"${amount:,.2f}" if unit == "cost" else f"{amount:,.0f} tokens"


def per(period: Period) -> str:
    """Return how often a budget begins anew, as people say it."""
    return "a day" if period == "day" else "a month"


def warning_of(state: BudgetState) -> str:
    """Return what the session tells when much of a budget is used."""
    used = f"{written(state.used, state.unit)} of {_named(state)} is used"
    return phrase(
        "usage.budget_warning",
        f"{used}; it begins anew at {written_time(state.resets_at)}.",
        used=state.used,
        limit=state.limit,
        unit=state.unit,
        period=state.period,
        provider=state.provider_id,
        at=state.resets_at,
    )


def limit_told(provider_id: str, state: QuotaState) -> str:
    """Return what the session tells when little of a provider's own limit is left."""
    until = f"; it is whole again at {written_time(state.resets_at)}" if state.resets_at else ""
    return phrase(
        "usage.limit_low",
        f"Of the limit {state.name} of {provider_id}, {state.remaining} of {state.limit} are left{until}.",
        limit=state.name,
        provider=provider_id,
        left=state.remaining,
        all=state.limit,
        at=state.resets_at or "",
    )


def _said(state: BudgetState) -> str:
    used = written(state.used, state.unit)
    return phrase(
        "usage.budget_reached",
        f"{_named(state)} is used up ({used}); it begins anew at {written_time(state.resets_at)}",
        used=state.used,
        limit=state.limit,
        unit=state.unit,
        period=state.period,
        provider=state.provider_id,
        at=state.resets_at,
    )


def _named(state: BudgetState) -> str:
    who = "all providers" if state.provider_id == EVERY_PROVIDER else state.provider_id
    return f"the budget of {written(state.limit, state.unit)} {per(state.period)} for {who}"
