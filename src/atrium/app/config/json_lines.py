"""Where in a JSON text each key stands, so that an error can name the line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

Path = tuple[str, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n|[^\s{}\[\]:,"]+')


@dataclass(slots=True)
class KeyLines:
    """The lines (from 1) of all keys of the text's objects, and the keys that stand there twice."""

    lines: dict[Path, int] = field(default_factory=dict)
    duplicates: list[Path] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """Return the line of a key, or of the nearest key around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


@dataclass(slots=True)
class _Level:
    """An open object or array: the key or index that is being read."""

    is_object: bool
    key: str = ""
    index: int = 0
    expects_key: bool = True

    @property
    def step(self) -> str:
        return self.key if self.is_object else str(self.index)


def find_keys(text: str) -> KeyLines:
    """Return where the keys of a valid JSON text stand."""
    found, levels, line = KeyLines(), list[_Level](), 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "\n":
            line += 1
        elif token in "{[":
            levels.append(_Level(token == "{"))
        elif token in "}]":
            levels.pop()
        elif token == "," and levels:
            levels[-1].expects_key, levels[-1].index = True, levels[-1].index + 1
        elif token.startswith('"') and levels and levels[-1].is_object and levels[-1].expects_key:
            levels[-1].key, levels[-1].expects_key = json.loads(token), False
            _note(found, tuple(level.step for level in levels), line)
    return found


def _note(found: KeyLines, path: Path, line: int) -> None:
    if path in found.lines:
        found.duplicates.append(path)
    found.lines[path] = line
