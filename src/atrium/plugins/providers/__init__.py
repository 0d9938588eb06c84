"""The providers plugin."""

from atrium.plugins.providers.plugin import Providers

__all__ = ["Providers"]
