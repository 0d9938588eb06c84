"""An agent asks in a chat, and is answered there."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from atrium.testing.daemon import running_daemon
from tests.app.terminal import CTRL_D, ENTER, terminal
from tests.app.test_chat import PROMPT

AGENT = [sys.executable, str(Path(__file__).parents[1] / "providers" / "scripted_agent.py")]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "core").mkdir(parents=True)
    settings = {"version": "1.0.0", "providers": {"coder": {"kind": "acp", "name": "Coder", "command": AGENT}}}
    (folder / "core" / "config.json").write_text(json.dumps(settings))
    return folder


async def test_an_agent_that_asks_is_answered_in_the_chat(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    async with running_daemon(home), terminal("chat", "-p", "coder", home=home) as screen:
        await screen.until("coder answers")
        screen.type(f"write {made}{ENTER}")
        await screen.until("The agent waits for you: may it do this?")
        await screen.until("+written")
        await screen.until("/allow lets it")
        await screen.until(PROMPT)
        assert not made.exists()
        screen.type(f"/allow{ENTER}")
        await screen.until(PROMPT)
        assert made.read_text() == "written"
        screen.type(f"run make{ENTER}")
        await screen.until("sh -c make")
        await screen.until("/allow lets it")
        await screen.until(PROMPT)
        screen.type(f"/reject use ninja{ENTER}")
        await screen.until("did not allow this: make")
        await screen.until(PROMPT)
        screen.type(f"/allow{ENTER}")
        await screen.until("Nothing waits for your answer here")
        await screen.until(PROMPT)
        screen.type(CTRL_D)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_an_agent_works_in_the_folder_it_is_given(home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    async with running_daemon(home), terminal("chat", "-p", "coder", "--in", str(project), home=home) as screen:
        await screen.until(f"coder answers in {project}")
        screen.type(f"run make{ENTER}")
        await screen.until("sh -c make")
        await screen.until(str(project))
        await screen.until(PROMPT)
        screen.type(f"/reject{ENTER}")
        await screen.until("this was not allowed: make")
        await screen.until(PROMPT)
        screen.type(CTRL_D)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_what_works_in_no_folder_is_not_given_one(home: Path, tmp_path: Path) -> None:
    async with running_daemon(home), terminal("chat", "-p", "echo", "--in", str(tmp_path), home=home) as screen:
        await screen.until("echo works in no folder: leave out --in")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 1
