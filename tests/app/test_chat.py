"""The chat at a terminal and in a pipe."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from atrium.sync import SnapshotEnvelope
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.running import run_atrium
from tests.app.terminal import ALT_ENTER, CTRL_C, CTRL_D, ENTER, terminal

PROMPT = "\x1b[?2004h"
"""What the prompt tells the terminal when it begins to read."""


async def test_one_question_one_answer(daemon: DaemonProcess) -> None:
    assert await run_atrium("chat", "-p", "echo", "-m", "hello there", home=daemon.home) == (0, "hello there\n", "")
    code, out, err = await run_atrium("chat", "-p", "echo", "-m", "/fail auth", home=daemon.home)
    assert (code, out) == (1, "")
    assert err.startswith("The turn failed: ")


async def test_a_pipe_in_and_json_out(daemon: DaemonProcess) -> None:
    code, out, err = await run_atrium("chat", "-p", "echo", "--json", home=daemon.home, stdin="/tokens 3")
    assert (code, err) == (0, "")
    entries = [json.loads(line) for line in out.splitlines()]
    assert entries[-1]["type"] == "sessions.turn.completed.v1"
    whole = [entry["data"]["content"] for entry in entries if entry["type"] == "sessions.message.completed.v1"]
    assert whole == ["tok-1 tok-2 tok-3 "]


async def test_a_question_with_a_pipe_below_it(daemon: DaemonProcess) -> None:
    _, out, _ = await run_atrium("chat", "-p", "echo", "-m", "review", home=daemon.home, stdin="the diff")
    assert out == "review\n\nthe diff\n"


async def test_ctrl_c_cancels_the_one_question(daemon: DaemonProcess) -> None:
    async with terminal("chat", "-p", "echo", "-m", "/sleep 60", home=daemon.home) as screen:
        await _running(daemon)
        screen.type(CTRL_C)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 130
    async with daemon.attach() as client:
        session = (await client.sessions.list()).sessions[0].id
        types = [entry.type async for entry in client.events(session)]
    assert types[-1] == "sessions.turn.cancelled.v1"


async def test_nothing_to_ask_is_said(daemon: DaemonProcess) -> None:
    code, _, err = await run_atrium("chat", home=daemon.home)
    assert code == 1
    assert "give a message with -m, or pipe one in" in err


async def test_a_provider_that_cannot_answer_says_why(daemon: DaemonProcess) -> None:
    code, _, err = await run_atrium("chat", "-p", "model", "-m", "x", home=daemon.home)
    assert code == 1
    assert err.startswith("Error: model cannot answer now: ")
    code, _, err = await run_atrium("chat", "-p", "nobody", "-m", "x", home=daemon.home)
    assert "there is no provider 'nobody'; there is " in err


async def test_another_provider_answers_from_now_on_or_says_why_it_cannot(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("model")
    assert await run_atrium("chat", session, "-p", "echo", "-m", "hello", home=daemon.home) == (0, "hello\n", "")
    assert (await run_atrium("chat", session, "-m", "again", "--json", home=daemon.home))[0] == 0
    async with daemon.attach() as client:
        assert (await client.sessions.get(session)).unread == 1  # a program got it, nobody read it
    assert await run_atrium("chat", session, "-m", "again", home=daemon.home) == (0, "again\n", "")
    async with daemon.attach() as client:
        assert (await client.sessions.get(session)).unread == 0
    code, out, err = await run_atrium("chat", session, "-p", "model", "-m", "x", home=daemon.home)
    assert (code, out) == (1, "")
    assert err.startswith("Error: model cannot answer now: ")


async def test_typing_streaming_and_leaving(daemon: DaemonProcess) -> None:
    async with terminal("chat", "-p", "echo", home=daemon.home) as screen:
        await screen.until("echo answers")
        screen.type(f"//tokens 3{ENTER}")
        await screen.until("tok-1 tok-2 tok-3")
        await screen.until(PROMPT)
        screen.type(f"first{ALT_ENTER}second{ENTER}")
        await screen.until("first\r\nsecond\r\n")
        await screen.until(PROMPT)
        screen.type(CTRL_D)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0
    async with daemon.attach() as client:
        page = await client.sessions.list()
        messages = await client.sessions.messages(page.sessions[0].id)
    assert [one.content for one in messages.messages if one.role == "user"] == ["/tokens 3", "first\nsecond"]
    history = daemon.home / "core" / "chat-history"
    assert "first" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


async def test_ctrl_c_cancels_the_turn_and_the_chat_goes_on(daemon: DaemonProcess) -> None:
    async with terminal("chat", "-p", "echo", home=daemon.home) as screen:
        await screen.until("echo answers")
        screen.type(f"//sleep 30{ENTER}")
        async with daemon.attach() as client:
            await _running(daemon)
            screen.type(CTRL_C)
            await screen.until("Cancelled")
            session = (await client.sessions.list()).sessions[0]
            assert session.turn is None or session.turn.status != "running"
        await screen.until(PROMPT)
        screen.type(f"still here{ENTER}")
        await screen.until("still here")
        await screen.until(PROMPT)
        screen.type(CTRL_C)
        await screen.until("Ctrl-C again or Ctrl-D leaves")
        await screen.until(PROMPT)
        screen.type(CTRL_C)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_a_restart_is_shown_and_survived(home: Path) -> None:
    async with running_daemon(home) as daemon, terminal("chat", "-p", "echo", home=home) as screen:
        await screen.until("echo answers")
        screen.type(f"//sleep 30{ENTER}")
        await _running(daemon)
        await daemon.kill()
        await screen.until("The connection to the hub is lost; trying again")
        await daemon.start()
        await screen.until("Connected again")
        await screen.until("The hub stopped in the middle of this answer; /retry runs it again")
        await screen.until(PROMPT)
        screen.type(f"/cancel{ENTER}")
        await screen.until(PROMPT)
        screen.type(f"after the restart{ENTER}")
        await screen.until("after the restart")
        await screen.until(PROMPT)
        screen.type(f"/quit{ENTER}")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_what_another_client_says_is_shown(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Shared")
        await client.sessions.send(session, "from before")
        async with terminal("chat", session, home=daemon.home) as screen:
            await screen.until("> from before")
            await screen.until(PROMPT)
            await client.sessions.send(session, "from elsewhere \x1b[2J")
            await screen.until("from elsewhere \\x1b[2J")
            await client.sessions.rename(session, "Renamed")
            await screen.until("Renamed to Renamed")
            await client.sessions.delete(session)
            await screen.until("This session was deleted")


async def test_a_long_session_is_gone_on_with_from_its_end(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo")
        sent = [await client.sessions.send(session, f"/tokens {number}") for number in range(1, 13)]
        async with client.following(session, after=sent[-1].offset) as entries:
            async for entry in entries:
                if entry.type == "sessions.turn.completed.v1" and entry.data["turnId"] == sent[-1].turn_id:
                    break
    async with terminal("chat", session, home=daemon.home) as screen:
        await screen.until("Earlier messages are not shown; `atrium sessions show` prints them all")
        await screen.until("> /tokens 12")
        await screen.until(PROMPT)
        assert "> /tokens 1\r\n" not in screen.shown
        screen.type(CTRL_D)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_commands(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        other = await client.sessions.create("echo", title="The other one")
        async with terminal("chat", "-p", "echo", home=daemon.home) as screen:
            await screen.until("echo answers")
            for typed, shown in (
                ("/help", "begin another session"),
                ("/hepl", "did you mean /help?"),
                ("/init", "There is no /init; there is /help /new"),
                ("/rename", "once it has begun"),
                ("/retry", "There is nothing to run again yet"),
                ("/cancel", "There is nothing to cancel yet"),
                ("hello", "hello"),
                ("/rename Greeting", "Renamed to Greeting"),
                ("/sessions", "The other one"),
                (f"/sessions {other}", "Now in The other one"),
                ("/retry", "turn"),
                ("//help", "/help"),
                ("/new", "A new session with echo"),
            ):
                await screen.until(PROMPT)
                screen.type(typed + ENTER)
                await screen.until(shown)
            await screen.until(PROMPT)
            screen.type(f"/quit{ENTER}")
            assert await asyncio.wait_for(screen.process.wait(), 50) == 0
        messages = (await client.sessions.messages(other)).messages
        assert [one.content for one in messages if one.role == "user"] == ["/help"]


async def _running(daemon: DaemonProcess) -> None:
    """Wait until a session's turn runs."""
    found = asyncio.Event()

    def note(snapshot: SnapshotEnvelope[Any]) -> None:
        if any((one["turn"] or {}).get("status") == "running" for one in snapshot.data):
            found.set()

    async with daemon.attach() as client, client.topic("sessions", note):
        await asyncio.wait_for(found.wait(), 50)
