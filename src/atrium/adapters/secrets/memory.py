"""Secrets in memory, for tests and for a hub without a home."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pydantic import SecretStr

from atrium.sdk.clock import timestamp
from atrium.sdk.secrets import SecretInfo, check_secret, unknown


class MemorySecretStore:
    """Keeps secrets for as long as it lives itself."""

    place = "memory"

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._secrets: dict[str, tuple[SecretInfo, SecretStr]] = {}

    def has(self, name: str) -> bool:
        """Tell whether there is such a secret."""
        return name in self._secrets

    async def get(self, name: str) -> SecretStr:
        """Return a secret."""
        if name not in self._secrets:
            raise unknown(name)
        return self._secrets[name][1]

    async def set(self, name: str, value: SecretStr) -> SecretInfo:
        """Keep a secret."""
        check_secret(name, value)
        info = SecretInfo(name, timestamp(self._now()))
        self._secrets[name] = (info, value)
        return info

    async def remove(self, name: str) -> bool:
        """Remove a secret."""
        return self._secrets.pop(name, None) is not None

    async def list(self) -> Sequence[SecretInfo]:
        """Return the secrets there are."""
        return [info for _, (info, _) in sorted(self._secrets.items())]
