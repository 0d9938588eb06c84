"""How commands speak: tables and JSON, text of others made harmless."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import click

from atrium.app.text import printable

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

home_option: Callable[[F], F] = click.option(
    "--home", type=click.Path(file_okay=False), metavar="DIR", help="The hub's home. [ATRIUM_HOME, or ~/.atrium]"
)
json_option: Callable[[F], F] = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def say(text: str = "") -> None:
    """Print a line; what could steer the terminal is escaped."""
    click.echo(printable(text, multiline=True))


def warn(text: str) -> None:
    """Print a line on stderr."""
    click.echo(printable(text), err=True)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON, at once."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows below headings; on a terminal the last column is wrapped to its width."""
    lines = [list(headings), *([printable(str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in list(zip(*lines, strict=True))[:-1]]
    left = sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size().columns - left, 20) if sys.stdout.isatty() else sys.maxsize
    for *cells, last in lines:
        padded = "".join(f"{cell:{width}}  " for cell, width in zip(cells, widths, strict=True))
        click.echo((padded + f"\n{' ' * left}".join(textwrap.wrap(last, room))).rstrip())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)
