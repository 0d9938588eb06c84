"""The command `atrium`."""

from .entry import main

__all__ = ["main"]
