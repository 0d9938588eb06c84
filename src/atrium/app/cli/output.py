"""How commands speak: tables and JSON, text of others made harmless."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import click

from atrium.app.text import printable, shortened

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
    """Print rows below headings; the last column is shortened to the terminal's width."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(headings), *cells]) for column in range(len(headings))]
    room = shutil.get_terminal_size((100, 20)).columns - sum(widths[:-1]) - 2 * (len(widths) - 1)
    for line in [list(headings), *cells]:
        padded = [cell.ljust(width) for cell, width in zip(line[:-1], widths[:-1], strict=True)]
        click.echo("  ".join([*padded, shortened(line[-1], max(room, 20))]).rstrip())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)
