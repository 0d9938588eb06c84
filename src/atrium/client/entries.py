"""Stream entries as clients get them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atrium.client.errors import UnexpectedAnswer
from atrium.contracts.sessions import ENTRIES, SessionDeleted

HINTS = frozenset(entry.type for entry in ENTRIES if entry.hint)


@dataclass(frozen=True, slots=True)
class Entry:
    """One CloudEvent of a stream. `prev` is the offset of the durable entry before it, 0 at the beginning."""

    offset: int
    prev: int
    type: str
    data: Mapping[str, Any]
    id: str = ""
    subject: str = ""
    time: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def hint(self) -> bool:
        """Tell whether this is a delta: shown at once, later replaced by the durable entry with the whole text."""
        return self.type in HINTS

    @property
    def last(self) -> bool:
        """Tell whether nothing can follow."""
        return self.type == SessionDeleted.type

    @classmethod
    def from_text(cls, text: str) -> Entry:
        """Read an entry from a line of JSON. Raises `UnexpectedAnswer`."""
        try:
            return cls.from_wire(json.loads(text))
        except json.JSONDecodeError:
            raise UnexpectedAnswer(f"the hub sent an entry that is no JSON: {text[:200]}") from None

    @classmethod
    def from_wire(cls, wire: Any) -> Entry:
        """Read an entry; unknown fields are kept in `raw`. Raises `UnexpectedAnswer`."""
        try:
            return cls(
                offset=int(wire["offset"]),
                prev=int(wire["prev"]),
                type=str(wire["type"]),
                data=dict(wire["data"]),
                id=str(wire.get("id", "")),
                subject=str(wire.get("subject", "")),
                time=str(wire.get("time", "")),
                raw=wire,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnexpectedAnswer(f"the hub sent an entry without a valid {error}: {str(wire)[:200]}") from None
