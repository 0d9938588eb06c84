"""The entry: the list of commands, and one clear line for every error."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from atrium import __version__
from atrium.app.cli.lazy import LazyGroup
from atrium.app.errors import CommandFailed, ExitCode

_HERE = "atrium.app.cli"

COMMANDS = {
    "up": (f"{_HERE}.up:up", "Start the hub here, or in the background with --detach."),
    "down": (f"{_HERE}.life:down", "Stop the hub; running turns may finish."),
    "restart": (f"{_HERE}.life:restart", "Stop the hub and start it in the background."),
    "status": (f"{_HERE}.life:status", "Show whether the hub runs, and what it is doing."),
    "open": (f"{_HERE}.life:open_page", "Open the page in the browser, signed in."),
    "chat": (f"{_HERE}.chat:chat", "Talk to a model in this terminal."),
    "tui": (f"{_HERE}.tui:tui", "Use all sessions in the whole terminal."),
    "sessions": (f"{_HERE}.sessions:sessions", "List, show and delete sessions."),
    "approvals": (f"{_HERE}.approvals:approvals", "See what agents ask for, and answer."),
    "models": (f"{_HERE}.models:models", "List and fetch models that run on this machine."),
    "providers": (f"{_HERE}.providers:providers", "Install, update and examine coding agents."),
    "secrets": (f"{_HERE}.secrets:secrets", "Keep keys and passwords out of files and variables."),
    "usage": (f"{_HERE}.usage:usage", "Show what your turns used, and what is left."),
    "budgets": (f"{_HERE}.usage:budgets", "Stop turns before they start when enough was used."),
    "logs": (f"{_HERE}.logs:logs", "Show the hub's log."),
    "plugins": (f"{_HERE}.plugins:plugins", "List plugins, or write a new one."),
    "config": (f"{_HERE}.config:config", "Check and show the settings."),
    "doctor": (f"{_HERE}.doctor:doctor", "Find out what is wrong, and what to do about it."),
}

EPILOG = """\b
Examples:
  atrium up                   start the hub here (Ctrl-C stops it)
  atrium up --detach          start it in the background
  atrium open                 open its page in the browser
  atrium chat                 talk in the terminal
  atrium chat -m "Say hello"  one question, one answer

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another process holds the home,
4 the hub does not run, 5 the settings are not valid, 130 interrupted.

ATRIUM_HOME is the hub's home (~/.atrium). ATRIUM_TRACE=1 shows the whole of an
error.
"""


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="atrium %(version)s")
def cli() -> None:
    """Atrium, the always-on home for your AI agents."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the code that tells how it went."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; every error becomes one line on stderr."""
    try:
        result = cli.main(args=arguments, prog_name="atrium", standalone_mode=False)
        return result if isinstance(result, int) else ExitCode.OK
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # whoever read it has enough: `atrium logs | head`
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001  # the edge: people get a line, not a traceback
        code = _failed(error)
        if isinstance(error, OSError):
            _drop_output()  # perhaps it is what could not be written, and Python would try again at its end
        return code


def _drop_output() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception) -> int:
    from atrium.app.text import printable

    if os.environ.get("ATRIUM_TRACE") == "1":
        import traceback

        traceback.print_exception(error)
    code, message = _explained(error)
    click.echo(f"Error: {printable(message)}", err=True)
    return code


def _explained(error: Exception) -> tuple[int, str]:
    if isinstance(error, CommandFailed):
        return error.exit_code, str(error)
    client: Any = sys.modules.get("atrium.client.errors")
    if client is not None and isinstance(error, client.ClientError):
        not_running = isinstance(error, client.NotRunning)
        return (ExitCode.NOT_RUNNING if not_running else ExitCode.FAILED), str(error)
    if isinstance(error, OSError) and error.strerror:
        return ExitCode.FAILED, f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    from atrium.sdk.errors import AtriumError

    if isinstance(error, AtriumError):
        return ExitCode.FAILED, str(error)
    return ExitCode.FAILED, f"{type(error).__name__}: {error}; ATRIUM_TRACE=1 shows where it happened"
