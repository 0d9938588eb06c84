"""The file of the embedded model as a program that the hub fetches: what it is, and whether it can run here."""

from __future__ import annotations

from atrium.adapters.models import ModelEntry
from atrium.sdk.findings import Finding
from atrium.sdk.phrases import phrase
from atrium.sdk.programs import Program
from atrium.sdk.providers import Availability


def program_of(entry: ModelEntry, *, is_here: bool) -> Program:
    """Return a model of the catalogue as a program; its version is its name."""
    return Program(
        id="local",
        kind="model",
        name=phrase("local.name", "Local model"),
        about=phrase(
            "local.about",
            f"{entry.title}, {entry.quality}. It runs on this machine and needs no key.",
            model=entry.title,
            quality=entry.quality,
        ),
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
        missing = phrase("local.package_missing", f"the package {engine} is not installed", engine=engine)
        step = phrase("local.install_package", "install atrium-hub[local]")
        return [Finding("engine", "fail", missing, step)]
    here = phrase("local.package_here", f"the package {engine} is installed", engine=engine)
    found = [Finding("engine", "ok", here)]
    if available.status == "active":
        here = phrase("local.model_here", f"{entry.title} is here", model=entry.title)
        return [*found, Finding("model", "ok", here)]
    missing = phrase("local.model_not_here", f"{entry.title} is not here", model=entry.title)
    return [*found, Finding("model", "fail", missing, f"atrium models pull {entry.name}")]
