"""The place to write: it grows with what is written, and sends with Enter."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import TextArea

_SEND = frozenset({"enter"})
_NEW_LINE = frozenset({"alt+enter", "shift+enter", "ctrl+j"})


class Composer(TextArea):
    """Where messages are written."""

    class Sent(Message):
        """A message is to be sent."""

        def __init__(self, content: str) -> None:
            super().__init__()
            self.content = content

    def __init__(self) -> None:
        super().__init__(id="composer", compact=True, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)

    async def _on_key(self, event: events.Key) -> None:
        if event.key in _NEW_LINE:
            event.stop()
            event.prevent_default()
            self.insert("\n")
        elif event.key in _SEND:
            event.stop()
            event.prevent_default()
            self._send()
        else:
            await super()._on_key(event)

    def write(self, text: str) -> None:
        """Put a text in, the cursor behind it."""
        self.text = text
        self.move_cursor(self.document.end)

    def _send(self) -> None:
        content = self.text.strip()
        if content:
            self.post_message(self.Sent(content))
