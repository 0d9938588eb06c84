"""MCP servers from the settings: which an agent is told of in which folder, and what is said of those it is not."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_servers import parse_servers, servers_for
from atrium.sdk.clock import SystemClock
from atrium.sdk.providers import Note, TurnRequest
from atrium.testing.provider_suite import text_of
from tests.app.running import run_atrium

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
HERE = "0193a1b2-0000-7000-8000-000000000001"
THERE = "0193a1b2-0000-7000-8000-000000000002"

SERVERS = {
    "notes": {"command": ["sh", "-c", "notes"], "env": {"TOKEN": {"env": "NOTES_TOKEN"}, "MODE": "quick"}},
    "wiki": {"url": "https://wiki.example/mcp", "headers": {"Authorization": "Bearer one"}},
    "off": {"command": ["sh"], "enabled": False},
}


async def told(agent: AcpProvider, session_id: str, cwd: Path) -> list[dict[str, Any]]:
    """Return the servers that an agent says it was told of."""
    turn = TurnRequest(session_id, "turn-1", "servers", settings={"cwd": str(cwd)})
    return list(json.loads(text_of([event async for event in agent.stream_events(session_id, turn)])))


async def test_a_session_has_the_servers_of_its_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTES_TOKEN", "mine")
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "project")
    servers = parse_servers({**SERVERS, "ours": {"command": ["sh"], "projects": [str(tmp_path / "linked")]}})

    def agent() -> AcpProvider:
        return AcpProvider("scripted", tmp_path / "home", SystemClock(), servers=servers)

    first = agent()
    await first.configure({"command": AGENT})
    notes, wiki = await told(first, THERE, tmp_path / "bin")
    assert notes["env"] == [{"name": "TOKEN", "value": "mine"}, {"name": "MODE", "value": "quick"}]
    assert (notes["name"], notes["command"], notes["args"]) == ("notes", shutil.which("sh"), ["-c", "notes"])
    assert wiki == {
        "type": "http",
        "name": "wiki",
        "url": "https://wiki.example/mcp",
        "headers": [{"name": "Authorization", "value": "Bearer one"}],
    }
    inside = await told(first, HERE, tmp_path / "project" / "src")
    assert [one["name"] for one in inside] == ["notes", "wiki", "ours"]
    await first.close()
    second = agent()
    await second.configure({"command": AGENT})
    assert await told(second, HERE, tmp_path / "project" / "src") == inside, "a session that is taken up has them too"
    await second.close()


@pytest.mark.parametrize(
    ("server", "why"),
    [
        pytest.param({"command": ["sh"], "env": {"K": {"env": "NOT_SET_AT_ALL"}}}, "it names NOT_SET_AT_ALL"),
        pytest.param({"command": ["no-such-server"]}, "no-such-server is not on the PATH: install it"),
        pytest.param({"url": "https://x.example", "type": "sse"}, "the agent does not speak MCP over sse"),
    ],
)
def test_a_server_that_cannot_be_used_is_left_out_and_named(
    server: dict[str, Any], why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given, left_out = servers_for(
        parse_servers({"broken": server, "fine": {"command": ["sh"]}}), str(tmp_path), ["http"]
    )
    assert [one["name"] for one in given] == ["fine"]
    assert f"providers.mcpServers.broken is left out: {why}" in caplog.text
    assert left_out["broken"].startswith(why)


async def test_a_session_is_told_once_of_the_servers_it_does_without(tmp_path: Path) -> None:
    servers = parse_servers({"gone": {"command": ["no-such-server"]}, "off": {"command": ["x"], "enabled": False}})
    agent = AcpProvider("scripted", tmp_path / "home", SystemClock(), servers=servers)
    await agent.configure({"command": AGENT})
    (tmp_path / "project").mkdir()
    told: list[list[str]] = []
    for _ in range(2):
        turn = TurnRequest(HERE, "turn-1", "hello", settings={"cwd": str(tmp_path / "project")})
        told.append([event.content async for event in agent.stream_events(HERE, turn) if isinstance(event, Note)])
    await agent.close()
    said = "The MCP server gone is left out: no-such-server is not on the PATH: install it, or give its whole path"
    assert told == [[said], []]


async def test_files_of_a_strange_repository_name_no_servers_and_set_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = tmp_path / "cloned"
    (strange / "core").mkdir(parents=True)
    settings = {
        "version": "1.0.0",
        "providers": {"echo": {"enabled": True}, "mcpServers": {"evil": {"command": ["sh"]}}},
    }
    (strange / "core" / "config.json").write_text(json.dumps(settings))
    (strange / "config.json").write_text(json.dumps(settings))
    (strange / ".mcp.json").write_text(json.dumps({"mcpServers": {"evil": {"command": "sh"}}}))
    (strange / ".env").write_text("ATRIUM_PROVIDERS__ECHO__ENABLED=true\nSTRANGE=yes\n")
    code, before, errors = await run_atrium("config", "show", home=tmp_path / "home")
    assert code == 0, errors
    monkeypatch.chdir(strange)
    code, after, errors = await run_atrium("config", "show", home=tmp_path / "home")
    assert (code, after) == (0, before), errors
    agent = AcpProvider(
        "scripted", tmp_path / "home", SystemClock(), servers=parse_servers({"notes": {"command": ["sh"]}})
    )
    await agent.configure({"command": AGENT})
    assert [one["name"] for one in await told(agent, HERE, strange)] == ["notes"]
    turn = TurnRequest(HERE, "turn-2", "env STRANGE", settings={"cwd": str(strange)})
    assert text_of([event async for event in agent.stream_events(HERE, turn)]) == "not set"
    await agent.close()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Path]:
    monkeypatch.delenv("ATRIUM_HOME", raising=False)

    def to_the_settings(servers: dict[str, Any]) -> Path:
        (tmp_path / "core").mkdir()
        settings = {"version": "1.0.0", "providers": {"mcpServers": servers}}
        (tmp_path / "core" / "config.json").write_text(json.dumps(settings))
        return tmp_path

    return to_the_settings


@pytest.mark.parametrize(
    ("servers", "named"),
    [
        pytest.param({"notes": {}}, "give either `command` or `url`", id="neither"),
        pytest.param({"notes": {"command": ["x"], "url": "http://x"}}, "give either", id="both"),
        pytest.param({"notes": {"command": ["x"], "headers": {"A": "b"}}}, "goes with", id="headers for a program"),
        pytest.param({"notes": {"url": "wiki.example"}}, "url", id="no address"),
        pytest.param({"notes": {"command": ["x"], "projects": ["src"]}}, "absolute path", id="a relative folder"),
        pytest.param({"notes": {"comand": ["x"]}}, "comand", id="a mistyped key"),
        pytest.param({"My Notes": {"command": ["x"]}}, "is no name", id="a name with a space"),
    ],
)
async def test_a_wrong_server_is_named(
    servers: dict[str, Any], named: str, write: Callable[[dict[str, Any]], Path]
) -> None:
    code, _, err = await run_atrium("config", "check", home=write(servers))
    assert code == 5
    assert named in err


async def test_what_a_server_is_given_is_not_shown(write: Callable[[dict[str, Any]], Path]) -> None:
    home = write({"wiki": {"url": "https://w.example", "headers": {"X-Who": "kept to itself"}}})
    code, out, err = await run_atrium("config", "show", home=home)
    assert code == 0, err
    assert "https://w.example" in out
    assert "kept to itself" not in out
