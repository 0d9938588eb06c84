"""What can be wrong with a question or its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from atrium.contracts.base import Model
from atrium.sdk import Conflict, FieldError, InvalidInput

M = TypeVar("M", bound=Model)


class AlreadyAnswered(Conflict):
    """The question is closed."""


class ActChanged(Conflict):
    """The answer was meant for another act."""


def invalid(field: str, message: str) -> InvalidInput:
    """Return the error for one field."""
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])


def parse(model: type[M], payload: object) -> M:
    """Return a frame's payload as its type."""
    if not isinstance(payload, Mapping):
        raise invalid("payload", "give an object")
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        wrong = [FieldError(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)]
        raise InvalidInput("; ".join(f"{e.field}: {e.message}" for e in wrong), fields=wrong) from None
