"""Secrets in the system's keyring: the Keychain of macOS, Secret Service (GNOME, KWallet) on Linux.

A keyring cannot list what it has, so names and dates stand in a file of the home.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from atrium.adapters.secrets.whole_file import Stamp, WholeFile
from atrium.sdk.clock import timestamp
from atrium.sdk.secrets import SecretInfo, SecretsDamaged, SecretsUnavailable, check_secret, unknown

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

REAL = frozenset(f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS"))
"""The backends that keep secrets as the system does: others write them into files in clear, or nowhere."""

PATIENCE_SECONDS = 8.0
"""How long a keyring may take: one that is locked asks a person for the password, who may not be there. It is less than
commands wait for the hub."""

_OUT = "unlock it and try again, or have them in an encrypted file: set `secrets.store` to `file`, and set them again"

T = TypeVar("T")


def find_backend() -> KeyringBackend | None:
    """Return the system's keyring, None where there is none. Takes a while: it asks the session bus."""
    from keyring.backend import get_all_keyring

    found = [one for one in get_all_keyring() if type(one).__module__ in REAL]
    return max(found, key=lambda one: one.priority, default=None)


class KeyringStore:
    """Keeps secrets in a keyring, under a service name of this home's own; `<folder>/keyring.json` has the names."""

    place = "the system's keyring"

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        find: Callable[[], KeyringBackend | None] = find_backend,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._file = WholeFile(folder / "keyring.json")
        self._now = now
        self._find = find
        self._patience = patience
        self._backend: KeyringBackend | None = None
        self._known: tuple[Stamp | None, dict[str, str]] = (None, {})

    @property
    def exists(self) -> bool:
        """Tell whether a secret was ever set here."""
        return self._file.stamp() is not None

    async def is_there(self) -> bool:
        """Tell whether this system has a keyring."""
        return await self._ask(self._found) is not None

    def has(self, name: str) -> bool:
        """Tell whether there is such a secret; the keyring is not asked."""
        stamp = self._file.stamp()
        if stamp != self._known[0]:
            self._known = (stamp, self._names()[1])
        return name in self._known[1]

    async def get(self, name: str) -> SecretStr:
        """Return a secret."""
        return await self._ask(lambda: self._get(name))

    async def set(self, name: str, value: SecretStr) -> SecretInfo:
        """Keep a secret."""
        check_secret(name, value)
        return await self._ask(lambda: self._set(name, value))

    async def remove(self, name: str) -> bool:
        """Remove a secret."""
        return await self._ask(lambda: self._remove(name))

    async def list(self) -> Sequence[SecretInfo]:
        """Return the secrets there are; the keyring is not asked."""
        _, names = await asyncio.to_thread(self._names)
        return [SecretInfo(*one) for one in sorted(names.items())]

    def _get(self, name: str) -> SecretStr:
        service, names = self._names()
        value = self._opened().get_password(service, name) if name in names else None
        if value is None:
            raise unknown(name)
        return SecretStr(value)

    def _set(self, name: str, value: SecretStr) -> SecretInfo:
        info = SecretInfo(name, timestamp(self._now()))
        with self._file.changing():
            service, names = self._names()
            if not self.exists:
                self._write(service, names)  # a value that is kept under a name nobody knows could not be removed
            self._opened().set_password(service, name, value.get_secret_value())
            self._write(service, names | {name: info.changed_at})
        return info

    def _remove(self, name: str) -> bool:
        with self._file.changing():
            service, names = self._names()
            if names.pop(name, None) is None:
                return False
            backend = self._opened()
            if backend.get_password(service, name) is not None:  # else somebody has removed it there
                backend.delete_password(service, name)
            self._write(service, names)
        return True

    def _names(self) -> tuple[str, dict[str, str]]:
        """Return the service name of this home, a new one at first, and the names with their dates."""
        content = self._file.read()
        if content is None:
            return f"atrium {secrets.token_hex(4)}", {}
        try:
            document: dict[str, Any] = json.loads(content)
            return str(document["service"]), {str(name): str(time) for name, time in document["secrets"].items()}
        except (ValueError, TypeError, LookupError, AttributeError):
            again = "put back a copy of it, or remove it and set the secrets again: atrium secrets set"
            raise SecretsDamaged(f"{self._file.path}: {again}") from None

    def _write(self, service: str, names: dict[str, str]) -> None:
        self._file.write(json.dumps({"service": service, "secrets": names}, indent=1).encode() + b"\n")

    def _found(self) -> KeyringBackend | None:
        if self._backend is None:
            self._backend = self._find()
        return self._backend

    def _opened(self) -> KeyringBackend:
        backend = self._found()
        if backend is None:
            raise SecretsUnavailable(
                "the secrets are in the system's keyring, which this process does not reach: start the hub in your "
                f"session; {_OUT}"
            )
        return backend

    async def _ask(self, question: Callable[[], T]) -> T:
        """Ask in a thread that no stop of the hub waits for: nobody knows when a locked keyring answers."""
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()
        threading.Thread(target=_answer, args=(question, answer), name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), self._patience)
        except TimeoutError:
            raise SecretsUnavailable(f"the keyring has not answered for {self._patience:g} s: {_OUT}") from None


def _answer(question: Callable[[], T], answer: Future[T]) -> None:
    from keyring.errors import KeyringError

    try:
        answer.set_result(question())
    except KeyringError as error:
        answer.set_exception(SecretsUnavailable(f"the keyring refuses ({str(error) or type(error).__name__}): {_OUT}"))
    except BaseException as error:  # noqa: BLE001  # whoever asks gets it
        answer.set_exception(error)
