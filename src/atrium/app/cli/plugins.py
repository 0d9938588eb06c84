"""`atrium plugins`: list them, or write a new one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, print_json, print_table, run, say, warn
from atrium.app.home import find_home

_EPILOG = """\b
Examples:
  atrium plugins list
  atrium plugins new reading-list

A single file with one Plugin class, dropped into <home>/plugins/, is a plugin as well.
"""


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_plugins", "List the plugins, and why one does not run."),
        "new": (f"{__name__}:new", "Write a plugin with a test."),
    },
    epilog=_EPILOG,
)
def plugins() -> None:
    """List plugins, or write a new one."""


@click.command("list", epilog="\b\nExample:\n  atrium plugins list --json")
@json_option
@home_option
def list_plugins(as_json: bool, home: str | None) -> None:
    """List the plugins of the running hub, or those that would be loaded, and why one does not run."""
    from atrium.client import NotRunning

    running = True
    try:
        rows = run(_of_the_hub(home))
    except NotRunning:
        running, rows = False, _importable(home)
    if as_json:
        print_json(rows)
        return
    if not running:
        warn("Atrium is not running; these would be loaded:")
    print_table(
        ("NAME", "VERSION", "STATUS", "ABOUT"),
        [
            (row["name"], row["version"] or "-", row["status"], row.get("reason") or row.get("description") or "")
            for row in rows
        ],
        spare=("VERSION",),
    )


@click.command("new", epilog="\b\nExample:\n  atrium plugins new reading-list --in ~/src")
@click.argument("name")
@click.option("--in", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where. [here]")
def new(name: str, folder: Path) -> None:
    """Write a plugin, its test and a README into the folder NAME."""
    from atrium.app.plugin_template import write_plugin

    for path in write_plugin(name, folder):
        say(str(path))
    python = shlex.quote(sys.executable)  # the one that has Atrium, and with it what the test needs
    say(f"Next: cd {shlex.quote(str(folder / name))} && {python} -m pytest")


async def _of_the_hub(home: str | None) -> list[dict[str, Any]]:
    from atrium.client import attach

    async with attach(home) as client:
        return await client.plugins()


def _importable(home: str | None) -> list[dict[str, Any]]:
    from atrium.app.plugin_classes import load_classes
    from atrium.app.plugin_sources import all_sources

    rows: list[dict[str, Any]] = []
    for one in load_classes(all_sources(find_home(home).plugins)):
        manifest = one.plugin.manifest if one.plugin else None
        row = {
            "name": one.name,
            "version": manifest.version if manifest else None,
            "status": "unloaded" if manifest else "failed",
            "description": manifest.description if manifest else "",
        }
        rows.append(row if manifest else {**row, "reason": one.reason})
    return rows
