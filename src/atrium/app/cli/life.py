"""`atrium down`, `restart`, `status` and `open`."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from atrium.app.cli.output import home_option, json_option, print_json, print_table, run, say, warn
from atrium.app.errors import ExitCode
from atrium.app.home import find_home

_NAMED = 100
"""How many sessions a status names at most."""


@click.command(epilog="\b\nExamples:\n  atrium down\n  atrium down --now")
@click.option("--now", is_flag=True, help="Interrupt running turns instead of letting them finish (30 seconds).")
@home_option
def down(now: bool, home: str | None) -> int:
    """Stop the hub; running turns may finish. Exit code 4 if it does not run."""
    from atrium.app import background

    place = find_home(home)
    if not background.stop(place, graceful=not now, waiting=_say_waiting):
        warn(f"Atrium is not running in {place.root}.")
        return ExitCode.NOT_RUNNING
    say("Atrium has stopped.")
    return ExitCode.OK


@click.command(epilog="\b\nExample:\n  atrium restart && atrium status")
@click.option("--now", is_flag=True, help="Interrupt running turns instead of letting them finish (30 seconds).")
@home_option
def restart(now: bool, home: str | None) -> None:
    """Stop the hub and start it in the background, as it was started before; clients go on by themselves."""
    from atrium.app import background

    place = find_home(home)
    options = background.last_options(place)
    was_running = background.stop(place, graceful=not now, waiting=_say_waiting)
    pid = background.start(place, options)
    say(f"Atrium has {'restarted' if was_running else 'started'} (process {pid}).")


@click.command(epilog="\b\nExamples:\n  atrium status\n  atrium status --json | jq .core.uptime")
@json_option
@home_option
def status(as_json: bool, home: str | None) -> int:
    """Show whether the hub runs, and what it is doing. Exit code 4 if it does not run."""
    from atrium.client import NotRunning

    try:
        url, found = run(_status(home))
    except NotRunning as error:
        if not as_json:
            raise
        print_json({"running": False, "reason": str(error)})
        return ExitCode.NOT_RUNNING
    if as_json:
        print_json({"running": True, "url": url, **found})
    else:
        _show(url, found)
    return ExitCode.OK


@click.command("open", epilog="\b\nExamples:\n  atrium open\n  atrium open --print    # only print the link")
@click.option("--print", "only_print", is_flag=True, help="Print the link and open nothing.")
@home_option
def open_page(only_print: bool, home: str | None) -> None:
    """Open the page in the browser, signed in. The link works once, for a few minutes."""
    from atrium.app.logins import login_link

    link = login_link(find_home(home))
    say(link)
    if not only_print and not _launch(link):
        warn("There is no browser here: open the link in one that reaches this machine.")


def _launch(link: str) -> bool:
    """Open a browser in the background; on a machine without a desktop there is none that could show the page."""
    import webbrowser

    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return (named or sys.platform == "darwin") and webbrowser.open(link)


def _say_waiting() -> None:
    warn("Running turns get 30 seconds at most to end. Ctrl-C ends the waiting; the hub stops all the same.")


async def _status(home: str | None) -> tuple[str, dict[str, Any]]:
    from atrium.client import attach

    async with attach(home) as client:
        return client.url, await client.status()


def _show(url: str, found: dict[str, Any]) -> None:
    core = found["core"]
    say(f"Atrium {core['version']} runs at {url} (process {core['pid']}), up {_duration(core['uptime'])}.")
    rows = [(one["id"], one["version"], one["status"], one["sessions"], _reason(one)) for one in found["providers"]]
    if rows:
        say()
        print_table(("PROVIDER", "VERSION", "STATUS", "SESSIONS", "REASON"), rows, spare=("VERSION", "SESSIONS"))
    busy = [one for one in found["sessions"] if one["status"] == "active"]
    say()
    count = len(found["sessions"])
    many = "1 session" if count == 1 else f"{count} sessions" if count < _NAMED else f"The latest {count} sessions"
    say(f"{many}, {len(busy)} active; `atrium sessions list` shows them.")


def _reason(provider: dict[str, Any]) -> str:
    """Say why a provider cannot take a turn: what it says itself, or that it failed several times in a row."""
    circuit = provider.get("circuit") or {}
    if circuit.get("state") == "open":
        return f"{circuit['failures']} failures in a row; asked again in {_duration(circuit['retryAfter'])}"
    return str(provider.get("reason", ""))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])
