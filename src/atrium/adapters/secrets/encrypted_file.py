"""Secrets in an encrypted file below the home, for a machine that has no keyring.

It keeps them from whoever gets a copy of the file without the key. It keeps nothing from whoever may act as the same
user: they can read the key where the hub reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import SecretStr

from atrium.adapters.secrets.encryption_key import EncryptionKey, KeySource
from atrium.adapters.secrets.sealed import Sealed, read_sealed, seal
from atrium.adapters.secrets.whole_file import Stamp, WholeFile
from atrium.sdk.clock import timestamp
from atrium.sdk.secrets import SecretInfo, SecretsUnavailable, check_secret, unknown


class EncryptedFileStore:
    """Keeps secrets in `<folder>/store.json`, and the key, unless it comes from elsewhere, in `<folder>/key`."""

    def __init__(self, folder: Path, keys: KeySource, now: Callable[[], float]) -> None:
        self._file = WholeFile(folder / "store.json")
        self._keys = keys
        self._now = now
        self._known: tuple[Stamp | None, Sealed | None] = (None, None)

    @property
    def place(self) -> str:
        """Return where the secrets are."""
        return f"the encrypted file {self._file.path}"

    @property
    def exists(self) -> bool:
        """Tell whether a secret was ever set here."""
        return self._file.stamp() is not None

    def has(self, name: str) -> bool:
        """Tell whether there is such a secret that this process could read; the file is read when it has changed."""
        sealed = self._seen()
        if sealed is None or name not in sealed.changed:
            return False
        self._key_of(sealed)
        return True

    async def get(self, name: str) -> SecretStr:
        """Return a secret."""
        return await asyncio.to_thread(self._get, name)

    async def set(self, name: str, value: SecretStr) -> SecretInfo:
        """Keep a secret; durable when this returns."""
        check_secret(name, value)
        return await asyncio.to_thread(self._set, name, value)

    async def remove(self, name: str) -> bool:
        """Remove a secret; durable when this returns."""
        return await asyncio.to_thread(self._remove, name)

    async def list(self) -> Sequence[SecretInfo]:
        """Return the secrets there are; that needs no key."""
        sealed = await asyncio.to_thread(self._read)
        return [] if sealed is None else [SecretInfo(*one) for one in sorted(sealed.changed.items())]

    def _get(self, name: str) -> SecretStr:
        sealed = self._read()
        values = {} if sealed is None else sealed.open(self._key_of(sealed), self._file.path)
        if name not in values:
            raise unknown(name)
        return SecretStr(values[name])

    def _set(self, name: str, value: SecretStr) -> SecretInfo:
        info = SecretInfo(name, timestamp(self._now()))
        with self._file.changing():
            key, changed, values = self._opened()
            self._write(key, changed | {name: info.changed_at}, values | {name: value.get_secret_value()})
        return info

    def _remove(self, name: str) -> bool:
        with self._file.changing():
            if not self.exists:
                return False
            key, changed, values = self._opened()
            if values.pop(name, None) is None:
                return False
            del changed[name]
            self._write(key, changed, values)
        return True

    def _opened(self) -> tuple[EncryptionKey, dict[str, str], dict[str, str]]:
        """Return the key, the names, and the values; a key is made for the first secret."""
        sealed = self._read()
        if sealed is None:
            return self._keys.find() or self._keys.make(), {}, {}
        key = self._key_of(sealed)
        return key, dict(sealed.changed), sealed.open(key, self._file.path)

    def _write(self, key: EncryptionKey, changed: dict[str, str], values: dict[str, str]) -> None:
        self._file.write(seal(key, changed, values).text())

    def _key_of(self, sealed: Sealed) -> EncryptionKey:
        """Return the key that fits, or raise `SecretsUnavailable`, which tells a missing one from a wrong one."""
        key = self._keys.find()
        ways = f"or remove {self._file.path} and set the secrets again: atrium secrets set"
        if key is None:
            raise SecretsUnavailable(
                f"the key of {self._file.path} is gone: put it back into {self._keys.places}; {ways}"
            )
        if key.id != sealed.key_id:
            raise SecretsUnavailable(f"{key.source} is not the key of {self._file.path}: give the one it was, {ways}")
        return key

    def _read(self) -> Sealed | None:
        content = self._file.read()
        return None if content is None else read_sealed(content, self._file.path)

    def _seen(self) -> Sealed | None:
        stamp = self._file.stamp()
        if stamp != self._known[0]:
            self._known = (stamp, self._read())
        return self._known[1]
