"""Recipes for tests: the scripted agent as an npm package in a file, so that npm installs it from nowhere else."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

AGENT = Path(__file__).with_name("scripted_agent.py")
PROGRAM = f"""#!{sys.executable}
import runpy, sys
BROKEN = {{broken}}
if BROKEN:
    sys.exit("it does not work here")
runpy.run_path({str(AGENT)!r}, run_name="__main__")
"""

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


def write_recipe(
    home: Path, version: str = "1.0.0", *, broken: bool = False, wrong: bool = False, **fields: Any
) -> Path:
    """Write the recipe `coder` into a home. `broken`: its program does not start; `wrong`: the hash is another one."""
    folder = home / "recipes" / "coder"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"scripted-agent-{version}.tgz"
    archive.write_bytes(_package(version, broken=broken))
    digest = hashlib.sha512(b"else" if wrong else archive.read_bytes()).digest()
    reference = f"file:{archive}"
    root = {"name": "atrium-coder", "dependencies": {"scripted-agent": reference}}
    locked = {
        "version": version,
        "resolved": reference,
        "integrity": f"sha512-{base64.b64encode(digest).decode()}",
        "bin": {"scripted-agent": "agent.py"},
    }
    lock = {"name": "atrium-coder", "lockfileVersion": 3, "packages": {"": root, "node_modules/scripted-agent": locked}}
    recipe = {
        "name": "Coder",
        "about": "Does what a message says.",
        "licence": "Apache-2.0",
        "homepage": "https://example.org/coder",
        "package": "scripted-agent",
        "version": version,
        "command": ["scripted-agent"],
        "node": "18.0.0",
        "size": 20_000,
        "variables": ["CODER_KEY"],
    }
    for name, data in (("recipe", {**recipe, **fields}), ("package", root), ("package-lock", lock)):
        (folder / f"{name}.json").write_text(json.dumps(data), "utf-8")
    return folder


def _package(version: str, *, broken: bool) -> bytes:
    described = {"name": "scripted-agent", "version": version, "bin": {"scripted-agent": "agent.py"}}
    files = {"package.json": json.dumps(described), "agent.py": PROGRAM.format(broken=broken)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(content.encode()), 0o755
            archive.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()
