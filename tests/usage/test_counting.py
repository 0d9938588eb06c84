"""What turns used is counted once, by provider, day and session, and is each person's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.contracts.usage import Amounts, QuotaWarned, TurnMeasured
from atrium.sdk import InvalidInput, NotFound, ProviderError
from atrium.sdk.providers import TurnRequest, Usage
from atrium.sdk.spi import StorageAdapter
from atrium.testing.clock import ManualClock
from tests.usage.till import ALICE, BOB, NOON, till

ONE = Amounts(turns=1, input_tokens=100, output_tokens=20, cached_tokens=50, cost=0.25)


@pytest.fixture(params=["memory", "sqlite"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> StorageAdapter:
    return MemoryStorageAdapter() if request.param == "memory" else SQLiteStorageAdapter(tmp_path / "atrium.db")


async def test_a_turn_is_counted_by_day_provider_and_session(adapter: StorageAdapter) -> None:
    async with till(adapter) as it:
        turn_id = await it.spend("100 20 50 0.25")
        report = await it.report()
        assert report.total == ONE
        [day] = report.days
        assert (day.day, day.provider_id, day.cost) == ("2027-01-15", "spender", 0.25)
        assert (report.first_day, report.last_day) == ("2026-12-17", "2027-01-15")
        [provider] = report.providers
        assert provider.today == provider.this_month == ONE
        session = await it.call("usage.session", ALICE, "session-1")
        assert session.input_tokens == 100
        [turn] = (await it.call("usage.turns", ALICE, session_id="session-1"))["data"]
        assert (turn["turnId"], turn["model"], turn["cost"]) == (turn_id, "m-1", 0.25)
        [*_, last] = it.heard(TurnMeasured)
        assert (last.turn_id, last.input_tokens, last.cost) == (turn_id, 100, 0.25)


async def test_what_is_told_again_is_counted_once(adapter: StorageAdapter) -> None:
    async with till(adapter) as it:
        await it.spend("100 20 50 0.25", turn="same")
        await it.spend("100 20 50 0.25", turn="same")
        assert (await it.report()).total == ONE


async def test_a_stop_and_a_start_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    async with till(SQLiteStorageAdapter(path)) as it:
        await it.spend("100 20 50 0.25", turn="same")
        await it.spend("limit tokens 100 40", turn="limit")
    async with till(SQLiteStorageAdapter(path)) as it:
        assert (await it.report()).total == ONE
        await it.spend("100 20 50 0.25", turn="same")
        await it.spend("100 20 50 0.25", turn="next")
        report = await it.report()
        assert (report.total.turns, report.total.cost) == (2, 0.5)
        [quota] = report.providers[0].quotas
        assert (quota.name, quota.limit, quota.remaining) == ("tokens", 100, 40)
        assert quota.resets_at == "2030-03-17T17:46:40.000Z"


async def test_a_turn_that_fails_counts_what_it_used() -> None:
    async with till() as it:
        with pytest.raises(ProviderError):
            await it.spend("fail 100 20 50 0.25")
        total = (await it.report()).total
        assert (total.turns, total.input_tokens, total.output_tokens) == (1, 100, 0)


async def test_a_turn_that_another_provider_takes_over_counts_at_both() -> None:
    async with till() as it:
        with pytest.raises(ProviderError):
            await it.spend("fail 100 20 50 0.25", turn="same")
        await it.spend("100 20 50 0.25", turn="same", provider="other")
        assert [day.provider_id for day in (await it.report()).days] == ["other", "spender"]


async def test_what_has_no_price_is_not_free() -> None:
    async with till() as it:
        await it.spend("free")
        total = (await it.report()).total
        assert (total.cost, total.unpriced, total.input_tokens) == (0.0, 1, 5)


@pytest.mark.parametrize("usage", [Usage(-5, -5, -1.0), Usage(1, 1, float("nan"), 99), Usage(10**30, 0, float("inf"))])
async def test_nonsense_of_a_provider_is_not_counted(usage: Usage) -> None:
    async with till() as it:
        [meter] = it.runtime.extensions.at("providers.meter")
        await meter.value.used("spender", TurnRequest("s", "t", "hi", by=ALICE), usage)
        total = (await it.report()).total
        assert 0 <= total.input_tokens <= 10**12
        assert (total.cost, total.unpriced) == (0.0, 1)
        assert total.cached_tokens <= total.input_tokens


async def test_days_and_months_end() -> None:
    clock = ManualClock(NOON + 16 * 86_400 + 11 * 3600)  # 2027-01-31, 23:00
    async with till(clock=clock) as it:
        await it.spend("100 20 50 0.25")
        clock.time += 7200
        await it.spend("100 20 50 0.25")
        report = await it.report()
        assert [day.day for day in report.days] == ["2027-01-31", "2027-02-01"]
        [provider] = report.providers
        assert provider.today == provider.this_month == ONE
        clock.time += 86_400
        [provider] = (await it.report()).providers
        assert (provider.today.turns, provider.this_month.turns) == (0, 1)
        assert (await it.report(days=1)).days == ()


async def test_a_turn_across_midnight_counts_for_the_day_it_began_and_once_for_the_month() -> None:
    clock = ManualClock(NOON + 12 * 3600 - 1)
    async with till(clock=clock) as it:
        [meter] = it.runtime.extensions.at("providers.meter")
        turn = TurnRequest("s", "t", "hi", by=ALICE)
        await meter.value.used("spender", turn, Usage(100, 0, 0.1))
        clock.time += 2
        await meter.value.used("spender", turn, Usage(100, 50, 0.3))
        report = await it.report()
        assert [(day.day, day.output_tokens) for day in report.days] == [("2027-01-15", 50)]
        [provider] = report.providers
        assert (provider.today.turns, provider.this_month.turns, provider.this_month.cost) == (0, 1, 0.3)


async def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    async with till(SQLiteStorageAdapter(path), history_days=32) as it:
        await it.spend("100 20 50 0.25")
    later = ManualClock(NOON + 40 * 86_400)
    async with till(SQLiteStorageAdapter(path), clock=later, history_days=32) as it:
        assert (await it.report(days=400)).days == ()
        assert (await it.call("usage.turns", ALICE))["data"] == []
        with pytest.raises(NotFound):
            await it.call("usage.session", ALICE, "session-1")


async def test_a_hub_that_never_stops_forgets_as_well() -> None:
    async with till(history_days=32) as it:
        await it.spend("100 20 50 0.25")
        it.clock.time += 40 * 86_400
        await it.spend("100 20 50 0.25")
        while len((await it.report(days=400)).days) > 1:  # noqa: ASYNC110  # forgotten in the background
            await asyncio.sleep(0)
        assert (await it.report(days=400)).total == ONE


async def test_everybody_sees_their_own() -> None:
    async with till() as it:
        await it.spend("100 20 50 0.25")
        assert (await it.report(BOB)).total == Amounts()
        with pytest.raises(NotFound):
            await it.call("usage.session", BOB, "session-1")
        await it.spend("1 1 0 0.5", by=BOB)
        assert (await it.report(ALICE)).total == ONE


async def test_many_turns_are_paged() -> None:
    async with till() as it:
        for number in range(5):
            it.clock.time += 1
            await it.spend(f"{number} 1 0 0.5")
        first = await it.call("usage.turns", ALICE, limit=3)
        second = await it.call("usage.turns", ALICE, limit=3, cursor=first["nextCursor"])
        assert [turn["inputTokens"] for turn in first["data"] + second["data"]] == [4, 3, 2, 1, 0]
        assert second["nextCursor"] is None


@pytest.mark.parametrize(("name", "wrong"), [("usage.report", {"days": 0}), ("usage.turns", {"limit": 501})])
async def test_what_is_asked_is_bounded(name: str, wrong: dict[str, int]) -> None:
    async with till() as it:
        with pytest.raises(InvalidInput) as refusal:
            await it.call(name, ALICE, **wrong)
        assert refusal.value.fields[0].field == next(iter(wrong))


async def test_a_limit_that_is_nearly_used_up_is_announced_once() -> None:
    async with till(quota_warning=0.25) as it:
        for remaining in (40, 20, 10, 90, 5):
            await it.spend(f"limit tokens 100 {remaining}")
        assert [warning.remaining for warning in it.heard(QuotaWarned)] == [20, 5]
        says = "20 of 100 are left; it is whole again at 2030-03-17 17:46 UTC."
        assert it.notes[0] == f"Of the limit tokens of spender, {says}"
        [provider] = (await it.report()).providers
        assert provider.quotas[0].remaining == 5


async def test_the_topic_follows() -> None:
    async with till() as it:
        before = (await it.runtime.storage.snapshot("usage", space=ALICE.space)).revision
        await it.spend("100 20 50 0.25")
        after = await it.runtime.storage.snapshot("usage", space=ALICE.space)
        assert after.revision > before
        assert [row["id"] for row in after.data] == ["spender"]
        await it.call("usage.set_budget", ALICE, "spender", "day", "cost", 1)
        assert (await it.runtime.storage.snapshot("usage", space=ALICE.space)).revision > after.revision
