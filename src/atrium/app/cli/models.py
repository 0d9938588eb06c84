"""`atrium models`: list and fetch models that run on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, print_json, print_table, run, say
from atrium.app.home import find_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from atrium.adapters.models import ModelStore
    from atrium.sdk.providers import Progress

_EPILOG = """\b
Examples:
  atrium models list
  atrium models pull                      the default model
  atrium models pull default --if-missing
  atrium models pull NAME --from FILE     a file you already have
"""


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_models", "List the models and say which are here."),
        "pull": (f"{__name__}:pull", "Fetch a model."),
    },
    epilog=_EPILOG,
)
def models() -> None:
    """List and fetch models that run on this machine."""


@click.command("list", epilog="\b\nExample:\n  atrium models list --json")
@json_option
@home_option
def list_models(as_json: bool, home: str | None) -> None:
    """List the models and say which are here."""
    store = _store(home)
    default = store.entry("default").name
    rows = [
        {
            "name": state.entry.name,
            "default": state.entry.name == default,
            "installed": state.path is not None,
            "path": None if state.path is None else str(state.path),
            "quality": state.entry.quality,
            "size": state.entry.size,
            "licence": state.entry.licence,
        }
        for state in store.list()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("NAME", "QUALITY", "SIZE", "LICENCE", "HERE"),
        [
            (
                f"{row['name']}{' (default)' if row['default'] else ''}",
                row["quality"],
                _megabytes(state.entry.size),
                row["licence"],
                "yes" if row["installed"] else f"no: atrium models pull {row['name']}",
            )
            for row, state in zip(rows, store.list(), strict=True)
        ],
        spare=("LICENCE", "QUALITY"),
    )


@click.command("pull", epilog=_EPILOG)
@click.argument("name", default="default")
@click.option("--if-missing", is_flag=True, help="Say nothing and do nothing if it is here.")
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Take it from this file."
)
@home_option
def pull(name: str, if_missing: bool, source: Path | None, home: str | None) -> None:
    """Fetch a model, verify it, and put it into the home. An interrupted download goes on where it stopped."""
    place = find_home(home)
    place.create()
    store = _store(home)
    entry = store.entry(name)
    found = store.find(name)
    if found is not None:
        if not if_missing:
            unread = f"; {source} was not read" if source else ""
            say(f"{entry.name} is here: {found}{unread}")
        return
    with _Bar(f"{entry.name}, {_megabytes(entry.size)}") as bar:
        path = run(store.pull(name, source, bar.progress))
    say(f"{entry.name} is here: {path}")


def _store(home: str | None) -> ModelStore:
    from atrium.adapters.models import ModelStore

    return ModelStore(find_home(home).root)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


class _Bar:
    """A progress bar on stderr; where there is no terminal, a line for each step."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task(title, total=None)
        self._tell: Callable[[str], None] = (
            (lambda step: None) if console.is_terminal else (lambda step: click.echo(f"{title}: {step}", err=True))
        )
        self._title = title
        self._step = ""

    def progress(self, progress: Progress) -> None:
        """Show how far it is."""
        if progress.step != self._step:
            self._step = progress.step
            self._tell(progress.step)
            self._bar.reset(self._task, total=progress.total, description=f"{self._title}: {progress.step}")
        self._bar.update(self._task, completed=progress.done, total=progress.total)

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()
