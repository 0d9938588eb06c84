"""A person at the full-screen terminal: presses keys, and waits until something is on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from textual.pilot import Pilot

from atrium.app.tui.app import TerminalApp
from atrium.app.tui.taste import Taste
from atrium.app.tui.words import ENGLISH, Words
from atrium.client import Pace
from atrium.testing.daemon import DaemonProcess

SECONDS = 50


class TuiScreen:
    """The program as it runs, without a terminal around it."""

    def __init__(self, app: TerminalApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line."""
        # Textual has no public way to the text of a screen but a picture of it.
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if char == " " else "slash" if char == "/" else char for char in text))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until something holds."""
        try:
            async with asyncio.timeout(SECONDS):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"{what or condition} did not come about on\n{self.text}") from None

    async def sees(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts), f"{texts}")

    async def misses(self, text: str) -> None:
        """Wait until a text is gone from the screen."""
        await self.until(lambda: text not in self.text, f"the end of {text!r}")


@asynccontextmanager
async def tui(
    daemon: DaemonProcess,
    *,
    size: tuple[int, int] = (80, 24),
    words: Words = ENGLISH,
    session_id: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
) -> AsyncIterator[TuiScreen]:
    """Run the full-screen terminal on a hub."""
    async with daemon.attach(Pace(patience=None)) as client:
        taste = Taste(daemon.home / "core" / "terminal.json")
        app = TerminalApp(client, words, taste=taste, session_id=session_id, now=now)
        async with app.run_test(size=size, notifications=True) as pilot:
            screen = TuiScreen(app, pilot)
            await screen.sees(words.live)
            yield screen
