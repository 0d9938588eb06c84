"""What a program needs of the machine: each finding says what there is, and what to do if that is not enough."""

from __future__ import annotations

import asyncio
import math
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from atrium.adapters.agents.errors import NoRoomForProgram, ProgramUnsupported
from atrium.adapters.agents.recipes import Recipe
from atrium.sdk.findings import Finding
from atrium.sdk.phrases import phrase, reworded

HEADROOM = 64 << 20
"""Bytes that stay free beside the program, for the database above all."""
_ANSWER_SECONDS = 20.0
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


async def needs_to_run(recipe: Recipe) -> list[Finding]:
    """Look at what the program needs whenever it starts."""
    findings = [_platform(recipe)] if recipe.platforms else []
    return [*findings, await _node(recipe)] if recipe.node else findings


async def needs_to_install(recipe: Recipe, folder: Path) -> list[Finding]:
    """Look at what is needed besides to install it."""
    return [_npm(), _disk(recipe, folder)]


def needs_of_home(recipe: Recipe, home: Path) -> list[Finding]:
    """Look at where the agent keeps what is its own."""
    temporary = Path(tempfile.gettempdir()).resolve()
    if not recipe.outside_temporary or not home.resolve().is_relative_to(temporary):
        return []
    said = f"the hub's home is below {temporary}: {recipe.name}'s commands do not work there"
    found = phrase("agent.home_temporary", said, folder=str(temporary), agent=recipe.name)
    step = phrase("agent.other_home", "start the hub with another home: ATRIUM_HOME")
    return [Finding("home", "warn", found, step)]


def require(recipe: Recipe, findings: Sequence[Finding]) -> None:
    """Raise for the first finding that is a failure, saying what to do."""
    for finding in findings:
        if finding.level == "fail":
            kind = NoRoomForProgram if finding.check == "disk" else ProgramUnsupported
            raise kind(reworded(finding.message, f"{recipe.name}: {finding.message}; {finding.next}"))


def this_platform() -> str:
    """Return the platform as npm's packages name it: `linux-x64`."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


def _platform(recipe: Recipe) -> Finding:
    here = this_platform()
    if here in recipe.platforms:
        return Finding("platform", "ok", here)
    platforms = ", ".join(recipe.platforms)
    step = phrase(
        "requirement.other_platform",
        f"use it on one of {platforms}, or choose another agent",
        platforms=platforms,
    )
    missing = phrase("requirement.no_build", f"there is no build for {here}", platform=here)
    return Finding("platform", "fail", missing, step)


async def _node(recipe: Recipe) -> Finding:
    assert recipe.node is not None
    wanted = phrase(
        "requirement.install_node",
        f"install Node {recipe.node} or newer (https://nodejs.org), then try again",
        version=recipe.node,
    )
    found = await _node_version()
    if found is None:
        return Finding("node", "fail", phrase("requirement.no_node", "Node is not on the PATH"), wanted)
    if _numbers(found) < _numbers(recipe.node):
        said = f"Node {found} is too old: it needs {recipe.node}"
        old = phrase("requirement.old_node", said, version=found, needed=recipe.node)
        return Finding("node", "fail", old, wanted)
    return Finding("node", "ok", f"Node {found}")


async def _node_version() -> str | None:
    """Return the version of the Node on the PATH; None if there is none that answers."""
    node = shutil.which("node")
    if node is None:
        return None
    try:
        process = await asyncio.create_subprocess_exec(
            *(node, "--version"), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = out.decode(errors="replace").strip().removeprefix("v")
    return said if process.returncode == 0 and _numbers(said) else None


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _npm() -> Finding:
    npm = shutil.which("npm")
    if npm is None:
        said = "install npm, which comes with Node (https://nodejs.org), then try again"
        missing = phrase("requirement.no_npm", "npm is not on the PATH")
        return Finding("npm", "fail", missing, phrase("requirement.install_npm", said))
    return Finding("npm", "ok", npm)


def _disk(recipe: Recipe, folder: Path) -> Finding:
    place = next(one for one in (folder, *folder.parents) if one.exists())
    free, needed = shutil.disk_usage(place).free, recipe.size + HEADROOM
    said = f"{free / 1e9:.1f} GB free at {place}, {_gigabytes(needed)} needed"
    text = phrase("requirement.room", said, free=free, place=str(place), needed=needed)
    if free < needed:
        said = f"free {_gigabytes(needed - free)}, then try again"
        return Finding("disk", "fail", text, phrase("requirement.free_room", said, size=needed - free))
    return Finding("disk", "ok", text)


def _gigabytes(size: int) -> str:
    """Return what is needed in the unit of what is free, rounded up."""
    return f"{math.ceil(size / 1e8) / 10:.1f} GB"
