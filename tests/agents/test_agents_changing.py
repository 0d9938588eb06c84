"""A session of a real agent that changes: to another agent where one is at its limit, another model, another mode."""

from __future__ import annotations

import re

import pytest

from tests.agents.agent_home import AGENTS, agent_house, kinds, only, text

pytestmark = [pytest.mark.agents, pytest.mark.timeout(120)]


MODELS = {"claude": "haiku", "codex": "gpt-5.5", "gemini": "gemini-2.5-pro"}
UNASKED = {"claude": "dontAsk", "codex": "agent-full-access", "gemini": "yolo"}
"""Modes in which nobody is asked: Claude Code then does nothing that needs leave, the others do it."""
OUTPUT = {"claude": r"completed: [^\]]*baked", "codex": r"completed: [^\]]*baked", "gemini": "completed: no output"}
"""What the next one is told that the command put out; Gemini CLI does not say."""
LIMITS = {"claude": "PROVIDER_RATE_LIMIT", "codex": "PROVIDER_QUOTA", "gemini": "PROVIDER_RATE_LIMIT"}


@pytest.mark.parametrize("agent", AGENTS)
async def test_its_vendor_is_asked_as_the_session_chooses(agent: str) -> None:
    async with agent_house(agent) as house:
        session_id = await house.session()
        await house.say(session_id, "one")
        assert MODELS[agent] not in house.stand_in.model
        await house.client.sessions.choose(session_id, model=MODELS[agent])
        await house.say(session_id, "two")
        assert MODELS[agent] in house.stand_in.model
        await house.client.sessions.choose(session_id, mode=UNASKED[agent])
        entries = await house.turn(session_id, "run echo unasked > made.txt")
        assert kinds(entries)[-1] == "turn.completed", entries[-1].data
        assert not any(kind.startswith("approval") for kind in kinds(entries))
        assert (house.work_folder(session_id) / "made.txt").exists() is (agent != "claude")

        if agent != "codex":  # which no longer offers the model of its own settings once another was chosen
            await house.client.sessions.choose(session_id, model="", mode="")
            await house.say(session_id, "three")
            assert MODELS[agent] not in house.stand_in.model


@pytest.mark.parametrize(("agent", "next_one"), [("claude", "codex"), ("codex", "gemini"), ("gemini", "claude")])
async def test_where_one_is_at_its_limit_another_knows_what_was_said(agent: str, next_one: str) -> None:
    async with agent_house(agent, next_one, attempts=1, fallback=[next_one]) as house:
        session_id = await house.session(project=house.project)
        # By itself Gemini CLI asks again for ever which model to ask, and Codex warns of a model that it does not know.
        await house.client.sessions.choose(session_id, model=MODELS[agent])
        await house.say(session_id, "remember apple")
        await house.allowed(session_id, "run echo baked > pie.txt && cat pie.txt")
        house.stand_in.exhausted = True
        entries = await house.turn(session_id, "recall")
        assert kinds(entries)[-1] == "turn.completed", entries[-1].data
        [changed] = only(entries, "provider.changed")
        assert (changed["before"], changed["providerId"], changed["reason"]) == (agent, next_one, "fallback")
        assert changed["problem"]["code"] == LIMITS[agent]
        assert text(entries).endswith("I was told of apple")
        told = house.stand_ins[next_one].heard_with("recall")
        for said in ("remember apple", "You said: remember apple", "echo baked > pie.txt", "It is over."):
            assert said in told
        assert re.search(OUTPUT[agent], told)

        house.stand_in.exhausted = False
        _, entries = await house.allowed(session_id, "run echo more >> pie.txt")
        assert kinds(entries)[-1] == "turn.completed", entries[-1].data
        assert (house.project / "pie.txt").read_text() == "baked\nmore\n"
        assert (await house.client.sessions.get(session_id)).provider_id == next_one
        await house.client.call("POST", f"/sessions/{session_id}/provider", body={"providerId": agent})
        await house.say(session_id, "remember pear")
        assert "run echo more" in house.stand_in.heard_with("remember pear"), "it is told what it has missed"
