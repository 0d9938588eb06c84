"""Errors on the wire: RFC 9457 `application/problem+json`."""

from __future__ import annotations

from atrium.contracts.base import Model


class ProblemAction(Model):
    """One thing a person can do about it."""

    id: str
    label: str


class ProblemField(Model):
    """What is wrong with one field of the input, and what would be right."""

    field: str
    message: str


class Problem(Model):
    """An error as clients get it. `code` is stable; `title` names the kind, `detail` this case."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    timestamp: str
    trace_id: str
    recoverable: bool = False
    retry_after: float | None = None
    actions: tuple[ProblemAction, ...] = ()
    errors: tuple[ProblemField, ...] = ()
