"""What agents tell of usage, as they really do, in the hub's terms."""

from __future__ import annotations

from typing import Any

import pytest

from atrium.adapters.providers.acp_usage import Spending
from atrium.sdk.providers import Quota, Usage

CLAUDE = {"inputTokens": 50, "outputTokens": 84, "cachedReadTokens": 30, "cachedWriteTokens": 20, "totalTokens": 184}
CODEX = {"totalTokens": 240, "inputTokens": 180, "cachedReadTokens": 20, "cachedWriteTokens": 0, "outputTokens": 40}
INSIDE = {"totalTokens": 220, "inputTokens": 180, "cachedReadTokens": 20, "outputTokens": 40}
GEMINI = {"quota": {"token_count": {"input_tokens": 22, "output_tokens": 14}, "model_usage": [{"model": "gemini"}]}}


@pytest.mark.parametrize(
    ("result", "usage"),
    [
        ({"usage": CLAUDE}, Usage(100, 84, None, 30)),
        ({"usage": CODEX}, Usage(200, 40, None, 20)),
        ({"usage": INSIDE}, Usage(180, 40, None, 20)),
        ({"usage": {"inputTokens": 10, "outputTokens": 5}}, Usage(10, 5)),
        ({"_meta": GEMINI}, Usage(22, 14, None, 0, "gemini")),
        ({"usage": {"inputTokens": "many", "outputTokens": -3}}, Usage(0, 0)),
        ({"usage": None, "_meta": {"quota": []}}, None),
        ({}, None),
    ],
)
def test_tokens(result: dict[str, Any], usage: Usage | None) -> None:
    assert Spending().turn(result) == usage


def test_a_turn_costs_what_it_adds_to_the_sum_of_its_session() -> None:
    spending = Spending()
    costs = []
    for amount in (0.25, 0.75, 0.5):  # the last one is of a process that began anew
        list(spending.heard({"cost": {"amount": amount, "currency": "USD"}}))
        used = spending.turn({"usage": CODEX})
        assert used is not None
        costs.append(used.cost)
    assert costs == [0.25, 0.5, 0.5]


@pytest.mark.parametrize("cost", [{"amount": 1, "currency": "EUR"}, {"amount": "much", "currency": "USD"}, None, 3])
def test_a_cost_that_is_none_is_none(cost: object) -> None:
    spending = Spending()
    list(spending.heard({"cost": cost}))
    used = spending.turn({"usage": CODEX})
    assert used is not None
    assert used.cost is None


def test_the_windows_of_a_subscription_are_limits() -> None:
    windows = {"five_hour": {"utilization": 0.91, "resetsAt": 1795251036}, "seven_day": {"utilization": 1.4}, "x": None}
    meta = {"_claude/rateLimit": {"unifiedWindows": windows}, "_claude/model": "claude-sonnet-5-5"}
    spending = Spending()
    assert list(spending.heard({"_meta": meta})) == [
        Quota("five_hour (%)", 100, 9, 1795251036.0),
        Quota("seven_day (%)", 100, 0, None),
    ]
    assert spending.turn({"usage": CODEX}) == Usage(200, 40, None, 20, "claude-sonnet-5-5")
