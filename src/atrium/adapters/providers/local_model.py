"""The file of the embedded model as a program that the hub fetches: what it is, and whether it can run here."""

from __future__ import annotations

from atrium.adapters.models import ModelEntry
from atrium.sdk.findings import Finding
from atrium.sdk.providers import Availability, Program


def program_of(entry: ModelEntry, *, is_here: bool) -> Program:
    """Return a model of the catalogue as a program; its version is its name."""
    return Program(
        id="local",
        kind="model",
        name="Local model",
        about=f"{entry.title}, {entry.quality}. It runs on this machine and needs no key.",
        licence=entry.licence,
        homepage="",
        package=entry.name,
        version=entry.name,
        installed=entry.name if is_here else None,
        current=is_here,
        size=entry.size,
    )


def findings(entry: ModelEntry, engine: str, available: Availability) -> list[Finding]:
    """Return whether the engine and the model are here, from what keeps the provider from taking a turn."""
    if available.status == "unavailable":
        return [Finding("engine", "fail", f"the package {engine} is not installed", "install atrium-hub[local]")]
    found = [Finding("engine", "ok", f"the package {engine} is installed")]
    if available.status == "active":
        return [*found, Finding("model", "ok", f"{entry.title} is here")]
    return [*found, Finding("model", "fail", f"{entry.title} is not here", f"atrium models pull {entry.name}")]
