"""Errors on the wire: RFC 9457 `application/problem+json`."""

from __future__ import annotations

from typing import Literal

from atrium.contracts.base import Model
from atrium.contracts.phrases import Phrase


class ProblemAction(Model):
    """One thing a person can do about it; `provider_id` is the provider that a switch leads to, where there is one."""

    id: str
    label: str
    provider_id: str | None = None


class ProblemField(Model):
    """What is wrong with one field of the input, and what would be right."""

    field: str
    message: str


class Problem(Model):
    """An error as clients get it. `code` is stable; `title` names the kind, `detail` this case.

    `category` is a provider's error's: whether waiting helps, or a person must do something first, or neither does.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    timestamp: str
    trace_id: str
    recoverable: bool = False
    category: Literal["recoverable", "userAction", "fatal"] | None = None
    retry_after: float | None = None
    actions: tuple[ProblemAction, ...] = ()
    errors: tuple[ProblemField, ...] = ()
    phrases: dict[str, Phrase] | None = None
