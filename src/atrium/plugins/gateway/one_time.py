"""Secrets that work once: login codes and WebSocket tickets. They live in memory and are gone after a restart."""

from __future__ import annotations

import hashlib
import secrets
from typing import Generic, TypeVar

from atrium.sdk import Clock

T = TypeVar("T")


class OneTimeSecrets(Generic[T]):
    """Random secrets that each stand for a value, once, for `seconds`; beyond `limit` the oldest is forgotten."""

    def __init__(self, clock: Clock, seconds: float, limit: int = 1000) -> None:
        self._clock = clock
        self._seconds = seconds
        self._limit = limit
        self._values: dict[bytes, tuple[float, T]] = {}

    def issue(self, value: T) -> str:
        """Return a new secret for a value."""
        while len(self._values) >= self._limit:
            del self._values[next(iter(self._values))]
        secret = secrets.token_urlsafe(24)
        self._values[_digest(secret)] = (self._clock.monotonic() + self._seconds, value)
        return secret

    def redeem(self, secret: str) -> T | None:
        """Return the value a secret stands for and forget it; None if it is unknown, used or too old."""
        expires, value = self._values.pop(_digest(secret), (0.0, None))
        return value if self._clock.monotonic() < expires else None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
