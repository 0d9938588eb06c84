"""An agent in a running hub, from a line in the settings to a file that it wrote after leave was given elsewhere."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.client import Client, Entry, ProblemError
from atrium.testing.daemon import running_daemon
from tests.app.running import run_atrium

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATRIUM_HOME", raising=False)
    folder = tmp_path / "home"
    (folder / "core").mkdir(parents=True)
    settings = {"version": "1.0.0", "providers": {"coder": {"kind": "acp", "name": "Coder", "command": AGENT}}}
    (folder / "core" / "config.json").write_text(json.dumps(settings))
    return folder


async def ended(client: Client, session_id: str) -> tuple[str, str]:
    """Return how the newest turn ended, and what the agent said in it."""
    said = ""
    async for entry in client.follow(session_id):
        if entry.type == "sessions.message.completed.v1":
            said = str(entry.data["content"])
        if entry.type.startswith("sessions.turn.") and entry.type != "sessions.turn.started.v1":
            return entry.type.split(".")[2], said
    raise AssertionError


async def answered(client: Client, session_id: str, content: str) -> str:
    """Send a message and return what the agent said to it."""
    accepted = await client.sessions.send(session_id, content)
    said = ""
    async for entry in client.follow(session_id, after=int(accepted.offset)):
        if entry.data.get("turnId") == accepted.turn_id:
            if entry.type == "sessions.message.completed.v1":
                said = str(entry.data["content"])
            if entry.type == "sessions.turn.completed.v1":
                break
    return said


async def until_ended(client: Client, session_id: str, *, turns: int) -> AsyncIterator[Entry]:
    """Yield the entries of a session up to the end of so many turns."""
    async for entry in client.follow(session_id):
        yield entry
        turns -= entry.type.startswith("sessions.turn.") and entry.type != "sessions.turn.started.v1"
        if turns == 0:
            return


async def question(client: Client) -> Any:
    async with asyncio.timeout(30):
        while not (found := (await client.call("GET", "/approvals"))["data"]):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
    return found[0]


async def test_an_agent_asks_on_every_screen_and_acts_on_the_answer(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    async with running_daemon(home) as daemon, daemon.attach() as client:
        [coder] = [one for one in await client.providers() if one["id"] == "coder"]
        assert (coder["name"], coder["status"]) == ("Coder", "active")
        session_id = await client.sessions.create("coder")
        await client.sessions.send(session_id, f"write {made}")
        asked = await question(client)
        assert (asked["sessionId"], asked["risk"]) == (session_id, "medium")
        assert not made.exists()
        code, out, err = await run_atrium("approvals", "allow", asked["id"], home=home)
        assert code == 0, err
        assert "/made" in out
        assert await ended(client, session_id) == ("completed", "")
        assert made.read_text() == "written"


async def test_a_rejection_that_ends_the_turn_is_told(home: Path) -> None:
    async with running_daemon(home) as daemon, daemon.attach() as client:
        session_id = await client.sessions.create("coder")
        for answer in ("allow", "reject"):
            await client.sessions.send(session_id, "run make")
            asked = await question(client)
            await client.call("POST", f"/approvals/{asked['id']}/answer", body={"answer": answer})
        entries = [entry async for entry in until_ended(client, session_id, turns=2)]
    finished = [entry.data for entry in entries if entry.type == "sessions.tool.finished.v1"]
    assert [(one["name"], one["status"]) for one in finished] == [("make", "completed"), ("make", "cancelled")]
    assert finished[0]["output"] == "one two"
    assert entries[-1].type == "sessions.turn.cancelled.v1"
    problem = entries[-1].data["problem"]
    assert problem["code"] == "PROVIDER_STOPPED"
    assert problem["detail"] == "Coder stopped, because this was not allowed: make"


async def test_cancelling_a_turn_withdraws_its_question(home: Path, tmp_path: Path) -> None:
    async with running_daemon(home) as daemon, daemon.attach() as client:
        session_id = await client.sessions.create("coder")
        await client.sessions.send(session_id, f"write {tmp_path / 'made'}")
        asked = await question(client)
        await client.call("POST", f"/sessions/{session_id}/cancel")
        assert (await ended(client, session_id))[0] == "cancelled"
        async with asyncio.timeout(30):
            path = f"/approvals/{asked['id']}"
            while (await client.call("GET", path))["status"] == "pending":  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.02)
        assert not (tmp_path / "made").exists()


async def test_a_mode_is_chosen_for_a_session(home: Path) -> None:
    async with running_daemon(home) as daemon:
        async with daemon.attach() as client:
            session_id = await client.sessions.create("coder")
            assert (await client.sessions.choices(session_id))["mode"]["choices"] == []
            with pytest.raises(ProblemError, match="no mode 'reckless'; there is careful, quick") as refused:
                await client.sessions.choose(session_id, mode="reckless")
            assert [field.field for field in refused.value.fields] == ["mode"]
            with pytest.raises(ProblemError, match="in a request of its own"):
                await client.call("PATCH", f"/sessions/{session_id}", body={"mode": "quick", "pinned": True})
            await client.sessions.send(session_id, "until quick")
            async for entry in client.follow(session_id):
                if entry.type == "sessions.message.delta.v1":  # the turn runs, and hears of it at once
                    assert (await client.sessions.choose(session_id, mode="quick")).mode == "quick"
                    break
            assert await ended(client, session_id) == ("completed", "waiting quick")
            code, out, err = await run_atrium("sessions", "set", session_id, "--model", "large", home=home)
            assert (code, out) == (0, "model: large  (of small, large)\nmode: quick  (of careful, quick)\n"), err
        await daemon.kill()
        await daemon.start()
        async with daemon.attach() as client:
            session = await client.sessions.get(session_id)
            assert (session.model, session.mode) == ("large", "quick")
            offered = await client.call("GET", f"/sessions/{session_id}/choices")
            assert offered["mode"] == {
                "chosen": "quick",
                "own": "careful",
                "choices": [{"id": "careful", "name": "Careful"}, {"id": "quick", "name": "Quick"}],
            }
            assert await answered(client, session_id, "model") == "large"
            await answered(client, session_id, "go careful")
            assert (await client.sessions.get(session_id)).mode == "careful"
            await client.sessions.choose(session_id, model="", mode="")
            assert await answered(client, session_id, "model") == "small"


async def test_a_killed_hub_finds_its_agents_session_again(home: Path) -> None:
    async with running_daemon(home) as daemon:
        async with daemon.attach() as client:
            session_id = await client.sessions.create("coder")
            await client.sessions.send(session_id, "place")
            _, place = await ended(client, session_id)
        await daemon.kill()
        await daemon.start()
        async with daemon.attach() as client:
            accepted = await client.sessions.send(session_id, "place")
            async for entry in client.follow(session_id):
                if entry.type == "sessions.message.completed.v1" and entry.data["turnId"] == accepted.turn_id:
                    assert entry.data["content"] == place
                    break


@pytest.mark.parametrize(
    ("section", "named"),
    [
        pytest.param({"kind": "acp", "command": "claude"}, "command", id="a command that is no list"),
        pytest.param({"kind": "acp", "comand": ["x"]}, "comand", id="a mistyped key"),
    ],
)
async def test_a_wrong_entry_is_named(section: dict[str, Any], named: str, home: Path) -> None:
    (home / "core" / "config.json").write_text(json.dumps({"version": "1.0.0", "providers": {"coder": section}}))
    code, _, err = await run_atrium("config", "check", home=home)
    assert code == 5
    assert named in err
