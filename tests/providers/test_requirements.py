"""What a program needs of the machine, and recipes that cannot be used: each refusal says what to do."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.agents import ProgramFolder, ProgramUnsupported, RecipeInvalid, find_recipes
from atrium.adapters.agents.folder import CURRENT, MARK
from atrium.adapters.agents.npm import install_locked
from atrium.adapters.agents.recipes import Recipe, read_recipe
from atrium.adapters.agents.requirements import needs_of_home, needs_to_run, require, this_platform

RECIPE: dict[str, Any] = {
    "name": "Kit", "about": "A kit.", "licence": "MIT", "homepage": "https://example.org", "command": ["kit"],
}  # fmt: skip


def recipe(**more: Any) -> Recipe:
    return Recipe.model_validate({"id": "kit", **RECIPE, **more})


def node_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `node` alone on the PATH that does this."""
    folder.mkdir()
    (folder / "node").write_text(does)
    (folder / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("#!/bin/sh\necho v18.1.0\n", "Node 18.1.0 is too old: it needs 20.0.0"),
        ("#!/bin/sh\nexit 1\n", "Node is not on the PATH"),
        ("#!/bin/sh\necho nonsense\n", "Node is not on the PATH"),
        ("#!/no/such/interpreter\n", "Node is not on the PATH"),
    ],
)
async def test_a_node_that_will_not_do_is_told(
    does: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node_that(does, tmp_path / "bin", monkeypatch)
    kit = recipe(node="20.0.0", platforms=[this_platform()])
    platform, node = await needs_to_run(kit)
    assert (platform.level, platform.message) == ("ok", this_platform())
    assert (node.level, node.message) == ("fail", says)
    with pytest.raises(ProgramUnsupported, match=r"install Node 20.0.0 or newer"):
        require(kit, [platform, node])


async def test_a_node_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.adapters.agents.requirements._ANSWER_SECONDS", 0.05)
    node_that("#!/bin/sh\nread nothing < /dev/zero\n", tmp_path / "bin", monkeypatch)
    [node] = await needs_to_run(recipe(node="20.0.0"))
    assert node.level == "fail"


async def test_without_npm_nothing_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramUnsupported, match=r"install Node with npm"):
        await install_locked(tmp_path, lambda _: None, 0)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("Kit", RECIPE, "name the folder with lower-case letters"),
        ("kit", {**RECIPE, "package": "kit"}, "`version` is missing"),
        ("kit", {**RECIPE, "command": []}, "command"),
        ("kit", [], "recipe.json"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_why_and_harms_no_other(
    name: str, content: Any, says: str, tmp_path: Path
) -> None:
    folder = tmp_path / "recipes" / name
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps(content))
    with pytest.raises(RecipeInvalid, match=says):
        read_recipe(folder)
    assert name not in find_recipes(tmp_path)
    assert "claude" in find_recipes(tmp_path)


def installed(home: Path, version: str) -> ProgramFolder:
    """Return a folder in which a version is installed."""
    folder = ProgramFolder(home, recipe(package="kit", version=version))
    place = folder.folder / version
    place.mkdir(parents=True, exist_ok=True)
    (place / MARK).write_text(json.dumps({"version": version, "digest": "other", "command": ["kit"]}))
    (folder.folder / CURRENT).unlink(missing_ok=True)
    (folder.folder / CURRENT).symlink_to(version)
    return folder


async def test_a_version_in_use_is_kept_until_nobody_runs_it(tmp_path: Path) -> None:
    folder = installed(tmp_path, "1.0.0")
    holding = folder.hold()
    assert holding is not None
    place, held = holding
    assert folder.command(place) == (str(place / "node_modules" / ".bin" / "kit"),)
    assert await folder.remove() is False
    assert (place / MARK).is_file()
    assert folder.hold() is None
    os.close(held)
    folder.tidy()
    assert not place.exists()
    assert await folder.remove() is True


async def test_what_a_killed_installation_left_is_tidied_away(tmp_path: Path) -> None:
    folder = installed(tmp_path, "1.0.0")
    (folder.folder / "1.1.0.partial").mkdir()
    (folder.folder / f"{CURRENT}.partial").symlink_to("1.1.0")
    with (folder.folder / "lock").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        folder.tidy()
        assert (folder.folder / "1.1.0.partial").is_dir(), "another one installs just now"
    folder.tidy()
    assert [entry.name for entry in sorted(folder.folder.iterdir())] == ["1.0.0", CURRENT, "lock"]
    assert await ProgramFolder(tmp_path, recipe(id="none")).remove() is True


def test_a_home_among_temporary_files_is_told_where_an_agent_does_not_work_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    below, elsewhere = tmp_path / "temporary" / "home", tmp_path / "home"
    codex, other = find_recipes(tmp_path)["codex"], recipe()
    (finding,) = needs_of_home(codex, below)
    assert finding.level == "warn"
    assert "Codex's commands do not work there" in finding.message
    assert needs_of_home(codex, elsewhere) == needs_of_home(other, below) == []
