"""The secrets plugin."""

from atrium.plugins.secrets.plugin import Secrets

__all__ = ["Secrets"]
