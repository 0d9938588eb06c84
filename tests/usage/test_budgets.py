"""Budgets stop a turn before it starts, and warn before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.contracts.usage import BudgetWarned
from atrium.plugins.usage.errors import BudgetReached
from atrium.sdk import InvalidInput, NotFound
from tests.usage.spender import Spending
from tests.usage.till import ALICE, BOB, Till, till


async def set_budget(it: Till, provider: str, period: str, unit: str, limit: float) -> Any:
    return await it.call("usage.set_budget", ALICE, provider, period, unit, limit)


async def test_a_budget_stops_the_next_turn_until_it_begins_anew() -> None:
    async with till() as it:
        state = await set_budget(it, "spender", "day", "cost", 0.5)
        assert (state.id, state.used, state.resets_at) == ("spender/day", 0.0, "2027-01-16T00:00:00.000Z")
        await it.spend("1 1 0 0.2")
        await it.spend("1 1 0 0.4")
        with pytest.raises(BudgetReached) as refusal:
            await it.spend("1 1 0 0.2")
        says = "the budget of $0.50 a day for spender is used up ($0.60); it begins anew at 2027-01-16 00:00 UTC"
        assert refusal.value.detail == says
        assert refusal.value.retry_after == 12 * 3600
        assert [action.id for action in refusal.value.actions] == ["change_budget", "switch_provider", "retry"]
        plugin = it.runtime.plugin_manager.plugin("spending")
        assert isinstance(plugin, Spending)
        assert plugin.spenders["spender"].asked == 2, "the provider is not even asked"
        await it.spend("1 1 0 0.2", provider="other")
        await it.spend("1 1 0 0.2", by=BOB)
        it.clock.time += 86_400
        await it.spend("1 1 0 0.2")


async def test_a_budget_of_tokens_for_all_providers_together() -> None:
    async with till() as it:
        await set_budget(it, "*", "month", "tokens", 100)
        await it.spend("40 20 0 0.2")
        await it.spend("40 20 0 0.2", provider="other")
        with pytest.raises(BudgetReached, match=r"100 tokens a month for all providers is used up \(120 tokens\)"):
            await it.spend("1 1 0 0.2")
        [state] = (await it.report()).budgets
        assert (state.used, state.resets_at) == (120.0, "2027-02-01T00:00:00.000Z")


async def test_a_budget_outlives_a_stop_and_can_be_raised_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    async with till(SQLiteStorageAdapter(path)) as it:
        await set_budget(it, "spender", "day", "cost", 0.1)
        await it.spend("1 1 0 0.2")
    async with till(SQLiteStorageAdapter(path)) as it:
        with pytest.raises(BudgetReached):
            await it.spend("1 1 0 0.2")
        await set_budget(it, "spender", "day", "cost", 0.3)
        await it.spend("1 1 0 0.2")
        with pytest.raises(BudgetReached):
            await it.spend("1 1 0 0.2")
        await it.call("usage.remove_budget", ALICE, "spender", "day")
        await it.spend("1 1 0 0.2")
        with pytest.raises(NotFound):
            await it.call("usage.remove_budget", ALICE, "spender", "day")


async def test_each_threshold_is_announced_once() -> None:
    async with till(warn_at=(0.5, 1.0)) as it:
        await set_budget(it, "spender", "day", "cost", 1)
        for cost in ("0.4", "0.2", "0.2", "0.3"):
            await it.spend(f"1 1 0 {cost}")
        assert [warning.used for warning in it.heard(BudgetWarned)] == [pytest.approx(0.6), pytest.approx(1.1)]
        assert it.notes == [
            f"{used} of the budget of $1.00 a day for spender is used; it begins anew at 2027-01-16 00:00 UTC."
            for used in ("$0.60", "$1.10")
        ]
        [first, _] = it.heard(BudgetWarned)
        assert (first.event, first.provider_id, first.limit) == ("usage:budget_warning", "spender", 1)


@pytest.mark.parametrize(
    ("provider", "limit", "field"), [("nobody", 1, "providerId"), ("spender", 0, "limit"), ("spender", -1, "limit")]
)
async def test_a_budget_that_cannot_be_is_refused(provider: str, limit: float, field: str) -> None:
    async with till() as it:
        with pytest.raises(InvalidInput) as refusal:
            await set_budget(it, provider, "day", "cost", limit)
        assert refusal.value.fields[0].field == field
        assert (await it.report()).budgets == ()
