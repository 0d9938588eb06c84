"""The command palette: all commands, and all sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from atrium.app.tui.session_rows import found, title_of
from atrium.app.tui.themes import CONTRAST, DARK, LIGHT

if TYPE_CHECKING:
    from atrium.app.tui.app import TerminalApp

MOST_SESSIONS = 200


class Commands(Provider):
    """What can be done and where one can go."""

    async def discover(self) -> Hits:
        """Show all commands before anything is typed."""
        for name, run in self._commands():
            yield DiscoveryHit(name, run)

    async def search(self, query: str) -> Hits:
        """Show commands and sessions that fit."""
        matcher = self.matcher(query)
        for name, run in [*self._commands(), *self._sessions()]:
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run)

    def _commands(self) -> Iterator[tuple[str, Callable[[], object]]]:
        app = cast("TerminalApp", self.app)
        words = app.words
        for name, action in (
            (words.do_new, "new"),
            (words.do_search, "search"),
            (words.do_retry, "retry"),
            (words.do_switch, "switch_provider"),
            (words.do_cancel, "interrupt"),
            (words.do_rename, "rename"),
            (words.do_delete, "delete"),
            (words.do_undo, "undo"),
            (words.do_list, "go_list"),
            (words.do_write, "write"),
            (words.do_latest, "latest"),
            (words.do_first, "first"),
            (words.do_open_lines, "open_lines"),
            *((words.do_theme.format(name=told), f"theme('{theme}')") for theme, told in _theme_names(app)),
            (words.do_keys, "keys"),
            (words.do_quit, "quit"),
        ):
            yield name, _runner(app, action)

    def _sessions(self) -> Iterator[tuple[str, Callable[[], object]]]:
        app = cast("TerminalApp", self.app)
        for session in found(app.listed, "")[:MOST_SESSIONS]:
            yield title_of(session, app.words), _runner(app, f"open('{session.id}')")


def _theme_names(app: TerminalApp) -> list[tuple[str, str]]:
    words = app.words
    return [(DARK, words.theme_dark), (LIGHT, words.theme_light), (CONTRAST, words.theme_contrast)]


def _runner(app: TerminalApp, action: str) -> Callable[[], object]:
    return lambda: app.run_action(action)
