"""`atrium doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import click

from atrium.app.cli.output import home_option, json_option, print_findings
from atrium.app.home import find_home


@click.command(epilog="\b\nExamples:\n  atrium doctor\n  atrium doctor --json | jq '.[] | select(.level != \"ok\")'")
@json_option
@home_option
def doctor(as_json: bool, home: str | None) -> int:
    """Find out what is wrong, and what to do about it. Exit code 1 if anything fails; warnings do not count."""
    from atrium.app.checks import examine

    return print_findings(list(examine(find_home(home))), as_json=as_json)
