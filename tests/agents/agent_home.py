"""Homes for the real agents: installed once by our own installer, then shared by every test's home."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium.client import Client, Entry
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.agents.stand_ins import anthropic, gemini, openai
from tests.agents.stand_ins.server import StandIn, standing_in

ROOT = Path(__file__).parents[2]
INSTALLED = Path(os.environ.get("ATRIUM_TEST_AGENTS", ROOT / "build" / "test-agents"))

VENDORS = {"claude": anthropic.respond, "codex": openai.respond, "gemini": gemini.respond}

CODEX = """\
model = "stand-in"
model_provider = "stand-in"
model_reasoning_summary = "detailed"

[model_providers.stand-in]
name = "A stand-in"
base_url = "{address}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
"""


@contextmanager
def home_with(agent: str, address: str) -> Iterator[Path]:
    """Yield a home in which an agent is installed that takes an address for its vendor's.

    It is not below the temporary folder: there Codex's sandbox does not let its own commands begin.
    """
    INSTALLED.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="home-", dir=INSTALLED.parent))
    try:
        place = folder / "providers" / agent
        place.mkdir(parents=True)
        version = os.readlink(INSTALLED / "providers" / agent / "current")
        (place / version).symlink_to(INSTALLED / "providers" / agent / version)
        (place / "current").symlink_to(version)
        if agent == "codex":
            (place / "home" / ".codex").mkdir(parents=True)
            (place / "home" / ".codex" / "config.toml").write_text(CODEX.format(address=address))
        (folder / "core").mkdir()
        settings = {"version": "1.0.0", "providers": {agent: {"kind": "acp", "env": environment(agent, address)}}}
        (folder / "core" / "config.json").write_text(json.dumps(settings))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(agent: str, address: str) -> dict[str, str]:
    """Return what makes an agent ask this address."""
    return {
        "claude": {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": address},
        "codex": {"OPENAI_API_KEY": "none"},
        "gemini": {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": address},
    }[agent]


@dataclass
class AgentHouse:
    """A hub with one real agent, and the stand-in of its vendor."""

    agent: str
    home: Path
    daemon: DaemonProcess
    stand_in: StandIn
    client: Client


@asynccontextmanager
async def agent_house(agent: str) -> AsyncIterator[AgentHouse]:
    """Run a hub with an agent on a stand-in, and a client."""
    async with standing_in(VENDORS[agent]) as stand_in:
        with home_with(agent, stand_in.address) as home:
            async with running_daemon(home) as daemon, daemon.attach() as client:
                yield AgentHouse(agent, home, daemon, stand_in, client)


async def entries_of(client: Client, session_id: str, turn_id: str) -> list[Entry]:
    """Follow a session until a turn has ended and return all entries of that turn."""
    found: list[Entry] = []
    async for entry in client.follow(session_id):
        if entry.data.get("turnId") == turn_id:
            found.append(entry)
            if entry.type.startswith("sessions.turn.") and entry.type != "sessions.turn.started.v1":
                return found
    raise AssertionError("the stream ended before the turn")


def kinds(entries: list[Entry]) -> list[str]:
    """Return the types of entries without what all have in common."""
    return [entry.type.removeprefix("sessions.").removesuffix(".v1") for entry in entries]


def text(entries: list[Entry], kind: str = "message") -> str:
    """Return what was said (or thought) in the end."""
    return "".join(str(entry.data["content"]) for entry in entries if entry.type == f"sessions.{kind}.completed.v1")


def contents(value: Any) -> str:
    """Return anything as text to look into."""
    return json.dumps(value, default=str)
