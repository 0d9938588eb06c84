"""Lock the packages of the shipped agents anew: `python -m tools.lock_agents [NAME ...]`, after a version was changed.

npm resolves them from the registry it is configured with; no address of it is kept. It runs none of their scripts.
Then each is installed once into a scratch folder, to measure the size its recipe states.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from atrium.adapters.agents.recipes import LOCK_FILE, PACKAGE_FILE, RECIPE_FILE, SHIPPED

LOCK = ("npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit")
INSTALL = ("npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")


def lock(folder: Path) -> None:
    """Write one agent's lock and the size of what it installs."""
    data = json.loads((folder / RECIPE_FILE).read_text("utf-8"))
    package = {"name": f"atrium-{folder.name}", "private": True, "dependencies": {data["package"]: data["version"]}}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / PACKAGE_FILE).write_text(json.dumps(package, indent=2) + "\n", "utf-8")
        subprocess.run(LOCK, cwd=scratch, check=True)
        drop_unlocked(scratch / LOCK_FILE)
        subprocess.run(INSTALL, cwd=scratch, check=True)
        data["size"] = sum(file.lstat().st_size for file in scratch.rglob("*") if not file.is_dir())
        for file in (PACKAGE_FILE, LOCK_FILE):
            shutil.copyfile(scratch / file, folder / file)
    (folder / RECIPE_FILE).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


def drop_unlocked(file: Path) -> None:
    """Take out builds for other platforms that the registry does not have: nothing may be fetched without a hash.

    The recipe's `platforms` must then name only those that are left.
    """
    data = json.loads(file.read_text("utf-8"))
    known = {path.rpartition("node_modules/")[2] for path in data["packages"]}
    for package in data["packages"].values():
        if "optionalDependencies" in package:
            wanted = package["optionalDependencies"].items()
            package["optionalDependencies"] = {name: version for name, version in wanted if name in known}
    file.write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def main() -> None:
    """Lock those named, or all that are made of packages."""
    names = sys.argv[1:] or sorted(file.parent.name for file in SHIPPED.glob(f"*/{PACKAGE_FILE}"))
    for name in names:
        lock(SHIPPED / name)
        print(f"{name}: locked")


if __name__ == "__main__":
    main()
