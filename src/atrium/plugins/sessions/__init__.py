"""The sessions plugin."""

from atrium.plugins.sessions.plugin import Sessions

__all__ = ["Sessions"]
