"""`atrium doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict

import click

from atrium.app.cli.output import home_option, json_option, print_json, say
from atrium.app.errors import ExitCode
from atrium.app.home import find_home


@click.command(epilog="\b\nExamples:\n  atrium doctor\n  atrium doctor --json | jq '.[] | select(.level != \"ok\")'")
@json_option
@home_option
def doctor(as_json: bool, home: str | None) -> int:
    """Find out what is wrong, and what to do about it. Exit code 1 if anything fails; warnings do not count."""
    from atrium.app.checks import examine

    found = list(examine(find_home(home)))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            say(f"{one.level:5} {one.check:9} {one.message}")
            if one.next:
                say(f"{'':15} -> {one.next}")
    return ExitCode.FAILED if any(one.level == "fail" for one in found) else ExitCode.OK
