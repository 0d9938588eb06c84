"""What ends a command: one clear line, and the exit code that a script can tell it by."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    HELD = 3
    NOT_RUNNING = 4
    CONFIG = 5
    INTERRUPTED = 130


class CommandFailed(Exception):
    """The command cannot go on; the message is one line for a person."""

    exit_code = ExitCode.FAILED


class HomeHeld(CommandFailed):
    """Another daemon holds the home."""

    exit_code = ExitCode.HELD


class HomeUnusable(CommandFailed):
    """The home cannot be used."""
