"""The line that is typed: history, several lines by Alt-Enter, and no echo while an answer comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout


class Prompt:
    """Asks for messages; remembers them in a file that its owner alone can read."""

    def __init__(self, history: Path, commands: list[str]) -> None:
        os.close(os.open(history, os.O_WRONLY | os.O_CREAT, 0o600))
        self._session: PromptSession[str] = PromptSession(
            message="> ",
            history=FileHistory(str(history)),
            key_bindings=_keys(),
            multiline=True,
            prompt_continuation="  ",
            completer=WordCompleter(commands, sentence=True),
            complete_while_typing=False,
        )

    async def ask(self) -> str:
        """Return what is typed; raises `EOFError` for Ctrl-D and `KeyboardInterrupt` for Ctrl-C."""
        with patch_stdout(raw=True):
            return await self._session.prompt_async()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


@contextmanager
def without_echo() -> Iterator[None]:
    """Do not show what is typed for as long as the block lasts; it is there for the next prompt."""
    if not sys.stdin.isatty():
        yield
        return
    import termios

    descriptor = sys.stdin.fileno()
    before: list[Any] = termios.tcgetattr(descriptor)
    quiet = list(before)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
