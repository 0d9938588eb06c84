"""The list of sessions on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from atrium.app.tui.session_rows import Day, Row, days, found
from atrium.app.tui.words import Words
from atrium.contracts.sessions import Session


class SessionList(OptionList):
    """Shows sessions by day, and keeps its place in them while they change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
        Binding("l,right", "select", show=False),
    ]

    class Shown(Message):
        """The list was filled; `count` is how many sessions it shows."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    def __init__(self, words: Words, now: Callable[[], datetime]) -> None:
        super().__init__(id="sessions", markup=False)
        self._words = words
        self._now = now
        self._sessions: tuple[Session, ...] = ()
        self._wanted = ""
        self._rows: dict[str, Row] = {}
        self.open_id: str | None = None

    @property
    def chosen(self) -> str | None:
        """Return the id of the session under the cursor."""
        option = self.highlighted_option
        return None if option is None else option.id

    def show(self, sessions: Iterable[Session]) -> None:
        """Show these sessions."""
        self._sessions = tuple(sessions)
        self.fill()

    def search(self, wanted: str) -> None:
        """Show only sessions with these words."""
        self._wanted = wanted
        self.fill()

    def choose(self, session_id: str) -> None:
        """Put the cursor on a session if it is shown."""
        if session_id in self._rows:
            self.highlighted = self.get_option_index(session_id)

    def fill(self) -> None:
        """Fill the list anew; the cursor stays on its session, else at its height."""
        chosen, height = self.chosen, self.highlighted
        listed = list(days(found(self._sessions, self._wanted), self._now(), self._words))
        self._rows = {row.session_id: row for day in listed for row in day.rows}
        self.set_options(option for day in listed for option in self._lines_of(day))
        if chosen in self._rows and chosen is not None:
            self.choose(chosen)
        elif self._rows:
            self.highlighted = min(height or 1, self.option_count - 1)
        self.post_message(self.Shown(len(self._rows)))

    def on_resize(self, event: events.Resize) -> None:
        """Set the rows to the new width."""
        for row in self._rows.values():
            self.replace_option_prompt(row.session_id, self._row_line(row))

    def _lines_of(self, day: Day) -> list[Option]:
        heading = Option(Content.styled(f"  {day.name}", "$muted"), disabled=True)
        return [heading, *(Option(self._row_line(row), id=row.session_id) for row in day.rows)]

    def _row_line(self, row: Row) -> Content:
        width = max((self.size.width or 40) - 1, 16)
        told = row.state or row.time
        if row.state and width >= _ROOMY:
            told = f"{row.state}  {row.time}"
        room = width - cell_len(told) - 4
        mark = "• " if row.session_id == self.open_id else "  "
        return Content.assemble(
            (mark, "$accent"),
            _cut(row.title, room),
            "  ",
            (told, "$accent" if row.state == self._words.running else "$muted"),
        )


_ROOMY = 56


def _cut(text: str, width: int) -> str:
    """Return the text in exactly so many cells; wide characters take two."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
