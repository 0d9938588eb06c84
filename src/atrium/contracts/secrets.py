"""What the `secrets` plugin says. No value of a secret is in any of it."""

from __future__ import annotations

from typing import ClassVar

from atrium.contracts.events import Event


class SecretChanged(Event):
    """A secret was set, replaced or removed; whoever uses it looks again."""

    type: ClassVar[str] = "secrets.secret.changed.v1"

    name: str
    is_set: bool
