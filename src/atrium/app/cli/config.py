"""`atrium config`: check and show the settings."""

from __future__ import annotations

import os

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, print_json, say, warn
from atrium.app.errors import ExitCode
from atrium.app.home import find_home


@click.group(
    cls=LazyGroup,
    lazy={
        "check": (f"{__name__}:check", "Say whether the settings are valid, and if not, where and why."),
        "show": (f"{__name__}:show", "Show all settings with their defaults."),
    },
    epilog="\b\nExamples:\n  atrium config check\n  ATRIUM_CORE__PORT=9000 atrium config show",
)
def config() -> None:
    """Check and show the settings."""


@click.command("check", epilog="\b\nExample:\n  atrium config check && atrium up")
@json_option
@home_option
def check(as_json: bool, home: str | None) -> int:
    """Say whether the settings are valid, and if not, where and why. Exit code 5 if they are not."""
    from atrium.app.config import ConfigInvalid, load
    from atrium.app.sections import config_sections

    place = find_home(home)
    try:
        settings = load(place, config_sections(place), os.environ)
    except ConfigInvalid as error:
        if as_json:
            problems = [
                {"key": ".".join(one.path), "source": one.source, "line": one.line, "message": one.message}
                for one in error.problems
            ]
            print_json({"valid": False, "problems": problems})
        else:
            for problem in error.problems:
                warn(str(problem))
        return ExitCode.CONFIG
    if as_json:
        print_json({"valid": True, "problems": [], "notes": list(settings.notes)})
        return ExitCode.OK
    for note in settings.notes:
        say(f"Note: {note}")
    where = place.config if place.config.exists() else f"{place.config} does not exist, so the defaults apply"
    say(f"The settings are valid ({where}).")
    return ExitCode.OK


@click.command("show", epilog="\b\nExample:\n  atrium config show | jq .core")
@home_option
def show(home: str | None) -> None:
    """Show all settings with their defaults, as JSON; secrets are hidden."""
    from atrium.app.config import effective, load, redacted
    from atrium.app.sections import config_sections

    place = find_home(home)
    sections = config_sections(place)
    print_json(redacted(effective(load(place, sections, os.environ), sections)))
