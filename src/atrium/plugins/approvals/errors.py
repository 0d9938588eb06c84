"""What can be wrong with a question or its answer."""

from __future__ import annotations

from atrium.sdk import Conflict


class AlreadyAnswered(Conflict):
    """The question is closed."""


class ActChanged(Conflict):
    """The answer was meant for another act."""
