"""The secret stores: the system's keyring, an encrypted file, memory."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from pathlib import Path

from atrium.adapters.secrets.encrypted_file import EncryptedFileStore
from atrium.adapters.secrets.encryption_key import KeySource
from atrium.adapters.secrets.home_store import Choice, HomeSecretStore
from atrium.adapters.secrets.memory import MemorySecretStore
from atrium.adapters.secrets.system_keyring import KeyringStore

__all__ = [
    "Choice",
    "EncryptedFileStore",
    "HomeSecretStore",
    "KeySource",
    "KeyringStore",
    "MemorySecretStore",
    "open_store",
]


def open_store(
    home: Path, choice: Choice, now: Callable[[], float], environ: MutableMapping[str, str]
) -> HomeSecretStore:
    """Return the store of a home, in `<home>/secrets`; the key is taken out of the environment."""
    folder = home / "secrets"
    file = EncryptedFileStore(folder, KeySource.of(folder, environ), now)
    return HomeSecretStore(choice, KeyringStore(folder, now), file)
