"""Bringing older files of settings up to date, one version after the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from atrium.app.config.problems import ConfigInvalid, ConfigProblem
from atrium.app.config.schema import VERSION

Notes = list[str]

FIRST_HOME = "~/.codeai-hub"
"""The home of the hub that wrote files of version 0.1.0."""

LONGEST_TOKEN_SECONDS = 900


def migrate(raw: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], Notes]:
    """Return settings of the current version, and what was changed; a file without a version is a current one."""
    settings, notes = copy.deepcopy(dict(raw)), Notes()
    version = settings.get("version", VERSION)
    while version != VERSION:
        step = _STEPS.get(version) if isinstance(version, str) else None
        if step is None:
            known = ", ".join([*_STEPS, VERSION])
            message = f"{version!r} is not a version this Atrium knows ({known}): was it written by a newer one?"
            raise ConfigInvalid([ConfigProblem(("version",), message, source=str(path))])
        version = step(settings, notes)
        settings["version"] = version
    return settings, notes


def _from_first(settings: dict[str, Any], notes: Notes) -> str:
    """Bring 0.1.0 up to date: same keys, but a bridge that is always on, with tokens that live for minutes."""
    core, bridge = settings.get("core"), settings.get("bridge")
    if isinstance(core, dict) and core.get("dataDir") == FIRST_HOME:
        del core["dataDir"]
        notes.append(f"core.dataDir {FIRST_HOME} was the old home: it is now this one")
    if isinstance(bridge, dict):
        _bridge_from_first(bridge, notes)
    return "1.0.0"


def _bridge_from_first(bridge: dict[str, Any], notes: Notes) -> None:
    if bridge.pop("enabled", True) is False:
        notes.append("bridge.enabled false is gone: select plugins with `atrium up --plugins`")
    auth = bridge.get("auth")
    if not isinstance(auth, dict):
        return
    auth.pop("type", None)
    expiry = auth.get("tokenExpiry")
    if isinstance(expiry, int) and expiry > LONGEST_TOKEN_SECONDS:
        auth["tokenExpiry"] = LONGEST_TOKEN_SECONDS
        notes.append(f"bridge.auth.tokenExpiry {expiry} was lowered to {LONGEST_TOKEN_SECONDS} seconds")


_STEPS: Mapping[str, Callable[[dict[str, Any], Notes], str]] = {"0.1.0": _from_first}
