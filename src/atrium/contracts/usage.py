"""What the `usage` plugin says and stores: what turns used, by provider, day and session, limits, and budgets."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from atrium.contracts.base import Model
from atrium.contracts.events import Event

Period = Literal["day", "month"]
Unit = Literal["cost", "tokens"]

EVERY_PROVIDER = "*"
"""What a budget for all providers together names."""


class Amounts(Model):
    """What some turns used together; `cost` in US dollars, `unpriced` how many of them nobody has a price for."""

    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


class TurnUsage(Amounts):
    """What one turn used at one provider, once, however often it was told."""

    id: str
    session_id: str
    turn_id: str
    provider_id: str
    model: str | None = None
    day: str
    at: str


class DayUsage(Amounts):
    """What one provider was used for on one day, `YYYY-MM-DD` in UTC."""

    day: str
    provider_id: str


class SessionUsage(Amounts):
    """What one session used."""

    session_id: str
    updated_at: str


class QuotaState(Model):
    """One of a provider's own limits, as it told last."""

    name: str
    limit: int
    remaining: int
    resets_at: str | None = None
    at: str


class ProviderUsage(Model):
    """What one provider was used for on its last day and in its last month, and how much of its limits is left."""

    id: str
    day: str
    month: str
    today: Amounts = Amounts()
    this_month: Amounts = Amounts()
    quotas: tuple[QuotaState, ...] = ()


class Budget(Model):
    """How much a person lets a provider (or `*`: all together) use in a day or a month."""

    id: str
    provider_id: str
    period: Period
    unit: Unit
    limit: float = Field(gt=0, le=1e15)


class BudgetState(Budget):
    """A budget and how much of it is used; it begins anew at `resets_at`."""

    used: float
    resets_at: str


class UsageReport(Model):
    """What was used from day to day, the latest last, and what that makes together."""

    first_day: str
    last_day: str
    total: Amounts
    days: tuple[DayUsage, ...]
    providers: tuple[ProviderUsage, ...]
    budgets: tuple[BudgetState, ...]


class TurnMeasured(Event):
    """What a turn used was counted: the one event for that, whatever the provider."""

    type: ClassVar[str] = "usage.turn.measured.v1"

    space: str
    session_id: str
    turn_id: str
    provider_id: str
    model: str | None = None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None = None


class BudgetWarned(Event):
    """A share of a budget is used up: of `limit`, `used`."""

    type: ClassVar[str] = "usage.budget.warned.v1"

    space: str
    stream: str
    event: Literal["usage:budget_warning"] = "usage:budget_warning"
    provider_id: str
    period: Period
    unit: Unit
    limit: float
    used: float


class QuotaWarned(Event):
    """Little is left of one of a provider's own limits."""

    type: ClassVar[str] = "usage.quota.warned.v1"

    space: str
    stream: str
    event: Literal["provider:quota_warning"] = "provider:quota_warning"
    provider_id: str
    name: str
    limit: int
    remaining: int
    resets_at: str | None = None
