"""`atrium logs`: the hub's log for people."""

from __future__ import annotations

import json
import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from atrium.app.cli.output import home_option, say, warn
from atrium.app.home import find_home
from atrium.app.text import printable

_EPILOG = """\b
Examples:
  atrium logs -n 200
  atrium logs -f
  atrium logs --json | jq 'select(.level == "error")'
"""
_PAUSE_MS = 200
_SHOWN = frozenset({"timestamp", "level", "logger", "event", "exception"})


@click.command(epilog=_EPILOG)
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines as they come; Ctrl-C ends it.")
@click.option("-n", "--lines", type=click.IntRange(0), default=50, show_default=True, help="How many to begin with.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as they are stored.")
@home_option
def logs(follow: bool, lines: int, as_json: bool, home: str | None) -> None:
    """Show the hub's log, the latest lines last."""
    path = find_home(home).log
    if not path.exists() and not follow:
        warn(f"There is no log yet: {path} is written by `atrium up`.")
        return
    reader = _Reader(path)
    for line in deque(reader.read(), maxlen=lines):
        _show(line, as_json)
    while follow:
        for line in reader.read():
            _show(line, as_json)
        _pause()


def _pause() -> None:
    """Wait for a moment; raises `BrokenPipeError` when nobody reads the output any more."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if poll.poll(_PAUSE_MS):
        raise BrokenPipeError


class _Reader:
    """Reads whole lines as they are added, also when the file has been rotated away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0
        self._inode = 0

    def read(self) -> Iterator[str]:
        try:
            with self._path.open("rb") as file:
                self._go_on(file)
                for raw in file:
                    if not raw.endswith(b"\n"):
                        return
                    self._place += len(raw)
                    yield raw.decode("utf-8", "replace").rstrip("\n")
        except FileNotFoundError:
            return

    def _go_on(self, file: Any) -> None:
        state = os.fstat(file.fileno())
        if state.st_ino != self._inode or state.st_size < self._place:
            self._inode, self._place = state.st_ino, 0
        file.seek(self._place)


def _show(line: str, as_json: bool) -> None:
    if as_json:
        say(line)
        return
    try:
        record = json.loads(line)
        when = datetime.fromisoformat(record["timestamp"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, KeyError, TypeError):
        say(printable(line))
        return
    fields = " ".join(f"{name}={value}" for name, value in record.items() if name not in _SHOWN)
    say(printable(f"{when} {record.get('level', ''):7} {record.get('event', '')} {fields}".rstrip()))
    if "exception" in record:
        say(str(record["exception"]).rstrip())
