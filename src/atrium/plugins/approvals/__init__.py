"""The approvals plugin."""

from atrium.plugins.approvals.plugin import Approvals

__all__ = ["Approvals"]
