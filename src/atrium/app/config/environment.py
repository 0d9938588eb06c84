"""Settings from the environment: `ATRIUM_CORE__PORT=9000` is `core.port`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from atrium.app.config.problems import ConfigProblem
from atrium.app.config.schema import Shape, shape_of, takes_text

PREFIX = "ATRIUM_"
SEPARATOR = "__"


def settings_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are settings: those with a section, in the order of their names."""
    names = sorted(name for name in environment if name.startswith(PREFIX) and SEPARATOR in name)
    return {name: environment[name] for name in names}


def overlay(
    raw: dict[str, Any], root: Shape, environment: Mapping[str, str]
) -> tuple[dict[tuple[str, ...], str], list[ConfigProblem]]:
    """Put the environment's settings into the raw ones; return which variable each path comes from, and problems."""
    sources: dict[tuple[str, ...], str] = {}
    problems: list[ConfigProblem] = []
    for name, text in settings_in(environment).items():
        try:
            path, kind = _resolve(name, raw, root)
        except LookupError as error:
            problems.append(ConfigProblem((), str(error), source=name))
            continue
        _put(raw, path, _value(text, kind))
        sources[path] = name
    return sources, problems


def _resolve(name: str, raw: Mapping[str, Any], root: Shape) -> tuple[tuple[str, ...], Any]:
    """Return the path that a variable names, in the spelling of the file, and the type of what stands there."""
    path: list[str] = []
    shape, kind, here = root, None, raw
    for piece in name.removeprefix(PREFIX).split(SEPARATOR):
        key, kind = _match(piece, shape, here, name)
        path.append(key)
        below = here.get(key)
        here = below if isinstance(below, Mapping) else {}
        shape = shape_of(kind)
    return tuple(path), kind


def _match(piece: str, shape: Shape, here: Mapping[str, Any], name: str) -> tuple[str, Any]:
    by_folded = {_folded(key): key for key in (*here, *shape.named)}
    key = by_folded.get(_folded(piece), piece.lower())
    if key in shape.named:
        return key, shape.named[key]
    if shape.other is not None and key:
        return key, shape.other
    near = difflib.get_close_matches(_folded(piece), [_folded(known) for known in shape.named], n=1)
    meant = f"; did you mean {name.replace(piece, shape_name(by_folded[near[0]]))}?" if near else ""
    allowed = ", ".join(sorted(map(shape_name, shape.named))) or "nothing"
    raise LookupError(f"there is no setting {piece!r} here{meant or f'; there is {allowed}'}")


def shape_name(key: str) -> str:
    """Return a key as it stands in a variable's name."""
    return key.upper().replace("-", "_")


def _folded(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _value(text: str, kind: Any) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if takes_text(kind) and not isinstance(value, str | None):
        return text
    return value


def _put(raw: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        below = raw.get(key)
        if not isinstance(below, dict):
            below = raw[key] = {}
        raw = below
    raw[path[-1]] = value
