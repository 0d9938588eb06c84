"""The key that the file of secrets is encrypted with, and where it comes from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from atrium.adapters.secrets.whole_file import WholeFile
from atrium.sdk.secrets import SecretsUnavailable

VARIABLE = "ATRIUM_SECRETS_KEY"
CREDENTIAL = "atrium-secrets-key"
"""The name of the systemd credential."""

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key, and where it was found, in words for people."""

    value: bytes = field(repr=False)
    source: str

    @property
    def id(self) -> str:
        """Return what tells it from other keys, and tells nothing else of it."""
        return hashlib.sha256(b"atrium secrets key" + self.value).hexdigest()[:16]


class KeySource:
    """Finds the key: a systemd credential, else the variable `ATRIUM_SECRETS_KEY`, else a file in the folder."""

    def __init__(self, folder: Path, credentials: str | None = None, variable: str | None = None) -> None:
        self._file = WholeFile(folder / "key")
        self._credential = WholeFile(Path(credentials) / CREDENTIAL) if credentials else None
        self._variable = SecretStr(variable) if variable else None

    @classmethod
    def of(cls, folder: Path, environ: MutableMapping[str, str]) -> KeySource:
        """Read the environment, and take the key out of it: no child of this process shall have it."""
        return cls(folder, environ.get("CREDENTIALS_DIRECTORY"), environ.pop(VARIABLE, None))

    @property
    def places(self) -> str:
        """Return where a key may be, in words for people."""
        return f"the variable {VARIABLE}, the systemd credential {CREDENTIAL}, or the file {self._file.path}"

    def find(self) -> EncryptionKey | None:
        """Return the key, None if there is none; raises `SecretsUnavailable` for one that cannot be a key."""
        if self._credential is not None and (found := self._credential.read()) is not None:
            return _key(found, f"the systemd credential {CREDENTIAL}")
        if self._variable is not None:
            return _key(self._variable.get_secret_value().encode(), f"the variable {VARIABLE}")
        found = self._file.read()
        return None if found is None else _key(found, str(self._file.path))

    def make(self) -> EncryptionKey:
        """Write a new key into the file, within `WholeFile.changing` of the folder, and return it."""
        self._file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        made = self.find()
        assert made is not None
        return made


def _key(text: bytes, source: str) -> EncryptionKey:
    try:
        value = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        value = b""
    if len(value) != KEY_BYTES:
        raise SecretsUnavailable(
            f"{source} holds no key: put {KEY_BYTES} random bytes in base64 there, as from `openssl rand -base64 32`"
        )
    return EncryptionKey(value, source)
