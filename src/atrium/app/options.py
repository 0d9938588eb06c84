"""What the command line says about a start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How to start; None leaves it to the settings."""

    host: str | None = None
    port: int | None = None
    plugins: tuple[str, ...] | None = None
