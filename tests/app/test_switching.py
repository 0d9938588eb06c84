"""Another provider for a session, from the command line, the chat and the full-screen terminal."""

import asyncio
import json
import shutil
from pathlib import Path

from atrium.client import Client
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.running import run_atrium
from tests.app.terminal import ENTER, terminal
from tests.app.tui_screen import tui
from tests.sessions import faltering


async def test_the_command(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Mine")
    code, out, _ = await run_atrium("sessions", "provider", session, "local", home=daemon.home)
    assert (code, out) == (0, "local answers in Mine from here on.\n")
    code, out, _ = await run_atrium("sessions", "provider", session, "echo", "--json", home=daemon.home)
    assert json.loads(out)["providerId"] == "echo"
    code, _, err = await run_atrium("sessions", "provider", session, "nobody", home=daemon.home)
    assert code == 1
    assert "'nobody' is not a provider; there is" in err


async def test_the_chat_asks_what_failed_last_of_the_other_one(daemon: DaemonProcess) -> None:
    async with terminal("chat", "-p", "echo", home=daemon.home) as screen:
        await screen.until("echo answers")
        screen.type(f"//fail auth{ENTER}")
        await screen.until("lets another provider answer it")
        screen.type(f"/model huge{ENTER}")
        await screen.until("Echo offers no models to choose from")
        screen.type(f"/mode{ENTER}")
        await screen.until("No modes to choose from are known yet")
        screen.type(f"/provider{ENTER}")
        await screen.until("echo  (answers here)")
        screen.type(f"/provider nobody{ENTER}")
        await screen.until("'nobody' is not a provider")
        screen.type(f"/provider local{ENTER}")
        await screen.until("local answers from here on")
        await screen.until("Failed: ")
        screen.type(f"/quit{ENTER}")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_the_full_screen_terminal(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Mine")
        async with tui(daemon, session_id=session) as screen:
            await screen.sees("Message echo")
            await screen.type("/provider local")
            await screen.press("enter")
            await screen.sees("local answers from here on", "Message local")
            await screen.type("/provider nobody")
            await screen.press("enter")
            await screen.sees("'nobody' is not a provider")


async def test_what_is_tried_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(faltering.__file__, home / "plugins")
    async with running_daemon(home, ATRIUM_PROVIDERS__FALLBACK='["echo"]') as daemon, daemon.attach() as client:
        code, out, err = await run_atrium("chat", "-p", "faltering", "-m", "again", home=home)
        assert (code, out) == (0, "after 0 messages: again\n")
        assert err == "there is no route to it; trying again in 1 s.\n"
        code, out, err = await run_atrium("chat", "-p", "faltering", "-m", "never", home=home)
        assert (code, out) == (0, "never\n")
        assert err == "echo answers from here on, because faltering failed: the key is no good.\n"
        await _leave_alone(client)
        code, out, _ = await run_atrium("status", home=home)
        assert "5 failures in a row; asked again in " in out
        [left_alone] = [one for one in await client.providers() if one["id"] == "faltering"]
        assert left_alone["circuit"]["state"] == "open"


async def test_the_full_screen_terminal_says_what_is_tried(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(faltering.__file__, home / "plugins")
    async with running_daemon(home) as daemon, daemon.attach() as client:
        session = await client.sessions.create("faltering", title="Later")
        async with tui(daemon, session_id=session) as screen:
            await screen.type("later")
            await screen.press("enter")
            await screen.sees("there is no route to it. Asked again at")
            await screen.type("/provider")
            await screen.press("enter")
            await screen.sees("Who answers from here on?", "Faltering", "Echo")
            await screen.press("escape")
            await screen.type("/provider echo")
            await screen.press("enter")
            await screen.sees("echo answers from here on.", "later")


async def _leave_alone(client: Client) -> None:
    """Let the provider fail until the hub leaves it alone."""
    session = await client.sessions.create("faltering", fallback=[])
    for _ in range(5):
        accepted = await client.sessions.send(session, "bug")
        async with client.following(session, after=accepted.offset) as entries:
            async for entry in entries:
                if entry.type == "sessions.turn.failed.v1":
                    assert entry.data["problem"]["category"] == "fatal"
                    break
