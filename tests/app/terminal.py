"""A terminal with a person at it: a pty, what it shows, and what is typed."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from atrium.testing.daemon import daemon_environment

CTRL_C, CTRL_D, ENTER, ALT_ENTER = "\x03", "\x04", "\r", "\x1b\r"
SECONDS = 50


class Terminal:
    """What a program shows in a terminal."""

    def __init__(self, descriptor: int, process: asyncio.subprocess.Process) -> None:
        self.shown = ""
        self.process = process
        self._descriptor = descriptor
        self._changed = asyncio.Event()
        self._seen = 0

    def read(self) -> None:
        """Take what the program wrote; answer when it asks where the cursor is."""
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # the program has ended
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        if b"\x1b[6n" in data:
            os.write(self._descriptor, b"\x1b[40;1R")
        self.shown += data.decode("utf-8", "replace")
        self._changed.set()

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    async def until(self, text: str) -> None:
        """Wait until a text is shown behind what was waited for before."""
        try:
            async with asyncio.timeout(SECONDS):
                while (place := self.shown.find(text, self._seen)) < 0:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} was not shown after {self.shown[self._seen :]!r}") from None
        self._seen = place + len(text)


def _enter() -> None:
    """Be at the terminal, with Ctrl-C as a person has it: whoever was started in the background ignores it."""
    os.login_tty(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def terminal(
    *arguments: str, home: Path, rows: int = 40, columns: int = 100, **environment: str
) -> AsyncIterator[Terminal]:
    """Run `atrium` at a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (rows, columns))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "atrium.app", *arguments),
        env=daemon_environment(
            ATRIUM_HOME=str(home),
            TERM="xterm-256color",
            COLUMNS=str(columns),
            LINES=str(rows),
            **environment,
        ),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_enter,
    )
    os.close(theirs)
    found = Terminal(ours, process)
    asyncio.get_running_loop().add_reader(ours, found.read)
    try:
        yield found
    finally:
        asyncio.get_running_loop().remove_reader(ours)
        if process.returncode is None:
            process.kill()
        await process.wait()
        os.close(ours)
