"""Markdown in a terminal without disturbing the stream: text appears as it comes, and each block that is complete
is set properly in its place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Protocol

_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_MARKED = re.compile(r"(^ {0,3}(#{1,6} |[-*+] |\d+[.)] |> |```|~~~|\|))|\*\*|__|`|\[[^\]]+\]\(", re.MULTILINE)


class Output(Protocol):
    """A terminal."""

    def write(self, text: str, /) -> object:
        """Write text."""

    def flush(self) -> object:
        """Show it."""


Render = Callable[[str], str]


class Blocks:
    """Writes a text that grows. A block is a paragraph, a list, a table, or a fenced piece of code.

    `render` turns a block of Markdown into what the terminal shows; None leaves the text as it came.
    """

    def __init__(
        self, output: Output, render: Render | None, size: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        self._output = output
        self._render = render
        self._size = size or _terminal_size
        self._block = ""
        self._line = ""
        self._fenced = False

    def add(self, text: str) -> None:
        """Write more text; blocks that it completes are set."""
        while text:
            line, newline, text = text.partition("\n")
            self._output.write(line)
            self._line += line
            if newline:
                self._end_line()
        self._output.flush()

    def finish(self) -> None:
        """End the text: set the last block and end its line."""
        if self._line:
            self._end_line()
        self._set_block()
        self._output.flush()

    def _end_line(self) -> None:
        line, self._line = self._line, ""
        if not line.strip() and not self._fenced:
            self._set_block()
            self._output.write("\n")
            return
        self._output.write("\n")
        self._block += f"{line}\n"
        if _FENCE.match(line):
            self._fenced = not self._fenced
            if not self._fenced:
                self._set_block()

    def _set_block(self) -> None:
        block, self._block = self._block, ""
        if self._render is None or not _MARKED.search(block):
            return
        columns, rows = self._size()
        height = sum(_rows(line, columns) for line in block.splitlines())
        if height >= rows:
            return  # its beginning has left the screen and cannot be replaced
        self._output.write(f"\x1b[{height}A\r\x1b[J{self._render(block)}")


def _terminal_size() -> tuple[int, int]:
    size = shutil.get_terminal_size()
    return size.columns, size.lines


def _rows(line: str, columns: int) -> int:
    from rich.cells import cell_len

    return max(1, -(-cell_len(line.expandtabs(8)) // max(columns, 1)))


def markdown_renderer(width: Callable[[], int]) -> Render:
    """Return a function that sets Markdown for the terminal; links show their addresses instead of hiding them."""
    from rich.console import Console
    from rich.markdown import Markdown

    def render(block: str) -> str:
        console = Console(width=width(), force_terminal=True, highlight=False)
        with console.capture() as capture:
            console.print(Markdown(block, hyperlinks=False))
        return capture.get()

    return render
