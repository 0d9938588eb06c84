"""What is told twice, in between, or wrongly: the books stay right."""

from __future__ import annotations

import pytest

from atrium.contracts.usage import ProviderUsage, QuotaState
from atrium.plugins.usage import Usages
from atrium.plugins.usage.calendar import stamp_of
from atrium.sdk import Unavailable
from atrium.sdk.providers import Quota, TurnRequest, Usage
from tests.usage.till import ALICE, NOON, till


def test_a_moment_that_cannot_be_is_none() -> None:
    assert stamp_of(None) is None
    assert [stamp_of(wrong) for wrong in (float("nan"), float("inf"), 1e20)] == [None] * 3
    assert stamp_of(NOON) == "2027-01-15T12:00:00.000Z"


async def test_the_same_told_twice_is_stored_once() -> None:
    async with till() as it:
        [meter] = it.runtime.extensions.at("providers.meter")
        turn = TurnRequest("s", "t", "hi", by=ALICE)
        await meter.value.used("spender", turn, Usage(100, 0, 0.1))
        before = (await it.runtime.storage.snapshot("usage", space=ALICE.space)).revision
        assert await meter.value.used("spender", turn, Usage(100, 0, 0.1)) == []
        assert (await it.runtime.storage.snapshot("usage", space=ALICE.space)).revision == before


async def test_limits_that_are_told_one_after_the_other_are_all_kept() -> None:
    async with till() as it:
        [meter] = it.runtime.extensions.at("providers.meter")
        turn = TurnRequest("s", "t", "hi", by=ALICE)
        for name in ("tokens", "requests"):
            await meter.value.limited("spender", turn, Quota(name, 100, 90))
        await meter.value.used("spender", turn, Usage(1, 1, 0.1))
        [provider] = (await it.report()).providers
        assert [quota.name for quota in provider.quotas] == ["requests", "tokens"]


async def test_a_limit_that_is_told_while_a_turn_is_stored_is_not_lost() -> None:
    async with till() as it:
        [meter] = it.runtime.extensions.at("providers.meter")
        books = await meter.value.books(ALICE.space)
        told = QuotaState(name="tokens", limit=100, remaining=5, at="2027-01-15T12:00:00.000Z")
        page = ProviderUsage(id="spender", day="2027-01-15", month="2027-01")
        books.with_quota("spender", told, NOON)
        books.stored(page)
        assert books.providers["spender"].quotas == (told,)
        assert books.unsaved == {"spender"}, "it is still to be stored"
        books.stored(page.model_copy(update={"quotas": (told,)}))
        assert books.unsaved == set()


async def test_usage_that_does_not_run_says_so() -> None:
    plugin = Usages()
    await plugin.stop()
    with pytest.raises(Unavailable, match="when the hub has started it"):
        _ = plugin.accountant
