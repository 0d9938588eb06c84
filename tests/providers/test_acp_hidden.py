"""S17: no key that an agent was given is told by the hub, where the agent says it in an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrium.adapters.providers.acp_hidden import Hidden
from atrium.testing.daemon import running_daemon
from tests.providers.test_acp_hard_agents import AGENT

CANARY = "canary-of-an-agent"
TOKEN = "canary-of-a-server"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATRIUM_HOME", raising=False)
    monkeypatch.setenv("AGENTS_OWN", CANARY)
    monkeypatch.setenv("SERVERS_OWN", f"Bearer {TOKEN}")
    folder = tmp_path / "home"
    (folder / "core").mkdir(parents=True)
    coder = {"kind": "acp", "name": "Coder", **AGENT, "env": {**AGENT["env"], "GIVEN": {"env": "AGENTS_OWN"}}}
    tools = {"url": "http://127.0.0.1:9/mcp", "headers": {"Authorization": {"env": "SERVERS_OWN"}}}
    settings = {"version": "1.0.0", "providers": {"coder": coder, "mcpServers": {"tools": tools}, "attempts": 1}}
    (folder / "core" / "config.json").write_text(json.dumps(settings))
    return folder


def kept(home: Path) -> Iterator[bytes]:
    return (file.read_bytes() for file in home.rglob("*") if file.is_file())


async def test_no_byte_of_the_hub_has_a_key_that_an_agent_lets_slip(home: Path) -> None:
    told = []
    async with running_daemon(home) as daemon, daemon.attach() as client:
        for script in ("betray", "blurt"):
            session_id = await client.sessions.create("coder")
            await client.sessions.send(session_id, script)
            async for entry in client.follow(session_id):
                told.append(json.dumps(entry.data))
                if entry.type == "sessions.turn.failed.v1":
                    break
            assert "refused: *** ***" in told[-1]
    for produced in (*(line.encode() for line in told), *kept(home)):
        assert CANARY.encode() not in produced
        assert TOKEN.encode() not in produced


def test_what_is_called_a_key_is_hidden_and_what_is_short_is_not() -> None:
    hidden = Hidden({"SOME_API_KEY": "sk-12345", "NAME": "somebody", "GIVEN": "elsewhere", "AUTH": "yes"}, ["GIVEN"])
    assert hidden.without("yes: sk-12345 of somebody elsewhere") == "yes: *** of somebody ***"
