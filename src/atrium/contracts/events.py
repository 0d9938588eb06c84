"""Events: facts that happened, each type with a version in its name."""

from __future__ import annotations

from typing import Any, ClassVar

from atrium.contracts.base import Model


class Event(Model):
    """The data of one event; `type` is its CloudEvents type, `area.noun.verb.vN`."""

    type: ClassVar[str]
    hint: ClassVar[bool] = False

    def to_wire(self) -> dict[str, Any]:
        """Return the data as sent: camelCase, absent values left out."""
        return self.model_dump(by_alias=True, exclude_none=True)
