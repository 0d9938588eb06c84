"""Cursors of pages: opaque to clients, the position of the last row within."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from atrium.sdk.errors import FieldError, InvalidInput


def encode_cursor(position: Sequence[Any]) -> str:
    """Return a position (scalars) as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Return the position that a cursor stands for; raises `InvalidInput` unless it is `length` scalars."""
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error):
        position = None
    scalars = isinstance(position, list) and not any(isinstance(one, (list, dict)) for one in position)
    if not scalars or len(position) != length:
        wrong = FieldError("cursor", "give the nextCursor of an earlier page")
        raise InvalidInput(f"{wrong.field}: {wrong.message}", fields=[wrong])
    return list(position)
