"""Values of settings that stand elsewhere: in a variable of the hub, or in its secret store."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import SecretStr

from atrium.adapters.providers.model_settings import FromEnvironment, FromStore
from atrium.adapters.secrets.memory import MemorySecretStore
from atrium.sdk.errors import AtriumError
from atrium.sdk.phrases import phrase
from atrium.sdk.secrets import SecretStore

Value = str | SecretStr | FromEnvironment | FromStore
"""A setting's value, or where it stands."""


class SecretValues:
    """Finds the values that settings name."""

    def __init__(self, store: SecretStore | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._store = store or MemorySecretStore()
        self._environ = os.environ if environ is None else environ

    def missing(self, value: Value | None, setting: str) -> str | None:
        """Say in a line what keeps a setting's value from being read, and what to do; None if nothing does."""
        try:
            if isinstance(value, FromEnvironment) and not self._environ.get(value.env):
                said = f"`{setting}` names {value.env}, which is not set"
                return phrase("settings.variable_missing", said, setting=setting, variable=value.env)
            if isinstance(value, FromStore) and not self._store.has(value.secret):
                said = f"`{setting}` names the secret {value.secret}: set it with `atrium secrets set {value.secret}`"
                return phrase("settings.secret_missing", said, setting=setting, secret=value.secret)
        except AtriumError as error:
            return str(error)
        return None

    async def read(self, value: Value) -> SecretStr:
        """Return a value that is not missing; raises `UnknownSecret` or `SecretsUnavailable` if it is by now."""
        if isinstance(value, FromStore):
            return await self._store.get(value.secret)
        found = self._environ[value.env] if isinstance(value, FromEnvironment) else value
        return found if isinstance(found, SecretStr) else SecretStr(found)
