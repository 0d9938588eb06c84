"""Atrium: the always-on home for your AI agents."""

__version__ = "0.1.0"
