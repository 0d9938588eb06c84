"""The real agents in a real hub, without a network: they ask stand-ins of their vendors, and people for leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agents.agent_home import AGENTS, agent_house, kinds, only, text
from tests.agents.processes import gone, kill_all, processes_in

pytestmark = [pytest.mark.agents, pytest.mark.timeout(120), pytest.mark.parametrize("agent", AGENTS)]


# Claude and Codex take their sessions up again; Gemini may have lost the last words, and the hub tells it all of them.
REMEMBERED = {
    "claude": ("I remember apple",),
    "codex": ("I remember apple",),
    "gemini": ("I remember apple", "I was told of apple"),
}


REJECTED = {"claude": "turn.completed", "codex": "turn.cancelled", "gemini": "turn.completed"}
"""How a turn ends in which something was not allowed: Codex stops."""


def without_a_network() -> bool:
    """Tell whether there is no way out of this machine: no route but that of the loopback."""
    return len(Path("/proc/net/route").read_text().splitlines()) == 1


async def test_it_thinks_speaks_asks_and_acts(agent: str) -> None:
    assert without_a_network(), "run it with  make test-agents"
    async with agent_house(agent) as house:
        session_id = await house.session()
        entries = await house.turn(session_id, "remember apple")
        assert kinds(entries).count("thinking.delta") >= 2
        assert kinds(entries).count("message.delta") >= 2
        assert kinds(entries)[-2:] == ["usage.reported", "turn.completed"]
        assert "speaks." in text(entries, "thinking")
        assert text(entries).endswith("You said: remember apple")

        made = house.work_folder(session_id) / "made.txt"
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await house.question()
        assert (asked["sessionId"], asked["risk"]) == (session_id, "high")
        assert "echo written > made.txt" in asked["act"]["command"]
        assert not made.exists()
        await house.answer(asked, "allow")
        entries = await house.entries(session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.completed"
        assert text(entries).endswith("I will run it. It is over.")
        assert [one["status"] for one in only(entries, "tool.finished")] == ["completed"]
        assert made.read_text() == "written\n"

        accepted = await house.client.sessions.send(session_id, "run echo again > made.txt")
        await house.answer(await house.question(), "reject")
        entries = await house.entries(session_id, accepted.turn_id)
        assert kinds(entries)[-1] == REJECTED[agent]
        assert made.read_text() == "written\n"

        assert (await house.say(session_id, "recall")).endswith("I remember apple")
        assert not any(one.line.startswith("GET http") for one in house.stand_in.heard)


async def test_a_cancelled_turn_withdraws_its_question(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.session()
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await house.question()
        await house.client.call("POST", f"/sessions/{session_id}/cancel")
        entries = await house.entries(session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.cancelled"
        assert (await house.client.call("GET", f"/approvals/{asked['id']}"))["status"] == "withdrawn"
        assert not (house.work_folder(session_id) / "made.txt").exists()
        assert (await house.say(session_id, "hello")).endswith("You said: hello")


async def test_a_killed_hub_takes_the_session_up_again(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.session()
        await house.say(session_id, "remember apple")
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        asked = await house.question()
        assert processes_in(house.own_home)
        await house.daemon.kill()
        await gone(house.own_home)
        await house.daemon.start()
        entries = await house.entries(session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.interrupted"
        made = house.work_folder(session_id) / "made.txt"
        assert not made.exists()
        await house.client.sessions.retry(session_id)
        await house.answer(await house.question(after=asked["id"]), "allow")
        assert (await house.say(session_id, "recall")).endswith(REMEMBERED[agent])
        assert made.read_text() == "written\n"


async def test_a_killed_agent_takes_the_session_up_again(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.session()
        await house.say(session_id, "remember apple")
        accepted = await house.client.sessions.send(session_id, "run echo written > made.txt")
        await house.question()
        kill_all(house.own_home)
        entries = await house.entries(session_id, accepted.turn_id)
        assert kinds(entries)[-1] == "turn.failed"
        assert entries[-1].data["problem"]["code"] == "PROVIDER_CRASHED"
        assert (await house.say(session_id, "recall")).endswith(REMEMBERED[agent])
        assert not (house.work_folder(session_id) / "made.txt").exists()
