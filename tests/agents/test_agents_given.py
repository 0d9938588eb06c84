"""What a real agent is given: MCP servers of its project, images of messages, and nothing meant for somebody else."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import pytest

from tests.agents.agent_home import AGENTS, agent_house, kinds, only
from tests.agents.processes import descendants, given
from tests.sessions.pictures import png

pytestmark = [pytest.mark.agents, pytest.mark.timeout(120), pytest.mark.parametrize("agent", AGENTS)]

NOTES = [sys.executable, str(Path(__file__).with_name("notes_server.py"))]
CANARY = "canary-5f0c1d"
KEYS = {"claude": "ANTHROPIC_API_KEY", "codex": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}


async def test_it_calls_a_tool_of_its_projects_mcp_server_after_leave(agent: str) -> None:
    notes = {"command": NOTES, "env": {"NOTES_TOKEN": {"env": "OUR_TOKEN"}}, "projects": ["{project}"]}
    async with agent_house(agent, variables={"OUR_TOKEN": "ours"}, mcpServers={"notes": notes}) as house:
        elsewhere = await house.session()
        assert (await house.say(elsewhere, "call look_up pear")).endswith("There is no look_up.")
        session_id = await house.session(project=house.project)
        asked, entries = await house.allowed(session_id, "call look_up pear")
        assert asked["sessionId"] == session_id
        assert "look_up" in json.dumps(asked)
        assert kinds(entries)[-1] == "turn.completed"
        [finished] = only(entries, "tool.finished")
        assert "look_up" in finished["name"]
        assert "pear means a green fruit, says ours" in finished["output"]
        assert house.stand_in.heard_with("pear means a green fruit, says ours")


async def test_its_vendor_sees_the_image_of_a_message(agent: str) -> None:
    image = png(40, 30)
    async with agent_house(agent) as house:
        session_id = await house.session()
        kept = await house.client.sessions.attach(session_id, "plum.png", "image/png", image)
        accepted = await house.client.sessions.send(session_id, "look", attachments=[kept.attachment_id])
        assert kinds(await house.entries(session_id, accepted.turn_id))[-1] == "turn.completed"
        assert house.stand_in.heard_with(base64.b64encode(image).decode())


async def test_no_secret_of_others_reaches_it(agent: str) -> None:
    others = [name for name in AGENTS if name != agent]
    settings = {name: {"kind": "acp", "env": {KEYS[name]: CANARY}} for name in others} | {
        "gpt": {"kind": "model", "model": "one", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": CANARY},
        "mcpServers": {"notes": {"command": NOTES, "env": {"NOTES_TOKEN": CANARY}, "projects": ["/elsewhere"]}},
    }
    variables = {"GITHUB_TOKEN": CANARY, "AWS_SECRET_ACCESS_KEY": CANARY} | {KEYS[name]: CANARY for name in others}
    async with agent_house(agent, variables=variables, **settings) as house:
        assert CANARY in given(house.daemon.pid)
        session_id = await house.session(project=house.project)
        accepted = await house.client.sessions.send(session_id, "run env")
        asked = await house.question()
        processes = [given(number) for number in descendants(house.daemon.pid)]
        assert any(f"HOME={house.own_home}" in one for one in processes)
        assert not [one for one in processes if CANARY in one]
        await house.answer(asked, "allow")
        assert kinds(await house.entries(session_id, accepted.turn_id))[-1] == "turn.completed"

        heard = [json.dumps([one.line, dict(one.headers), one.body]) for one in house.stand_in.heard]
        assert any(f"HOME={house.own_home}" in one for one in heard), "it was told what its own commands get"
        assert not [one for one in heard if CANARY in one]
        kept = [path for path in house.own_home.parent.rglob("*") if path.is_file() and not path.is_symlink()]
        assert not [path for path in kept if CANARY.encode() in path.read_bytes()]
