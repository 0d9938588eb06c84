"""How the connection to the hub is, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content

from atrium.app.tui.words import Words
from atrium.client import ConnectionState

_COLOURS = {ConnectionState.ONLINE: "$accent", ConnectionState.OFFLINE: "$error", ConnectionState.CLOSED: "$error"}


class Presence:
    """Remembers since when the hub is away."""

    def __init__(self, words: Words, now: Callable[[], datetime]) -> None:
        self._words = words
        self._now = now
        self._since: datetime | None = None
        self.state = ConnectionState.IDLE

    def enter(self, state: ConnectionState) -> None:
        """Take in a new state."""
        if state is ConnectionState.ONLINE:
            self._since = None
        elif self.state is not ConnectionState.IDLE or state is ConnectionState.OFFLINE:
            self._since = self._since or self._now()
        self.state = state

    def content(self) -> Content:
        """Return a dot and the words."""
        return Content.assemble(("● ", _COLOURS.get(self.state, "$warning")), self.words())

    def words(self) -> str:
        """Say how the connection is."""
        if self.state is ConnectionState.ONLINE:
            return self._words.live
        if self.state is ConnectionState.RESTARTING:
            return self._words.restarting
        if self._since is None:
            return self._words.connecting
        return self._words.offline_since.format(time=f"{self._since:%H:%M}")
