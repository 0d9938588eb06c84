"""Settings: read from `<home>/core/config.json`, migrated, overridden by the environment, and checked."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from atrium.app.config.environment import overlay
from atrium.app.config.json_lines import KeyLines, find_keys
from atrium.app.config.migrations import migrate
from atrium.app.config.problems import SECRET, ConfigInvalid, ConfigProblem, Places, problems_of, unknown_key
from atrium.app.config.schema import VERSION, CoreConfig, Shape
from atrium.app.home import Home
from atrium.sdk import Config


@dataclass(frozen=True, slots=True)
class Settings:
    """Valid settings: the hub's own, and the raw section of each plugin, keys as in the file."""

    core: CoreConfig
    sections: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, Any]:
        """Return a section's settings, empty if there are none."""
        return dict(self.sections.get(name, {}))


def load(home: Home, sections: Mapping[str, type[Config] | None], environment: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises `ConfigInvalid` with everything that is wrong.

    `sections` are the sections that may stand in the file; those without a type are left to whoever reads them.
    """
    raw, keys = _read(home.config)
    raw, notes = migrate(raw, home.config)
    root = Shape({"version": str, "core": CoreConfig, **{name: kind or Any for name, kind in sections.items()}})
    merged = copy.deepcopy(raw)
    variables, problems = overlay(merged, root, environment)
    places = Places(home.config, keys, variables)
    problems += [places.problem(path, "this key stands here twice") for path in keys.duplicates]
    problems += _check(merged, {"core": CoreConfig, **sections}, places)
    if problems:
        raise ConfigInvalid(problems)
    return Settings(
        core=CoreConfig.model_validate(merged.get("core", {})),
        sections={name: merged[name] for name in sections if name in merged},
        notes=tuple(notes),
        raw={"version": VERSION, **{name: value for name, value in merged.items() if name != "version"}},
    )


def redacted(value: Any, key: str = "") -> Any:
    """Return settings for people to see: what a key's name says is a secret is not shown."""
    if isinstance(value, Mapping):
        return {name: redacted(item, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item, key) for item in value]
    return "********" if isinstance(value, str) and value and SECRET.search(key) else value


def effective(settings: Settings, sections: Mapping[str, type[Config] | None]) -> dict[str, Any]:
    """Return all settings with their defaults, as they would stand in the file."""
    shown: dict[str, Any] = {"version": VERSION, "core": settings.core.model_dump(mode="json", by_alias=True)}
    for name, model in sorted(sections.items()):
        raw = settings.section(name)
        shown[name] = model.model_validate(raw).model_dump(mode="json", by_alias=True) if model else raw
    return {name: value for name, value in shown.items() if value != {}}


def _read(path: Path) -> tuple[dict[str, Any], KeyLines]:
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}, KeyLines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([ConfigProblem((), f"cannot be read: {error}", source=str(path))]) from None
    if not text.strip():
        return {}, KeyLines()
    try:
        raw = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]} (column {error.colno})"
        raise ConfigInvalid([ConfigProblem((), message, source=str(path), line=error.lineno)]) from None
    except ValueError as error:
        raise ConfigInvalid([ConfigProblem((), f"not valid JSON: {error}", source=str(path))]) from None
    if not isinstance(raw, dict):
        raise ConfigInvalid([ConfigProblem((), "the file holds one JSON object, { ... }", source=str(path), line=1)])
    return raw, find_keys(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _check(raw: Mapping[str, Any], sections: Mapping[str, type[Config] | None], places: Places) -> list[ConfigProblem]:
    known = ["version", *sections]
    problems = [places.problem((name,), unknown_key(name, known)) for name in raw if name not in known]
    for name, model in sections.items():
        section = raw.get(name, {})
        if not isinstance(section, dict):
            problems.append(places.problem((name,), "a section is an object, { ... }"))
        elif model is not None:
            problems += _check_section(name, model, section, places)
    return problems


def _check_section(name: str, model: type[Config], section: Any, places: Places) -> list[ConfigProblem]:
    try:
        model.model_validate(section)
    except ValidationError as error:
        return problems_of(error, model, (name,), places)
    return []
