"""`atrium chat`: a conversation in the terminal, or one question in a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrium.app.cli.output import home_option, run
from atrium.app.errors import CommandFailed
from atrium.app.home import find_home
from atrium.app.images import image_file

if TYPE_CHECKING:
    from atrium.app.chat.beginning import Wanted
    from atrium.app.chat.screen import Screen

_EPILOG = """\b
Examples:
  atrium chat                          a new session
  atrium chat 0192f0c1-...             go on with a session
  atrium chat 0192f0c1 -p echo         the beginning of its id; echo answers
  atrium chat -p claude --in .         claude works in this folder
  atrium chat -m "What is a monad?"    one question; exit code 1: no answer
  git diff | atrium chat -m "Review this"
  atrium chat -i photo.png -m "What is this?"
  echo hi | atrium chat --json         one JSON line for each entry

Within the chat /help lists what can be done. Ctrl-C cancels a running turn,
Ctrl-D leaves. The session stays, here and on every other screen.
"""


@click.command(epilog=_EPILOG)
@click.argument("session", required=False)
@click.option("-m", "--message", help="Ask this and print the answer. What is piped in is added below it.")
@click.option("-p", "--provider", help="Who answers: in a new session [the first that can], or from now on.")
@click.option(
    "--in",
    "folder",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="The project that a coding agent works in. [a folder of the session's own]",
)
@click.option("-i", "--image", "images", multiple=True, metavar="FILE", help="Send this image along; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the turn's entries as JSON lines.")
@home_option
def chat(
    session: str | None,
    message: str | None,
    provider: str | None,
    folder: Path | None,
    images: tuple[str, ...],
    as_json: bool,
    home: str | None,
) -> int:
    """Talk to a model in this terminal."""
    if folder is not None and session is not None:
        raise CommandFailed("--in is for a new session: this one works where it was begun")
    from atrium.app.chat.beginning import Wanted

    files = [image_file(one) for one in images]
    piped = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    question = "\n\n".join(part for part in (message, piped) if part)
    if question or (files and not sys.stdin.isatty()):
        return run(_ask(home, question, session, Wanted(provider, folder), as_json, files))
    if message is not None or not sys.stdin.isatty():
        raise CommandFailed("there is nothing to ask: give a message with -m, or pipe one in")
    if as_json:
        raise CommandFailed("--json needs a message: give one with -m, or pipe one in")
    return run(_talk(home, session, Wanted(provider, folder), files))


async def _ask(
    home: str | None, question: str, session: str | None, wanted: Wanted, as_json: bool, images: list[Path]
) -> int:
    from atrium.app.chat.beginning import go_on
    from atrium.app.chat.one_shot import ask
    from atrium.client import attach

    async with attach(home) as client:
        if session is not None:
            session = await go_on(client, session, wanted.provider)
        return await ask(client, question, session, wanted, as_json, images)


async def _talk(home: str | None, session: str | None, wanted: Wanted, images: list[Path]) -> int:
    from atrium.app.chat.beginning import go_on
    from atrium.app.chat.interactive import Chat
    from atrium.client import attach

    async with attach(home) as client:
        if session is not None:
            session = await go_on(client, session, wanted.provider)
        history = find_home(home).root / "core" / "chat-history"
        return await Chat(client, _screen, history, wanted, images).run(session)


def _screen() -> Screen:
    from atrium.app.chat.blocks import markdown_renderer
    from atrium.app.chat.screen import Screen, StandardOutput

    able = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    render = markdown_renderer(lambda: shutil.get_terminal_size().columns) if able else None
    return Screen(StandardOutput(), colour=able and not os.environ.get("NO_COLOR"), render=render)
