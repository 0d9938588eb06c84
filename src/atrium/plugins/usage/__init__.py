"""The usage plugin."""

from atrium.plugins.usage.plugin import Usages

__all__ = ["Usages"]
