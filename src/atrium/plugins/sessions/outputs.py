"""What providers send, made fit to be stored: nothing they say may keep a turn from ending."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from atrium.contracts.problems import Problem, ProblemAction, ProblemField
from atrium.sdk import AtriumError
from atrium.sdk.phrases import phrases_of


def text(value: str) -> str:
    """Return text with halves of characters replaced: a provider may cut one in two."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool's arguments with all text in them fit to be stored."""
    return {text(key): _json(item) for key, item in value.items()}


def number(value: float | None) -> float | None:
    """Return a finite number, None for anything else."""
    return value if value is not None and math.isfinite(value) else None


def problem_of(error: AtriumError, trace_id: str, timestamp: str) -> Problem:
    """Return an error as clients get it (RFC 9457)."""
    return Problem(
        title=error.title(),
        status=error.status,
        detail=text(error.detail) or error.title(),
        code=error.code,
        timestamp=timestamp,
        trace_id=trace_id,
        recoverable=error.recoverable,
        category=error.category,
        retry_after=number(error.retry_after),
        actions=tuple(ProblemAction(id=a.id, label=a.label, provider_id=a.provider_id) for a in error.actions),
        errors=tuple(ProblemField(field=text(wrong.field), message=text(wrong.message)) for wrong in error.fields),
        phrases=phrases_of({"detail": error.detail}) or None,
    )


def _json(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return arguments(value)
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value
