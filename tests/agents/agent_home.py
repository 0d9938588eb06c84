"""Homes for the real agents: installed once by our own installer, then shared by every test's home."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium.client import Client, Entry
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.agents.stand_ins import anthropic, gemini, openai
from tests.agents.stand_ins.server import StandIn, Vendor, standing_in

ROOT = Path(__file__).parents[2]
INSTALLED = Path(os.environ.get("ATRIUM_TEST_AGENTS", ROOT / "build" / "test-agents"))

VENDORS: Mapping[str, Vendor] = {"claude": anthropic, "codex": openai, "gemini": gemini}
AGENTS = tuple(VENDORS)

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
def home_with(addresses: Mapping[str, str], **providers: Any) -> Iterator[Path]:
    """Yield a home in which agents are installed that take each an address for its vendor's.

    `providers` are further settings, in which `{project}` stands for the folder `project` beside the home. The home is
    not below the temporary folder: there Codex's sandbox does not let its own commands begin.
    """
    INSTALLED.mkdir(parents=True, exist_ok=True)
    outer = Path(tempfile.mkdtemp(prefix="home-", dir=INSTALLED.parent))
    folder, project = outer / "home", outer / "project"
    try:
        project.mkdir()
        folder.mkdir()
        for agent, address in addresses.items():
            _install(agent, folder / "providers" / agent, address)
            providers[agent] = {"kind": "acp", "env": environment(agent, address)}
        (folder / "core").mkdir()
        settings = json.dumps({"version": "1.0.0", "providers": providers})
        (folder / "core" / "config.json").write_text(settings.replace("{project}", str(project)))
        yield folder
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _install(agent: str, place: Path, address: str) -> None:
    place.mkdir(parents=True)
    version = os.readlink(INSTALLED / "providers" / agent / "current")
    (place / version).symlink_to(INSTALLED / "providers" / agent / version)
    (place / "current").symlink_to(version)
    if agent == "codex":
        (place / "home" / ".codex").mkdir(parents=True)
        (place / "home" / ".codex" / "config.toml").write_text(CODEX.format(address=address))


def environment(agent: str, address: str) -> dict[str, str]:
    """Return what makes an agent ask this address."""
    return {
        "claude": {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": address},
        "codex": {"OPENAI_API_KEY": "none"},
        "gemini": {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": address},
    }[agent]


@dataclass
class AgentHouse:
    """A hub with real agents, and the stand-ins of their vendors; `agent` is the one that a test is about."""

    agent: str
    home: Path
    daemon: DaemonProcess
    stand_ins: Mapping[str, StandIn]
    client: Client

    @property
    def stand_in(self) -> StandIn:
        """Return the stand-in of the agent's vendor."""
        return self.stand_ins[self.agent]

    @property
    def own_home(self) -> Path:
        """Return the folder that the agent has in place of the user's home."""
        return self.home / "providers" / self.agent / "home"

    @property
    def project(self) -> Path:
        """Return a folder to work in."""
        return self.home.parent / "project"

    def work_folder(self, session_id: str) -> Path:
        """Return where a session works that names no folder."""
        return self.home / "providers" / self.agent / "work" / session_id

    async def session(self, *, project: Path | None = None) -> str:
        """Begin a session with the agent."""
        return await self.client.sessions.create(self.agent, settings={"cwd": str(project)} if project else None)

    async def question(self, *, after: str = "") -> dict[str, Any]:
        """Wait until an agent asks for something, other than what it asked before."""
        async with asyncio.timeout(60):
            while True:
                for found in (await self.client.call("GET", "/approvals"))["data"]:
                    if found["id"] > after:
                        return dict(found)
                await asyncio.sleep(0.05)

    async def answer(self, asked: dict[str, Any], answer: str) -> None:
        """Answer from another client than the one that has sent the message."""
        async with self.daemon.attach() as other:
            path = f"/approvals/{asked['id']}/answer"
            await other.call("POST", path, body={"answer": answer, "digest": asked["digest"]})

    async def entries(self, session_id: str, turn_id: str) -> list[Entry]:
        """Follow a session until a turn has ended and return all entries of that turn."""
        found: list[Entry] = []
        async for entry in self.client.follow(session_id):
            if entry.data.get("turnId") == turn_id:
                found.append(entry)
                if entry.type.startswith("sessions.turn.") and entry.type != "sessions.turn.started.v1":
                    return found
        raise AssertionError("the stream ended before the turn")

    async def turn(self, session_id: str, content: str) -> list[Entry]:
        """Send a message and return all entries of its turn when that is over."""
        accepted = await self.client.sessions.send(session_id, content)
        return await self.entries(session_id, accepted.turn_id)

    async def say(self, session_id: str, content: str) -> str:
        """Send a message, wait until its turn is completed and return what was said."""
        entries = await self.turn(session_id, content)
        assert kinds(entries)[-1] == "turn.completed", entries[-1].data
        return text(entries)

    async def allowed(self, session_id: str, content: str) -> tuple[dict[str, Any], list[Entry]]:
        """Send a message and allow what the agent then asks for; return the question, and all entries of the turn."""
        accepted = await self.client.sessions.send(session_id, content)
        asked = await self.question()
        await self.answer(asked, "allow")
        return asked, await self.entries(session_id, accepted.turn_id)


@asynccontextmanager
async def agent_house(
    agent: str, *others: str, variables: Mapping[str, str] | None = None, **providers: Any
) -> AsyncIterator[AgentHouse]:
    """Run a hub with agents on stand-ins, and a client; `variables` are of its environment, `providers` settings."""
    async with AsyncExitStack() as stack:
        stand_ins = {one: await stack.enter_async_context(standing_in(VENDORS[one])) for one in (agent, *others)}
        addresses = {one: stand_in.address for one, stand_in in stand_ins.items()}
        home = stack.enter_context(home_with(addresses, **providers))
        daemon = await stack.enter_async_context(running_daemon(home, ready=True, **(variables or {})))
        client = await stack.enter_async_context(daemon.attach())
        yield AgentHouse(agent, home, daemon, stand_ins, client)


def kinds(entries: list[Entry]) -> list[str]:
    """Return the types of entries without what all have in common."""
    return [entry.type.removeprefix("sessions.").removesuffix(".v1") for entry in entries]


def text(entries: list[Entry], kind: str = "message") -> str:
    """Return what was said (or thought) in the end."""
    return "".join(str(entry.data["content"]) for entry in entries if entry.type == f"sessions.{kind}.completed.v1")


def only(entries: list[Entry], kind: str) -> list[dict[str, Any]]:
    """Return the data of the entries of one kind."""
    return [dict(entry.data) for entry in entries if entry.type == f"sessions.{kind}.v1"]
