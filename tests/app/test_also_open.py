"""A terminal says on which other devices its session is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from atrium.app.tui.words import ENGLISH, RUSSIAN, devices_in_words
from atrium.contracts.followers import Device
from atrium.testing.daemon import DaemonProcess
from tests.app.terminal import terminal
from tests.app.tui_screen import tui

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1"


@asynccontextmanager
async def phone(daemon: DaemonProcess, session_id: str) -> AsyncIterator[None]:
    """Look at a session from a telephone."""
    address = f"{daemon.url.replace('http', 'ws')}/api/v1/sessions/{session_id}/stream"
    token = {"Authorization": f"Bearer {(daemon.home / 'run' / 'token').read_text()}"}
    async with connect(address, additional_headers=token, user_agent_header=SAFARI, proxy=None):
        yield


def test_a_device_is_called_as_its_owner_names_it() -> None:
    named = Device(program="Chrome", system="Linux", name="Kitchen tablet")
    assert devices_in_words((named, Device(program="Terminal")), ENGLISH) == "Kitchen tablet, Terminal"


async def test_the_full_screen_says_so_beside_the_title(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session_id = await client.sessions.create("echo", title="Garden")
    async with phone(daemon, session_id), tui(daemon, session_id=session_id, size=(120, 24)) as screen:
        await screen.sees("Garden  ·  echo  ·  also open on Safari on iPhone")
        await screen.press("ctrl+l", "d")
        await screen.misses("also open on")
        await screen.press("u")
    async with tui(daemon, session_id=session_id, size=(120, 24), words=RUSSIAN) as screen:
        async with phone(daemon, session_id):
            await screen.sees("Garden  ·  echo  ·  открыта и здесь: Safari на iPhone")
        await screen.misses("открыта и здесь")


async def test_the_chat_says_so_in_a_line(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session_id = await client.sessions.create("echo")
    async with terminal("chat", session_id, home=daemon.home) as screen:
        async with phone(daemon, session_id):
            await screen.until("Also open on Safari on iPhone")
        await screen.until("Open nowhere else now")
