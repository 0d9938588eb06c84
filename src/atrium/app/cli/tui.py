"""`atrium tui`: the sessions in the whole terminal."""

from __future__ import annotations

import importlib.util
import os
import sys

import click

from atrium.app.cli.output import home_option, run
from atrium.app.errors import CommandFailed
from atrium.app.home import find_home

_EPILOG = """\b
Examples:
  atrium tui                     all sessions
  atrium tui 0192f0c1-...        one session at once
  LANG=ru_RU.UTF-8 atrium tui    in Russian

Everything is done by keyboard: ? shows the keys, Ctrl-K all commands. What you
see is what every other screen sees, live. NO_COLOR leaves the colours out.
"""


@click.command(epilog=_EPILOG)
@click.argument("session", required=False)
@click.option(
    "--theme", type=click.Choice(["dark", "light", "contrast"]), help="For this time. [the one chosen last, or dark]"
)
@home_option
def tui(session: str | None, theme: str | None, home: str | None) -> int:
    """Use the sessions in the whole terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        raise CommandFailed("this needs a terminal; `atrium chat -m` works in a pipe")
    if importlib.util.find_spec("textual") is None:
        raise CommandFailed("the full-screen terminal is not installed: pip install 'atrium-hub[tui]'")
    return run(_show(home, session, theme))


async def _show(home: str | None, session: str | None, theme: str | None) -> int:
    from atrium.app.short_ids import find_session
    from atrium.app.tui.app import TerminalApp
    from atrium.app.tui.taste import Taste
    from atrium.app.tui.words import words_for
    from atrium.client import Pace, attach

    # A message waits for the hub as long as the person does.
    async with attach(home, pace=Pace(patience=None)) as client:
        if session is not None:
            session = (await client.sessions.get(await find_session(client, session))).id
        taste = Taste(find_home(home).root / "core" / "terminal.json")
        found = TerminalApp(client, words_for(os.environ), taste=taste, theme=theme, session_id=session)
        return await found.run_async() or found.return_code or 0
