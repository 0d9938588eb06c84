"""What an agent was given and must not tell everybody: its keys, in the errors that it ends with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

SHORTEST = 6
"""Characters of a value that is hidden: a shorter one is no key, and stands in other words too."""

_NAMES_A_KEY = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH", re.IGNORECASE)


class Hidden:
    """Values that stand in no text; a part of one is hidden as well, as the token of `Bearer TOKEN`."""

    def __init__(self, environment: Mapping[str, str], secret: Collection[str] = ()) -> None:
        """Hide the values of variables that the settings took from elsewhere, and of those that are called a key."""
        self._values: list[str] = []
        self.add(value for name, value in environment.items() if name in secret or _NAMES_A_KEY.search(name))

    def add(self, values: Iterable[str]) -> None:
        """Hide more values."""
        found = {part for value in values for part in (value, *value.split()) if len(part) >= SHORTEST}
        self._values = sorted({*self._values, *found}, key=len, reverse=True)

    def add_servers(self, servers: Iterable[Mapping[str, Any]]) -> None:
        """Hide what MCP servers are given, told as ACP has it."""
        given = (pair for server in servers for pair in (*server.get("env", ()), *server.get("headers", ())))
        self.add(pair["value"] for pair in given)

    def without(self, text: str) -> str:
        """Return a text with `***` in place of each of the values."""
        for value in self._values:
            text = text.replace(value, "***")
        return text
