"""How commands speak: tables and JSON, text of others made harmless."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

import click

from atrium.app.errors import ExitCode
from atrium.app.text import printable
from atrium.sdk.findings import Finding

_LEAST = 20
"""How many characters the last column of a table gets, however narrow the terminal is."""

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


def print_findings(found: Sequence[Finding], *, as_json: bool) -> int:
    """Print what a doctor has found; return the exit code, which a warning does not make a failure."""
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            say(f"{one.level:5} {one.check:9} {one.message}")
            if one.next:
                say(f"{'':15} -> {one.next}")
    return ExitCode.FAILED if any(one.level == "fail" for one in found) else ExitCode.OK


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], spare: Sequence[str] = ()) -> None:
    """Print rows below headings. In a terminal the last column is wrapped to what is left of its width.

    Columns in `spare`, the first one first, are left out while that is too little.
    """
    columns = [[heading, *(printable(str(row[place])) for row in rows)] for place, heading in enumerate(headings)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for heading in spare:
        if room - _taken(columns) < _LEAST:
            columns = [column for column in columns if column[0] != heading]
    left = _taken(columns)
    widths = [max(map(len, column)) for column in columns[:-1]]
    for *cells, last in zip(*columns, strict=True):
        padded = "".join(f"{cell:{width}}  " for cell, width in zip(cells, widths, strict=True))
        wrapped = textwrap.wrap(last, max(room - left, _LEAST))
        click.echo((padded + f"\n{' ' * left}".join(wrapped)).rstrip())


def _taken(columns: Sequence[Sequence[str]]) -> int:
    """Return how wide all columns but the last are."""
    return sum(max(map(len, column)) + 2 for column in columns[:-1])


def local_time(time: str) -> str:
    """Return a time of the wire as the clock here shows it, to the minute."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)
