"""The real agents in a real hub, without a network: they ask stand-ins of their vendors, and people for leave."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from atrium.client import Client
from tests.agents.agent_home import AgentHouse, agent_house, entries_of, kinds, text
from tests.agents.processes import gone, kill_all, processes_in

pytestmark = [
    pytest.mark.agents,
    pytest.mark.timeout(120),
    pytest.mark.parametrize("agent", ["claude", "codex", "gemini"]),
]


# Claude and Codex take their sessions up again; Gemini may have lost the last words, and the hub tells it all of them.
REMEMBERED = {
    "claude": ("I remember apple",),
    "codex": ("I remember apple",),
    "gemini": ("I remember apple", "I was told of apple"),
}


async def question(client: Client, *, after: str = "") -> dict[str, Any]:
    """Wait until an agent asks for something, other than what it asked before."""
    async with asyncio.timeout(60):
        while True:
            for found in (await client.call("GET", "/approvals"))["data"]:
                if found["id"] > after:
                    return dict(found)
            await asyncio.sleep(0.05)


async def answer(house: AgentHouse, asked: dict[str, Any], answer: str) -> None:
    """Answer from another client than the one that has sent the message."""
    async with house.daemon.attach() as other:
        path = f"/approvals/{asked['id']}/answer"
        await other.call("POST", path, body={"answer": answer, "digest": asked["digest"]})


async def say(house: AgentHouse, session_id: str, content: str) -> str:
    """Send a message, wait for the end of its turn and return what was said."""
    accepted = await house.client.sessions.send(session_id, content)
    entries = await entries_of(house.client, session_id, accepted.turn_id)
    assert kinds(entries)[-1] == "turn.completed", entries[-1].data
    return text(entries)


def work_folder(house: AgentHouse, session_id: str) -> Path:
    return house.home / "providers" / house.agent / "work" / session_id


def own_home(house: AgentHouse) -> Path:
    return house.home / "providers" / house.agent / "home"


def without_a_network() -> bool:
    """Tell whether there is no way out of this machine: no route but that of the loopback."""
    return len(Path("/proc/net/route").read_text().splitlines()) == 1


async def test_it_thinks_speaks_asks_and_acts(agent: str) -> None:
    assert without_a_network(), "run it with  make test-agents"
    async with agent_house(agent) as house:
        session_id = await house.client.sessions.create(agent)
        accepted = await house.client.sessions.send(session_id, "remember apple")
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries).count("thinking.delta") >= 2
        assert kinds(entries).count("message.delta") >= 2
        assert kinds(entries)[-2:] == ["usage.reported", "turn.completed"]
        assert "speaks." in text(entries, "thinking")
        assert text(entries).endswith("You said: remember apple")

        made = work_folder(house, session_id) / "made.txt"
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await question(house.client)
        assert (asked["sessionId"], asked["risk"]) == (session_id, "high")
        assert "echo written > made.txt" in asked["act"]["command"]
        assert not made.exists()
        await answer(house, asked, "allow")
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.completed"
        assert text(entries).endswith("I will run it. It is over.")
        assert [one.data["status"] for one in entries if one.type == "sessions.tool.finished.v1"] == ["completed"]
        assert made.read_text() == "written\n"

        accepted = await house.client.sessions.send(session_id, "run echo again > made.txt")
        await answer(house, await question(house.client), "reject")
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.completed"
        assert made.read_text() == "written\n"

        assert (await say(house, session_id, "recall")).endswith("I remember apple")
        assert all(not path.startswith("GET http") for path, _ in house.stand_in.requests)


async def test_a_cancelled_turn_withdraws_its_question(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.client.sessions.create(agent)
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await question(house.client)
        await house.client.call("POST", f"/sessions/{session_id}/cancel")
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.cancelled"
        assert (await house.client.call("GET", f"/approvals/{asked['id']}"))["status"] == "withdrawn"
        assert not (work_folder(house, session_id) / "made.txt").exists()
        assert (await say(house, session_id, "hello")).endswith("You said: hello")


async def test_a_killed_hub_takes_the_session_up_again(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.client.sessions.create(agent)
        await say(house, session_id, "remember apple")
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await question(house.client)
        assert processes_in(own_home(house))
        await house.daemon.kill()
        await gone(own_home(house))
        await house.daemon.start()
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.interrupted"
        made = work_folder(house, session_id) / "made.txt"
        assert not made.exists()
        await house.client.sessions.retry(session_id)
        await answer(house, await question(house.client, after=asked["id"]), "allow")
        assert (await say(house, session_id, "recall")).endswith(REMEMBERED[agent])
        assert made.read_text() == "written\n"


async def test_a_killed_agent_takes_the_session_up_again(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.client.sessions.create(agent)
        await say(house, session_id, "remember apple")
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        await question(house.client)
        kill_all(own_home(house))
        entries = await entries_of(house.client, session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.failed"
        assert entries[-1].data["problem"]["code"] == "PROVIDER_CRASHED"
        assert (await say(house, session_id, "recall")).endswith(REMEMBERED[agent])
        assert not (work_folder(house, session_id) / "made.txt").exists()
