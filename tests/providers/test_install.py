"""Programs of agents: installed whole or not at all, side by side, switched at once, each in a home of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.agents import (
    InstallFailed,
    InstallRunning,
    NoRoomForProgram,
    ProgramMismatch,
    ProgramUnsupported,
    find_recipes,
)
from atrium.adapters.agents.npm import _failure
from atrium.adapters.agents.recipes import SHIPPED, read_recipe
from atrium.adapters.providers.acp import AcpProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import AtriumError, InvalidInput, ProviderCrashed, ProviderNotInstalled
from atrium.sdk.providers import Command, Progress, ProviderEvent
from atrium.testing.provider_suite import text_of, turn
from tests.providers.recipes import needs_npm, write_recipe

pytestmark = needs_npm


def ignore(progress: Progress) -> None:
    """Report to nobody."""


def provider(home: Path, name: str = "coder") -> AcpProvider:
    return AcpProvider(name, home, SystemClock(), find_recipes(home)[name])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the agent was installed once, to be copied."""
    home = tmp_path_factory.mktemp("installed")
    write_recipe(home)
    asyncio.run(provider(home).install_or_update(ignore))
    return home


@pytest.fixture
async def coder(installed: Path, tmp_path: Path) -> AsyncIterator[AcpProvider]:
    """An agent that is installed, its process stopped at the end."""
    shutil.copytree(installed, tmp_path, symlinks=True, dirs_exist_ok=True)
    made = provider(tmp_path)
    await made.configure({})
    try:
        yield made
    finally:
        await made.close()


async def said(agent: AcpProvider, session: str, content: str) -> str:
    return text_of([event async for event in agent.stream_events(session, turn(content))])


async def begun(agent: AcpProvider, session: str) -> AsyncGenerator[ProviderEvent, None]:
    """Return a turn that goes on until it is closed."""
    events = agent.stream_events(session, turn("hang"))
    assert isinstance(events, AsyncGenerator)
    await anext(events)
    return events


def left(home: Path) -> set[str]:
    return {path.name for path in (home / "providers" / "coder").iterdir()}


async def written(file: Path) -> None:
    while not file.exists() or not file.read_text().endswith("\n"):  # noqa: ASYNC110  # by another process
        await asyncio.sleep(0.02)


async def test_what_is_not_installed_says_how_to_install_it(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    agent = provider(tmp_path)
    await agent.configure({})
    assert (agent.availability.status, agent.availability.reason) == (
        "notInstalled",
        "install it: atrium providers install coder",
    )
    with pytest.raises(ProviderNotInstalled, match="atrium providers install coder"):
        await said(agent, "s", "hello")
    [missing] = [one for one in await agent.examine_program() if one.level == "fail"]
    assert (missing.check, missing.next) == ("program", "atrium providers install coder")


async def test_an_installed_agent_answers_and_sees_a_home_of_its_own(
    coder: AcpProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODER_KEY", "for the coder")
    monkeypatch.setenv("OTHER_KEY", "for somebody else")
    own = tmp_path / "providers" / "coder" / "home"
    assert coder.program is not None
    assert (coder.program.installed, coder.program.current, coder.info.name) == ("1.0.0", True, "Coder")
    assert await said(coder, "s", "env HOME") == str(own)
    assert await said(coder, "s", "env XDG_CONFIG_HOME") == str(own / ".config")
    assert await said(coder, "s", "env CODER_KEY") == "for the coder"
    assert await said(coder, "s", "env OTHER_KEY") == "not set"
    assert left(tmp_path) == {"1.0.0", "choices.json", "current", "home", "lock", "sessions", "work"}
    assert {one.check: one.level for one in await coder.examine_program()} == {
        "node": "ok", "npm": "ok", "disk": "ok", "program": "ok", "keys": "ok", "start": "ok",
    }  # fmt: skip


async def test_an_update_leaves_a_running_turn_its_version(coder: AcpProvider, tmp_path: Path) -> None:
    events = await begun(coder, "busy")
    write_recipe(tmp_path, "1.1.0")
    steps: list[str] = []
    newer = provider(tmp_path)
    await newer.install_or_update(lambda progress: steps.append(progress.step))
    assert list(dict.fromkeys(steps)) == ["check", "download", "try", "switch"]
    assert {"1.0.0", "1.1.0"} <= left(tmp_path)
    assert await said(coder, "other", "hello") == "hello "  # beside it, on the version that runs
    process = coder._agent
    await coder.control("busy", Command("mode", {"id": "quick"}))
    assert coder._agent is process
    await events.aclose()
    place = await said(coder, "busy", "place")
    assert await said(coder, "busy", "place") == place
    newer._shipped.tidy()  # type: ignore[union-attr]  # as the next start does
    assert "1.0.0" not in left(tmp_path)
    assert os.readlink(tmp_path / "providers" / "coder" / "current") == "1.1.0"


@pytest.mark.parametrize(
    ("recipe", "error", "named"),
    [
        pytest.param({"wrong": True}, ProgramMismatch, "tell who runs it", id="other bytes than were pinned"),
        pytest.param({"broken": True}, ProviderCrashed, "it does not work here", id="it does not start"),
        pytest.param({"node": "99.0.0"}, ProgramUnsupported, "install Node 99.0.0 or newer", id="an old Node"),
        pytest.param({"platforms": ["plan9-x64"]}, ProgramUnsupported, "plan9-x64", id="no build for this machine"),
        pytest.param({"size": 10**18}, NoRoomForProgram, "then try again", id="a full disk"),
    ],
)
async def test_an_update_that_fails_leaves_the_old_version_working(
    recipe: dict[str, object], error: type[AtriumError], named: str, coder: AcpProvider, tmp_path: Path
) -> None:
    write_recipe(tmp_path, "1.1.0", **recipe)  # type: ignore[arg-type]  # fields of the recipe, or how it is broken
    with pytest.raises(error, match=named):
        await provider(tmp_path).install_or_update(ignore)
    assert left(tmp_path) == {"1.0.0", "current", "home", "lock"}
    assert await said(coder, "s", "hello") == "hello "


async def test_without_npm_there_is_one_line_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recipe(tmp_path)
    node = shutil.which("node")
    assert node is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to(node)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ProgramUnsupported, match="npm is not on the PATH; install npm, which comes with Node"):
        await provider(tmp_path).install_or_update(ignore)
    (tmp_path / "bin" / "node").unlink()
    with pytest.raises(ProgramUnsupported, match="Node is not on the PATH; install Node 18"):
        await provider(tmp_path).install_or_update(ignore)


@pytest.mark.parametrize(
    ("said", "kind", "named"),
    [
        pytest.param(
            "npm error code ENOTFOUND\nnpm error errno ENOTFOUND", InstallFailed, "check the network", id="dns"
        ),
        pytest.param("npm error code ENOSPC\nnpm error no space", NoRoomForProgram, "free some space", id="full"),
        pytest.param(
            "npm error code E404\nnpm error 404 Not Found: x@1", InstallFailed, "npm config get", id="unknown"
        ),
        pytest.param("npm error what it does not tell", InstallFailed, "npm: what it does not tell", id="other"),
        pytest.param("", InstallFailed, "npm gave no reason", id="nothing"),
    ],
)
def test_what_npm_says_becomes_a_next_step(said: str, kind: type[AtriumError], named: str) -> None:
    failure = _failure(said)
    assert isinstance(failure, kind)
    assert named in str(failure)
    assert "\n" not in str(failure)


NPM_THAT_HANGS = """#!/bin/sh
mkdir node_modules && echo half > node_modules/half
echo $$ > "$ATRIUM_TEST_STARTED"
exec sleep 1000
"""


def npm_that_hangs(folder: Path) -> dict[str, str]:
    """Put an npm into a folder that does not end; return the variables by which it is found and says it has started."""
    npm = folder / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM_THAT_HANGS)
    npm.chmod(0o755)
    return {"PATH": f"{npm.parent}:{os.environ['PATH']}", "ATRIUM_TEST_STARTED": str(folder / "started")}


async def test_a_killed_install_leaves_the_old_version_and_is_cleaned_up_at_the_next_start(
    coder: AcpProvider, tmp_path: Path
) -> None:
    write_recipe(tmp_path, "1.1.0")
    started = tmp_path / "started"
    installing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "atrium.app", "providers", "install", "coder"),
        env={**os.environ, **npm_that_hangs(tmp_path), "ATRIUM_HOME": str(tmp_path)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    await written(started)
    with pytest.raises(InstallRunning):
        await provider(tmp_path).install_or_update(ignore)
    installing.kill()
    await installing.wait()
    assert "1.1.0.partial" in left(tmp_path)
    assert await said(coder, "s", "hello") == "hello "
    next_start = provider(tmp_path)
    await next_start.configure({})
    assert "1.1.0.partial" in left(tmp_path), "npm still writes there"
    os.kill(int(started.read_text()), signal.SIGKILL)
    while "1.1.0.partial" in left(tmp_path):
        await next_start.configure({})
    assert left(tmp_path) >= {"1.0.0", "current"}
    await next_start.install_or_update(ignore)
    assert os.readlink(tmp_path / "providers" / "coder" / "current") == "1.1.0"


async def test_cancelling_an_install_ends_npm_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recipe(tmp_path)
    started = tmp_path / "started"
    for name, value in npm_that_hangs(tmp_path).items():
        monkeypatch.setenv(name, value)
    installing = asyncio.create_task(provider(tmp_path).install_or_update(ignore))
    await written(started)
    installing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await installing
    assert left(tmp_path) == {"lock"}
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


async def test_what_a_look_at_a_program_finds(coder: AcpProvider, tmp_path: Path) -> None:
    write_recipe(tmp_path, "1.1.0", variables=[])
    found = {one.check: one for one in await provider(tmp_path).examine_program()}
    assert (found["program"].level, found["program"].next) == ("warn", "atrium providers update coder")
    assert found["program"].message == "Coder 1.0.0 is installed, 1.1.0 is pinned"
    assert "keys" not in found, "it takes none"
    assert (found["start"].level, found["start"].message) == ("ok", "it starts and speaks ACP")
    for program in (tmp_path / "providers" / "coder").glob("1.0.0/node_modules/scripted-agent/agent.py"):
        program.write_text("#!/bin/sh\necho 'worn out' >&2\nexit 2\n")
    found = {one.check: one for one in await coder.examine_program()}
    assert found["start"].level == "fail"
    assert "Coder ended with 2: worn out" in found["start"].message
    assert found["start"].next == "atrium providers remove coder && atrium providers install coder"


async def test_what_is_installed_is_not_installed_again(coder: AcpProvider) -> None:
    steps: list[Progress] = []
    await coder.install_or_update(steps.append)
    assert steps == []


async def test_removing_keeps_what_the_agent_keeps_for_itself(coder: AcpProvider, tmp_path: Path) -> None:
    await said(coder, "s", "hello")
    own = tmp_path / "providers" / "coder" / "home" / "token"
    own.write_text("signed in")
    events = await begun(coder, "busy")
    assert not await coder.remove_program(), "a running turn keeps its version"
    assert coder.availability.status == "notInstalled"
    await events.aclose()
    assert await coder.remove_program()
    assert left(tmp_path) == {"choices.json", "home", "lock", "sessions", "work"}
    assert own.read_text() == "signed in"


async def test_a_program_of_the_users_own_stands_in_its_place(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    agent = provider(tmp_path)
    await agent.configure({"kind": "acp", "command": [sys.executable]})
    assert agent.program is None
    assert agent.availability.status == "active"
    steps: list[Progress] = []
    await agent.install_or_update(steps.append)
    assert (steps, await agent.examine_program()) == ([], ())
    assert await agent.remove_program()
    assert not (tmp_path / "providers").exists()


async def test_a_program_that_no_package_has_says_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write_recipe(tmp_path, package=None, command=["swan", "acp"])
    swan = provider(tmp_path)
    assert "swan is not on the PATH" in (swan.availability.reason or "")
    with pytest.raises(InvalidInput, match="get it at https"):
        await swan.install_or_update(ignore)
    (tmp_path / "swan").write_text("#!/bin/sh\n")
    (tmp_path / "swan").chmod(0o755)
    assert swan.availability.status == "active"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SHIPPED.glob("*/package.json")))
def test_a_shipped_recipe_pins_every_package_by_its_hash(name: str) -> None:
    recipe = read_recipe(SHIPPED / name)
    lock = json.loads((recipe.folder / "package-lock.json").read_text())
    packages = {path: one for path, one in lock["packages"].items() if path}
    assert recipe.package is not None
    assert packages[f"node_modules/{recipe.package}"]["version"] == recipe.version
    assert lock["packages"][""]["dependencies"] == {recipe.package: recipe.version}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values() if not one.get("inBundle"))
    assert not any("resolved" in one for one in packages.values())
    assert recipe.size > 1_000_000
    assert recipe.command[0] in packages[f"node_modules/{recipe.package}"]["bin"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param("{", "line 1 column 2", id="no JSON"),
        pytest.param("[]", "recipe.json", id="a list"),
        pytest.param('{"name": "X"}', "about", id="a missing key"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_left_out_and_named(
    content: str, named: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "recipes" / "odd").mkdir(parents=True)
    (tmp_path / "recipes" / "odd" / "recipe.json").write_text(content)
    assert set(find_recipes(tmp_path)) == {"claude", "codex", "gemini", "goose", "opencode"}
    assert named in caplog.text


async def test_an_agent_without_the_node_it_was_installed_with_is_as_one_that_is_not(
    coder: AcpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProviderNotInstalled, match="Node is not on the PATH; install Node 18"):
        await said(coder, "s", "hello")
