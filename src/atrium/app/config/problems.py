"""What is wrong with the settings: where, what, and what would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from atrium.app.config.json_lines import KeyLines
from atrium.app.config.schema import is_number, shape_of
from atrium.app.errors import CommandFailed, ExitCode

SECRET = re.compile(r"(?i)(key|token|secret|password|credential)s?$")


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong. `source` is the file (with `line`) or the environment variable."""

    path: tuple[str, ...]
    message: str
    source: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        key = ".".join(self.path)
        return ": ".join(part for part in (place, key, self.message) if part)


class ConfigInvalid(CommandFailed):
    """The settings are not valid."""

    exit_code = ExitCode.CONFIG

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        first = str(self.problems[0])
        more = len(self.problems) - 1
        super().__init__(f"{first} (and {more} more: `atrium config check`)" if more else first)


@dataclass(frozen=True, slots=True)
class Places:
    """Says where a path of the merged settings was written."""

    file: Path
    keys: KeyLines
    variables: Mapping[tuple[str, ...], str]

    def problem(self, path: tuple[str, ...], message: str) -> ConfigProblem:
        """Build the problem of a path, with its file and line or its variable."""
        for length in range(len(path), 0, -1):
            variable = self.variables.get(path[:length])
            if variable is not None:
                return ConfigProblem(path, message, source=variable)
        return ConfigProblem(path, message, source=str(self.file), line=self.keys.line_of(path))


def problems_of(
    error: ValidationError, model: type[BaseModel], section: tuple[str, ...], places: Places
) -> list[ConfigProblem]:
    """Turn what pydantic says of one section into problems that name the key, the value and what would be right."""
    found = []
    for detail in error.errors(include_url=False):
        path = tuple(str(step) for step in detail["loc"])
        if detail["type"] == "extra_forbidden":
            message = _unknown(path, model)
        else:
            secret = is_secret(path) and not is_number(_annotation(path, model))
            message = _wrong(detail["msg"], None if secret else detail.get("input"), detail["type"])
        found.append(places.problem((*section, *path), message))
    return found


def is_secret(path: tuple[str, ...]) -> bool:
    """Tell whether what stands at a path is a secret, by its key's name."""
    return any(SECRET.search(key) for key in path)


def unknown_key(key: str, known: Sequence[str]) -> str:
    """Say that a key is unknown, with the nearest one that is known, or all of them."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower(), list(folded), n=1)
    if near:
        return f"unknown key; did you mean {folded[near[0]]!r}?"
    return f"unknown key; known here: {', '.join(sorted(known)) or 'none'}"


def _unknown(path: tuple[str, ...], model: type[BaseModel]) -> str:
    return unknown_key(path[-1], list(shape_of(_annotation(path[:-1], model)).named))


def _annotation(path: tuple[str, ...], model: type[BaseModel]) -> Any:
    """Return the type of what stands at a path."""
    kind: Any = model
    for step in path:
        shape = shape_of(kind)
        kind = shape.named.get(step, shape.other)
    return kind


def _wrong(message: str, value: Any, kind: str) -> str:
    text = message.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    if kind == "missing" or value is None or isinstance(value, dict | list):
        return text
    return f"{text}, not {_shown(value)}"


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
