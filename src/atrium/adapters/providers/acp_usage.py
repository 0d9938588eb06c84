"""What an agent tells of usage, in the hub's terms. Protocol and agents differ: each reading says whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from atrium.sdk.providers import Quota, Usage

Data = Mapping[str, Any]


@dataclass(slots=True)
class Spending:
    """What one session of an agent has cost so far: agents tell the sum since their process began, turns their part."""

    told: float | None = None
    counted: float = 0.0
    model: str | None = None

    def heard(self, update: Data) -> Iterator[Quota]:
        """Take in a `usage_update`; yield the limits that stand beside it."""
        cost = update.get("cost")
        amount = cost.get("amount") if isinstance(cost, Mapping) and cost.get("currency") == "USD" else None
        if isinstance(amount, int | float):
            self.told = float(amount)
        meta = update.get("_meta")
        if isinstance(meta, Mapping):
            model = meta.get("_claude/model")
            self.model = model if isinstance(model, str) else self.model
            yield from _limits(meta.get("_claude/rateLimit"))

    def turn(self, result: Data) -> Usage | None:
        """Return what a turn used, by the answer to `session/prompt`; None if that does not tell."""
        found = _usage(result)
        if found is None:
            return None
        cost = None
        if self.told is not None:
            # A sum below the one before began anew.
            cost = self.told - self.counted if self.told >= self.counted else self.told
            self.counted = self.told
        return Usage(found.input, found.output, cost, found.cached, _model(result) or self.model)


@dataclass(frozen=True, slots=True)
class _Tokens:
    input: int
    output: int
    cached: int = 0


@dataclass(slots=True)
class Ledger:
    """The spending of all sessions of one process."""

    sessions: dict[str, Spending] = field(default_factory=dict)

    def of(self, session_id: str) -> Spending:
        """Return the spending of a session."""
        return self.sessions.setdefault(session_id, Spending())


def together(first: Usage | None, then: Usage) -> Usage:
    """Return what two prompts of one turn used."""
    if first is None:
        return then
    cost = None if first.cost is None and then.cost is None else (first.cost or 0.0) + (then.cost or 0.0)
    return replace(
        then,
        input_tokens=first.input_tokens + then.input_tokens,
        output_tokens=first.output_tokens + then.output_tokens,
        cached_tokens=first.cached_tokens + then.cached_tokens,
        cost=cost,
    )


def _usage(result: Data) -> _Tokens | None:
    """Return the tokens of ACP's own `usage`, or of the quota that Gemini puts in its place."""
    usage = result.get("usage")
    if isinstance(usage, Mapping):
        given, output = _count(usage, "inputTokens"), _count(usage, "outputTokens")
        cached = _count(usage, "cachedReadTokens")
        beside = cached + _count(usage, "cachedWriteTokens")
        # Claude and Codex tell what was cached beside the input, others as a part of it: the sum says which it is.
        is_beside = given + beside + output <= (_count(usage, "totalTokens") or given + beside + output)
        return _Tokens(given + beside if is_beside else given, output, cached)
    count = _quota(result).get("token_count")
    if isinstance(count, Mapping):
        return _Tokens(
            _count(count, "input_tokens") or _count(count, "inputTokens"),
            _count(count, "output_tokens") or _count(count, "outputTokens"),
        )
    return None


def _model(result: Data) -> str | None:
    models = _quota(result).get("model_usage")
    first = models[0] if isinstance(models, list) and models else None
    model = first.get("model") if isinstance(first, Mapping) else None
    return model if isinstance(model, str) else None


def _quota(result: Data) -> Data:
    meta = result.get("_meta")
    quota = meta.get("quota") if isinstance(meta, Mapping) else None
    return quota if isinstance(quota, Mapping) else {}


def _count(data: Data, name: str) -> int:
    value = data.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e15 else 0


def _limits(told: object) -> Iterator[Quota]:
    """Yield the windows of a Claude subscription, of which only shares are told: in per cent."""
    windows = told.get("unifiedWindows") if isinstance(told, Mapping) else None
    if not isinstance(windows, Mapping):
        return
    for name, window in windows.items():
        share = window.get("utilization") if isinstance(window, Mapping) else None
        if isinstance(share, int | float) and 0 <= share < 1e6:
            resets = window.get("resetsAt")
            at = float(resets) if isinstance(resets, int | float) else None
            yield Quota(f"{name} (%)", 100, max(0, round(100 * (1 - share))), at)
