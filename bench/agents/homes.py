"""Homes of hubs that have the providers of a measurement."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

AGENT = Path(__file__).with_name("agent.py")
COMMAND = (sys.executable, str(AGENT))


def configure(home: Path, providers: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the settings of a home: sections of providers by their ids."""
    (home / "core").mkdir(parents=True)
    settings = {"version": "1.0.0", "providers": {"discover": False, **providers}}
    (home / "core" / "config.json").write_text(json.dumps(settings), "utf-8")


def script(verb: str, count: int, pause_ms: float) -> str:
    """Return what lets the scripted agent send so many updates."""
    return f"{verb} {count} {pause_ms}"
