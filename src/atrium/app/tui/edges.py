"""What is said at the edges of the screen: where the person is, how the connection is, and which keys there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from atrium.app.tui.composer import Composer
from atrium.app.tui.presence import Presence
from atrium.app.tui.session_list import SessionList
from atrium.app.tui.words import Words
from atrium.client import ConnectionState


class TopBar(Horizontal):
    """The upper edge: what is shown, and the connection to the hub."""

    def __init__(self, words: Words, now: Callable[[], datetime]) -> None:
        super().__init__(id="bar")
        self._presence = Presence(words, now)

    def compose(self) -> ComposeResult:
        """Show both."""
        yield Static(id="title", markup=False)
        yield Static(id="presence", markup=False)

    def tell(self, title: str) -> None:
        """Say what is shown."""
        self.query_one("#title", Static).update(title)

    def enter(self, state: ConnectionState) -> None:
        """Say how the connection is now."""
        self._presence.enter(state)
        self.query_one("#presence", Static).update(self._presence.content())


class KeyLine(Static):
    """The lower edge: the keys of the place where the person is."""

    def __init__(self, words: Words) -> None:
        super().__init__(id="keys", markup=False)
        self._words = words

    def tell(self, focused: Widget | None, *, busy: bool) -> None:
        """Say the keys of a place; `busy` tells whether there is an answer to cancel."""
        words = self._words
        if isinstance(focused, Composer):
            self.update(words.keys_busy if busy else words.keys_write)
        elif isinstance(focused, Input):
            self.update(words.keys_search)
        else:
            self.update(words.keys_list if focused is None or isinstance(focused, SessionList) else words.keys_read)
