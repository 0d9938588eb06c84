"""Every error as `application/problem+json`, and as the payload of an `error` frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from atrium.contracts.problems import Problem, ProblemAction, ProblemField
from atrium.plugins.gateway.errors import (
    BodyTooLarge,
    InternalError,
    MalformedJson,
    MalformedRequest,
    MethodNotAllowed,
    UnsupportedMediaType,
)
from atrium.sdk import AtriumError, CursorReset, FieldError, InvalidInput, NotFound
from atrium.sdk.clock import timestamp
from atrium.sdk.phrases import phrases_of

MOST_FIELDS = 50
"""How many wrong fields an answer names."""

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemReply:
    """A problem, ready to be sent."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_reply(error: AtriumError, trace_id: str, now: float) -> ProblemReply:
    """Return an error as clients get it; `now` is seconds since 1970."""
    problem = Problem(
        title=error.title(),
        status=error.status,
        detail=error.detail or error.title(),
        code=error.code,
        timestamp=timestamp(now),
        trace_id=trace_id,
        recoverable=error.recoverable,
        category=error.category,
        retry_after=error.retry_after,
        actions=tuple(ProblemAction(id=a.id, label=a.label, provider_id=a.provider_id) for a in error.actions),
        errors=tuple(ProblemField(field=wrong.field, message=wrong.message) for wrong in error.fields),
        phrases=phrases_of({"detail": error.detail}) or None,
    )
    body = problem.model_dump(by_alias=True, exclude_none=True)
    if isinstance(error, CursorReset):
        body["head"] = str(error.head)
    headers = {} if error.retry_after is None else {"retry-after": str(max(1, round(error.retry_after)))}
    return ProblemReply(error.status, body, headers)


def invalid_input(errors: Sequence[Any]) -> AtriumError:
    """Return what pydantic found as one error that names each field by its path on the wire."""
    for error in errors:
        if error["type"] == "json_invalid":
            return MalformedJson(str(error.get("ctx", {}).get("error", "it cannot be parsed")))
    fields = [FieldError(_field_path(error["loc"]), _advice(error)) for error in errors[:MOST_FIELDS]]
    return InvalidInput("; ".join(f"{wrong.field}: {wrong.message}" for wrong in fields), fields=fields)


def framework_error(status: int, detail: str) -> AtriumError:
    """Return an error that the web framework raised by status alone."""
    known: dict[int, type[AtriumError]] = {
        400: MalformedRequest, 404: NotFound, 405: MethodNotAllowed, 413: BodyTooLarge, 415: UnsupportedMediaType,
    }  # fmt: skip
    kind = known.get(status, InternalError if status >= 500 else MalformedRequest)
    return kind("" if detail == HTTPStatus(status).phrase else detail)


def _field_path(location: Sequence[Any]) -> str:
    source, *path = location
    return ".".join(str(part) for part in path or [source])


def _advice(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field; leave it out"
    if error["type"] == "missing":
        return "is required"
    message = str(error["msg"])
    return message[:1].lower() + message[1:]
