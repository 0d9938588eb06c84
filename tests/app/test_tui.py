"""The full-screen terminal at a real hub."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from atrium.app.tui.conversation_view import MOST, PAGE, ConversationView
from atrium.app.tui.items import ItemView
from atrium.app.tui.words import RUSSIAN
from atrium.client import Client, ProblemError
from atrium.sync import SnapshotEnvelope
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.running import run_atrium
from tests.app.terminal import terminal
from tests.app.tui_screen import TuiScreen, tui

COLOUR = re.compile(r"[34]8;2;(\d+);(\d+);(\d+)")
"""A colour as a terminal is told of it: red, green, blue. Where the three are the same it is a grey."""

MARKDOWN = """# Heading

A **bold** word and [the docs](https://example.org/docs).

| a | b |
|---|---|
| left | right |

- first
- second

```python
print("code")
```

![chart](https://example.org/chart.png) <b>kept</b>"""


async def test_a_session_from_its_first_word(daemon: DaemonProcess) -> None:
    async with tui(daemon) as screen:
        await screen.sees("No sessions yet. Press n to begin one.")
        await screen.press("n")
        await screen.sees("Message echo")
        await screen.type("hello")
        await screen.press("alt+enter")
        await screen.type("there")
        await screen.press("enter")
        await screen.sees("You", "▌  hello", "hello there")
        await screen.press("ctrl+l")
        await screen.sees("Today", "• hello there")
        async with daemon.attach() as client:
            page = await client.sessions.list()
            messages = await client.sessions.messages(page.sessions[0].id)
        assert [one.content for one in messages.messages] == ["hello\nthere", "hello\nthere"]


async def test_markdown_thinking_and_tools(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Prose")
        async with tui(daemon, size=(120, 50), session_id=session) as screen:
            for content in (MARKDOWN, "/think 3", "/tool weather"):
                await client.sessions.send(session, content)
            await screen.sees("the docs (https://example.org/docs)", "left", "• second", 'print("code")')
            await screen.sees("[picture: chart, https://example.org/chart.png] <b>kept</b>")
            await screen.sees("▸ Thought: 3 words", "▸ weather", "called weather")
            await screen.press("shift+tab", "enter")
            await screen.sees("▾ weather", '"echo": true', "weather was called")
            await screen.press("enter")
            await screen.misses("weather was called")
            await screen.press("shift+tab", "enter")
            await screen.sees("▾ Thought: 3 words", "thought-1 thought-2 thought-3")


async def test_cancel_retry_and_the_queue(daemon: DaemonProcess) -> None:
    async with tui(daemon) as screen:
        await screen.press("n")
        await screen.sees("Message echo")
        await _say(screen, "/sleep 60")
        await screen.sees("echo answers. Esc cancels.")
        await _say(screen, "next please")
        await screen.sees("1 message waits: next please")
        await screen.press("escape")
        await screen.sees("Cancelled", "▌  next please")
        await screen.misses("message waits")
        await _say(screen, "/fail auth")
        await screen.sees("Failed: as the message asked.", "Ctrl-R runs the last message again.")
        await screen.press("ctrl+r")
        await screen.until(lambda: screen.text.count("Failed: as the message asked.") == 2)
        await _say(screen, "/sleep 60")
        await screen.sees("echo answers. Esc cancels.")
        await screen.press("ctrl+c")
        await screen.misses("echo answers")
        await screen.press("ctrl+c")
        await screen.sees("Ctrl-Q leaves; the sessions stay.")


async def test_what_others_do_is_seen(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Shared")
        async with tui(daemon, size=(120, 30)) as screen:
            await screen.sees("Shared")
            await screen.press("enter")
            await screen.sees("Nothing is said here yet.")
            await client.sessions.send(session, "from elsewhere")
            await screen.sees("▌  from elsewhere")
            await client.sessions.rename(session, "Renamed elsewhere")
            await screen.sees("Renamed elsewhere  ·  echo")
            await client.sessions.send(session, "/sleep 60")
            await screen.sees("running")
            await client.sessions.stop(session)
            await screen.sees("This session is stopped")
            await client.sessions.delete(session)
            await screen.sees("This session was deleted.", "No sessions yet.")


async def test_rename_delete_and_bring_back(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Old")
        async with tui(daemon) as screen:
            await screen.sees("Old")
            await screen.press("e")
            await screen.sees("Another title for this session")
            await screen.type(" and new")
            await screen.press("enter")
            await screen.sees("  Old and new")
            assert (await client.sessions.get(session)).metadata.title == "Old and new"
            await screen.press("d")
            await screen.sees("“Old and new” is deleted. u brings it back.", "No sessions yet.")
            assert (await client.sessions.get(session)).id == session
            await screen.press("u")
            await screen.sees("  Old and new")
            await screen.press("d")
            await screen.sees("No sessions yet.")
            await screen.press("q")
            await screen.until(lambda: not screen.app.is_running)
        assert await _is_gone(client, session)


async def test_search_commands_keys_themes_and_sizes(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        await client.sessions.create("echo", title="Apples")
        await client.sessions.create("echo", title="Pears", tags=["fruit"])
    async with tui(daemon) as screen:
        await screen.sees("Apples", "Pears")
        await screen.press("slash")
        await screen.type("fruit")
        await screen.misses("Apples")
        await screen.type("x")
        await screen.sees("Nothing is called that.")
        await screen.press("escape")
        await screen.sees("Apples", "Pears")
        await screen.press("question_mark")
        await screen.sees("Everywhere", "Ctrl-K")
        await screen.press("escape", "ctrl+k")
        await screen.sees("New session", "Theme: dark")
        await screen.type("high contrast")
        await screen.until(lambda: "New session" not in screen.text)
        await screen.press("enter")
        await screen.until(lambda: screen.app.theme == "contrast")
        await screen.press("ctrl+k")
        await screen.type("Apples")
        await screen.sees("  Apples")
        await screen.until(lambda: "New session" not in screen.text)
        await screen.press("enter")
        await screen.sees("Apples  ·  echo", "Nothing is said here yet.")
        await screen.type("a draft")
        await screen.pilot.resize_terminal(120, 40)
        await screen.sees("Pears", "a draft")
        await screen.pilot.resize_terminal(40, 12)
        await screen.sees("a draft")
        await screen.press("ctrl+l", "j", "k", "home", "down", "enter")
        await screen.pilot.resize_terminal(80, 24)
        await screen.sees("  ·  echo")


async def test_the_theme_that_was_chosen_is_remembered(daemon: DaemonProcess) -> None:
    async with tui(daemon) as screen:
        assert screen.app.theme == "dark"
        screen.app.action_theme("light")
    async with tui(daemon) as screen:
        assert screen.app.theme == "light"
    kept = daemon.home / "core" / "terminal.json"
    assert kept.stat().st_mode & 0o077 == 0
    kept.write_text("{")
    kept.with_suffix(".new").mkdir()
    async with tui(daemon) as screen:
        assert screen.app.theme == "dark"
        screen.app.action_theme("contrast")
        await screen.sees("The theme is not remembered: Is a directory")


async def test_no_colour_when_none_is_wanted(daemon: DaemonProcess) -> None:
    async with terminal("tui", home=daemon.home, rows=24, columns=80, NO_COLOR="1") as screen:
        await screen.until("No sessions yet.")
        screen.type("\x11")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0
    colours = {colour for colour in COLOUR.findall(screen.shown) if len(set(colour)) > 1}
    assert colours == set()


async def test_a_restart_in_the_middle_of_an_answer(home: Path) -> None:
    async with running_daemon(home) as daemon, tui(daemon) as screen:
        await screen.press("n")
        await screen.sees("Message echo")
        await _say(screen, "/sleep 60")
        await screen.sees("echo answers. Esc cancels.")
        await daemon.kill()
        await screen.sees("offline since ")
        await _say(screen, "kept for later")
        await screen.sees("Kept until the hub is back: “kept for later”.")
        await screen.press("escape")
        await screen.until(lambda: screen.app.pane.composer.text == "kept for later")
        await screen.press("enter")
        await screen.sees("Kept until the hub is back: “kept for later”.")
        await daemon.start()
        await screen.sees("● live", "The hub stopped in the middle of this answer.")
        await screen.sees("Interrupted. Ctrl-R runs it again", "1 message waits")
        await screen.press("escape")
        await screen.misses("Interrupted. Ctrl-R runs it again")
        await screen.until(lambda: "message waits" not in screen.text and screen.text.count("kept for later") == 2)
        async with daemon.attach() as client:
            page = await client.sessions.messages((await client.sessions.list()).sessions[0].id)
        assert [one.content for one in page.messages if one.role == "user"] == ["/sleep 60", "kept for later"]


async def test_hostile_text_is_inert(daemon: DaemonProcess) -> None:
    hostile = "a\x1b[2J\x1b]0;owned\x07 \x9b31m b\u202egnp [bold]x[/bold] [@click=app.quit]y[/] $text"
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="T [red]\u202egnp.exe[/red] $x [@click=app.quit]z[/]")
        async with tui(daemon, size=(120, 40), session_id=session) as screen:
            for content in (hostile, f"```{hostile}\n{hostile}\n```", f"/tool {hostile.replace(' ', '_')}"):
                await client.sessions.send(session, content)
            await screen.sees(
                r"T [red]\u202egnp.exe[/red] $x", r"▌  a\x1b[2J\x1b]0;owned\x07 \x9b31m b\u202egnp", "called"
            )
            await screen.press("shift+tab", "enter")
            await screen.sees("▾ a")
            assert all(char.isprintable() for line in screen.lines for char in line)
            assert "\u202e" not in screen.text


async def test_wide_characters_and_russian(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="日本語のタイトル" * 8)
        await client.sessions.send(session, "Погода 東京 👩‍👩‍👧 é")
        async with tui(daemon, words=RUSSIAN) as screen:
            await screen.sees("Сегодня", "日本語", "…")
            await screen.press("enter")
            await screen.sees("Вы", "Погода 東京", "Сообщение для echo")


async def test_a_long_session_opens_at_its_end_and_scrolls(daemon: DaemonProcess) -> None:
    turns = 4 * PAGE
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Long")
        for number in range(turns):
            await client.sessions.send(session, f"number {number:03} of many")
        async with tui(daemon, session_id=session) as screen:
            await screen.sees(f"number {turns - 1:03}")
            view = screen.app.query_one(ConversationView)
            await screen.until(lambda: screen.app.pane.timeline.running is None)
            assert len(screen.app.query(ItemView)) <= MOST + PAGE
            await screen.press("shift+tab", "home")
            await screen.sees("▌  number 000")
            while f"number {turns - 1:03}" not in screen.text:
                before = view.scroll_y
                await screen.press("pagedown")
                await screen.until(partial(_has_moved, view, before))
                assert len(screen.app.query(ItemView)) <= MOST + PAGE
            await client.sessions.send(session, "one more")
            await screen.press("end")
            await screen.sees("▌  one more")


async def test_at_a_real_terminal_of_80_by_24(daemon: DaemonProcess) -> None:
    async with terminal("tui", home=daemon.home, rows=24, columns=80) as screen:
        await screen.until("live")
        await screen.until("No sessions yet.")
        screen.type("n")
        await screen.until("Message echo")
        screen.type("/tokens 3\r")
        await screen.until("tok-1 tok-2 tok-3")
        screen.type("\x11")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


async def test_it_says_what_is_missing(home: Path) -> None:
    code, _, err = await run_atrium("tui", home=home)
    assert (code, err) == (1, "Error: this needs a terminal; `atrium chat -m` works in a pipe\n")
    async with terminal("tui", home=home, rows=24, columns=80) as screen:
        await screen.until("Atrium is not running; start it with `atrium up`")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 4


async def _say(screen: TuiScreen, text: str) -> None:
    await screen.type(text)
    await screen.press("enter")
    await screen.until(lambda: not screen.app.pane.composer.text)


def _has_moved(view: ConversationView, before: float) -> bool:
    return view.scroll_y != before or view.at_latest


async def _is_gone(client: Client, session_id: str) -> bool:
    try:
        await client.sessions.get(session_id)
    except ProblemError as problem:
        return problem.code == "NOT_FOUND"
    return False


async def test_a_plan_is_open_as_long_as_it_is_worked_on(tmp_path: Path) -> None:
    agent = [sys.executable, str(Path(__file__).parents[1] / "providers" / "scripted_agent.py")]
    settings = {"version": "1.0.0", "providers": {"coder": {"kind": "acp", "name": "Coder", "command": agent}}}
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "config.json").write_text(json.dumps(settings))
    async with running_daemon(tmp_path) as daemon, daemon.attach() as client:
        session = await client.sessions.create("coder", title="Plan")
        await client.sessions.send(session, "plan hold")
        async with tui(daemon, session_id=session) as screen:
            await screen.sees("▾ Plan, 1 of 2 done", "[x] first", "[>] second")
            await client.sessions.cancel(session)
            await screen.sees("▸ Plan, 1 of 2 done")
            await screen.misses("[>] second")
            await screen.type("/mode")
            await screen.press("enter")
            await screen.sees("Which mode does the agent work in?", "Careful ✓", "Quick")
            await screen.press("j", "enter")
            await screen.sees("quick from here on.")
            await screen.type("/model huge")
            await screen.press("enter")
            await screen.sees("no model 'huge'")
            assert (await client.sessions.get(session)).mode == "quick"
        async with terminal("chat", session, home=tmp_path) as chat:
            chat.type("/mode\r")
            await chat.until("quick, Quick  (here)")
            chat.type("/mode careful\r")
            await chat.until("The mode is careful from here on")
            assert (await client.sessions.get(session)).mode == "careful"


async def test_what_is_opened_at_once_is_looked_for_first_and_read_then(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Garden")
        await client.sessions.send(session, "plant peas")
        async for entry in client.follow(session):
            if entry.type == "sessions.turn.completed.v1":
                break
        assert (await client.sessions.get(session)).unread == 1
    async with terminal("tui", "0192f0c1", home=daemon.home) as screen:
        await screen.until("Error: there is no session with this id")
    async with terminal("tui", session[:-1], home=daemon.home) as screen:
        await screen.until("plant peas")
        async with daemon.attach() as client:
            read = asyncio.Event()
            tell = partial(_set_if_read, read)
            async with client.topic(f"sessions/{session}", tell), asyncio.timeout(50):
                await read.wait()


def _set_if_read(read: asyncio.Event, snapshot: SnapshotEnvelope[Any]) -> None:
    if not snapshot.data["unread"]:
        read.set()
