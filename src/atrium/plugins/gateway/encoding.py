"""JSON as it travels."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel


def encode(value: Any) -> bytes:
    """Return JSON; pydantic models inside become camelCase, their absent values are left out."""
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
