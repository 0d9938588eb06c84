"""What is stored of what was used, in the space of the person whose turns it were."""

from __future__ import annotations

from typing import Any

from atrium.contracts.base import Model
from atrium.contracts.usage import Amounts, Period
from atrium.sdk import Index, Topic

TURNS = "turns"
DAYS = "days"
SESSIONS = "sessions"
PROVIDERS = "providers"
BUDGETS = "budgets"

PAGE = 500
"""How many documents one step of work over many of them handles."""

TOPICS = (
    # The providers, whatever the past; a budget that changes tells as well that `GET /usage` has something new.
    Topic("usage", collection=PROVIDERS),
    Topic("usage", collection=BUDGETS),
)

INDEXES = (
    Index(("at",), collection=TURNS),
    Index(("sessionId", "at"), collection=TURNS),
    Index(("day", "providerId"), collection=DAYS),
    Index(("updatedAt",), collection=SESSIONS),
)

_COUNTED = ("turns", "input_tokens", "output_tokens", "cached_tokens", "unpriced")


def as_json(record: Model) -> dict[str, Any]:
    """Return a record as it is stored and sent."""
    return record.model_dump(mode="json", by_alias=True)


def turn_key(turn_id: str, provider_id: str) -> str:
    """Return where a turn's usage stands: a turn that another provider takes over has one for each."""
    return f"{turn_id}/{provider_id}"


def day_key(day: str, provider_id: str) -> str:
    """Return where a provider's day stands."""
    return f"{day}/{provider_id}"


def budget_key(provider_id: str, period: Period) -> str:
    """Return where a budget stands."""
    return f"{provider_id}/{period}"


def added(amounts: Amounts, more: Amounts, less: Amounts | None = None) -> dict[str, Any]:
    """Return the fields of amounts with more of them, without what was counted of the same before."""
    less = less or Amounts()
    fields: dict[str, Any] = {
        name: max(0, getattr(amounts, name) + getattr(more, name) - getattr(less, name)) for name in _COUNTED
    }
    # Sums of many small numbers: a picodollar is near enough, and 0.1 + 0.2 stays 0.3.
    return fields | {"cost": max(0.0, round(amounts.cost + more.cost - less.cost, 12))}
