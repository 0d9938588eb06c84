"""What somebody sent, checked: a refusal names the field and says what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from atrium.contracts.base import Model
from atrium.sdk.errors import FieldError, InvalidInput

M = TypeVar("M", bound=Model)


def invalid(field: str, message: str) -> InvalidInput:
    """Return the error for one field."""
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])


def parse(model: type[M], payload: object) -> M:
    """Return a frame's payload (None is an empty one) as its type; raises `InvalidInput` with every field at fault."""
    if payload is None:
        payload = {}
    if not isinstance(payload, Mapping):
        raise invalid("payload", "give an object")
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        wrong = [FieldError(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)]
        raise InvalidInput("; ".join(f"{e.field}: {e.message}" for e in wrong), fields=wrong) from None
