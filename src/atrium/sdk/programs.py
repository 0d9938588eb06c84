"""The program behind a provider, where the hub installs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from atrium.sdk.findings import Finding


@dataclass(frozen=True, slots=True)
class Program:
    """The program behind a provider: `version` is the one that would be installed, `installed` the one that is.

    `size` is in bytes; `current` tells whether what is installed is exactly what would be installed. `package` is None
    where no package registry has the program: then `about` says how to get it. `variables` of the hub's environment are
    given to it, its keys above all, and `variables_set` are those of them that have a value. A `model` is one file,
    and its provider is shown before it is here.
    """

    id: str
    name: str
    about: str
    licence: str
    homepage: str
    package: str | None = None
    version: str | None = None
    installed: str | None = None
    current: bool = False
    size: int = 0
    variables: tuple[str, ...] = ()
    variables_set: tuple[str, ...] = ()
    kind: Literal["agent", "model"] = "agent"


@runtime_checkable
class Installable(Protocol):
    """What a provider whose program is installed by the hub offers besides; `install_or_update` installs it."""

    @property
    def program(self) -> Program | None:
        """Return what the program is, and which version is installed; None if the user brings their own."""

    async def remove_program(self) -> bool:
        """Remove the program; tell whether all of it is gone, or waits until a running session lets go of it."""

    async def examine_program(self) -> Sequence[Finding]:
        """Find out whether the program can run here, and try it."""
