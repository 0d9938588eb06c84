"""The form of the file of secrets: JSON whose names and dates are readable and whose values are not.

`{"version": 1, "key": <id of the key>, "secrets": {<name>: <changed at>}, "nonce", "sealed"}`, where `sealed` is the
values by name as JSON, under AES-256-GCM with all that stands in clear as its associated data (NIST SP 800-38D). A
nonce is 96 random bits and used for one writing of the file.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium.adapters.secrets.encryption_key import EncryptionKey
from atrium.sdk.secrets import SecretsDamaged

VERSION = 1
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the file holds; `changed` maps names to when they were set."""

    key_id: str
    changed: Mapping[str, str]
    nonce: bytes = b""
    box: bytes = b""

    def open(self, key: EncryptionKey, path: Path) -> dict[str, str]:
        """Return the values by name; raises `SecretsDamaged` if anything of the file is not as it was written."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            values: dict[str, str] = json.loads(AESGCM(key.value).decrypt(self.nonce, self.box, self._clear()))
        except (InvalidTag, ValueError):
            raise damaged(path) from None
        return values

    def text(self) -> bytes:
        """Return the content of the file."""
        document = {**self._head(), "nonce": _encoded(self.nonce), "sealed": _encoded(self.box)}
        return json.dumps(document, indent=1).encode() + b"\n"

    def _clear(self) -> bytes:
        return json.dumps(self._head(), sort_keys=True, separators=(",", ":")).encode()

    def _head(self) -> dict[str, Any]:
        return {"version": VERSION, "key": self.key_id, "secrets": dict(self.changed)}


def seal(key: EncryptionKey, changed: Mapping[str, str], values: Mapping[str, str]) -> Sealed:
    """Encrypt values."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = Sealed(key.id, changed)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return Sealed(key.id, changed, nonce, AESGCM(key.value).encrypt(nonce, json.dumps(values).encode(), head._clear()))


def read_sealed(content: bytes, path: Path) -> Sealed:
    """Read a file's content without opening it; raises `SecretsDamaged`."""
    try:
        document = json.loads(content)
        changed = document["secrets"]
        texts = [document["key"], document["nonce"], document["sealed"], *changed, *changed.values()]
        if document["version"] == VERSION and all(isinstance(text, str) for text in texts):
            return Sealed(document["key"], changed, _decoded(document["nonce"]), _decoded(document["sealed"]))
    except (ValueError, TypeError, LookupError, AttributeError):
        pass  # said below
    raise damaged(path)


def damaged(path: Path) -> SecretsDamaged:
    """Return the error for a file that is not as it was written, with the ways out."""
    return SecretsDamaged(f"{path}: put back a copy of it, or remove it and set the secrets again: atrium secrets set")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if _encoded(data) != text:
        raise ValueError("bits beyond the end")
    return data
