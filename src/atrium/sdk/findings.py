"""What a doctor finds: one line each, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a doctor's: `next` is what to do, empty if nothing."""

    check: str
    level: Level
    message: str
    next: str = ""
