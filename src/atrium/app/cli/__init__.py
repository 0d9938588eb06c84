"""The command `atrium`."""

from atrium.app.cli.entry import main

__all__ = ["main"]
