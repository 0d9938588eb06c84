"""`atrium models`: list and fetch models that run on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, print_json, print_table, run, say
from atrium.app.cli.progress import Bar
from atrium.app.home import find_home

if TYPE_CHECKING:
    from atrium.adapters.models import ModelStore

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
    with Bar(f"{entry.name}, {_megabytes(entry.size)}") as bar:
        path = run(store.pull(name, source, bar.progress))
    say(f"{entry.name} is here: {path}")


def _store(home: str | None) -> ModelStore:
    from atrium.adapters.models import ModelStore

    return ModelStore(find_home(home).root)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
