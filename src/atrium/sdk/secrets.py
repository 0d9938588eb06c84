"""The `SecretStore` port: keys and passwords by name, for the hub's own use and never for showing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from atrium.sdk.errors import AtriumError, FieldError, InvalidInput, NotFound

NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$"
LONGEST = 65_536
"""Characters that a secret may have."""


class UnknownSecret(NotFound):
    """There is no secret of this name."""


class SecretsUnavailable(AtriumError):
    """The secret store cannot be used."""

    status = 503


class SecretsDamaged(SecretsUnavailable):
    """The stored secrets are damaged, or somebody has changed them."""


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """What may be shown of a secret: its name, and when it was set (RFC 3339, UTC)."""

    name: str
    changed_at: str


class SecretStore(Protocol):
    """Keeps secrets. What cannot be read or written raises `SecretsUnavailable`, which says what to do.

    A secret that was set is kept whatever happens next; several processes may use one store at the same time.
    """

    @property
    def place(self) -> str:
        """Return where the secrets are, in words for people."""

    def has(self, name: str) -> bool:
        """Tell whether there is such a secret; asked often, so it must not wait or read much."""

    async def get(self, name: str) -> SecretStr:
        """Return a secret, or raise `UnknownSecret`."""

    async def set(self, name: str, value: SecretStr) -> SecretInfo:
        """Keep a secret, in place of an earlier one; raises `InvalidInput` as `check_secret` does."""

    async def remove(self, name: str) -> bool:
        """Remove a secret; tell whether there was one."""

    async def list(self) -> Sequence[SecretInfo]:
        """Return the secrets there are, by name."""


def check_name(name: str) -> str:
    """Return a name that a secret may have, or raise `InvalidInput` for the field `name`."""
    if re.fullmatch(NAME, name):
        return name
    raise _invalid("name", "begin with a letter, go on with letters, digits, _ . and -, 100 characters at most")


def check_secret(name: str, value: SecretStr) -> None:
    """Raise `InvalidInput` for the field `name` or `value` if no store keeps it; the value is not in the error."""
    check_name(name)
    text = value.get_secret_value()
    if not text:
        raise _invalid("value", "give at least one character; to have the secret no more, remove it")
    if len(text) > LONGEST:
        raise _invalid("value", f"give {LONGEST:,} characters at most")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _invalid("value", "give text: there is a character in it that no program could be given")


def unknown(name: str) -> UnknownSecret:
    """Return the error for a secret that is not there, with the command that sets it."""
    return UnknownSecret(f"{name} is not set: atrium secrets set {name}")


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])
