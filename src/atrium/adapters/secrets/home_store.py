"""The secrets of a home: in the system's keyring where there is one, else in an encrypted file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import SecretStr

from atrium.adapters.secrets.encrypted_file import EncryptedFileStore
from atrium.adapters.secrets.system_keyring import KeyringStore
from atrium.sdk.secrets import SecretInfo, SecretStore, check_secret, unknown

Choice = Literal["auto", "keyring", "file"]


class HomeSecretStore:
    """Keeps secrets where the settings say. `auto` decides with the first secret, and stays with that."""

    def __init__(self, choice: Choice, keyring: KeyringStore, file: EncryptedFileStore) -> None:
        self._choice = choice
        self._keyring = keyring
        self._file = file

    @property
    def place(self) -> str:
        """Return where the secrets are."""
        store = self._current()
        return "not decided before the first one is set" if store is None else store.place

    def has(self, name: str) -> bool:
        """Tell whether there is such a secret."""
        store = self._current()
        return store is not None and store.has(name)

    async def get(self, name: str) -> SecretStr:
        """Return a secret."""
        store = self._current()
        if store is None:
            raise unknown(name)
        return await store.get(name)

    async def set(self, name: str, value: SecretStr) -> SecretInfo:
        """Keep a secret."""
        check_secret(name, value)
        store = self._current()
        if store is None:
            store = self._keyring if await self._keyring.is_there() else self._file
        return await store.set(name, value)

    async def remove(self, name: str) -> bool:
        """Remove a secret."""
        store = self._current()
        return store is not None and await store.remove(name)

    async def list(self) -> Sequence[SecretInfo]:
        """Return the secrets there are."""
        store = self._current()
        return [] if store is None else await store.list()

    def _current(self) -> SecretStore | None:
        """Return the store in use; of both the file, which needs no session. None before the first secret."""
        if self._choice == "file" or (self._choice == "auto" and self._file.exists):
            return self._file
        return self._keyring if self._choice == "keyring" or self._keyring.exists else None
