"""What a person likes in the full-screen terminal, remembered in the home."""

from __future__ import annotations

import json
from pathlib import Path

from atrium.app.home import open_private
from atrium.app.tui.themes import CONTRAST, DARK, LIGHT


class Taste:
    """The theme that was chosen last."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def theme(self) -> str:
        """Return the theme, the dark one while none was chosen or what is remembered cannot be read."""
        try:
            chosen = json.loads(self._path.read_text("utf-8"))["theme"]
        except (OSError, ValueError, LookupError, TypeError):
            return DARK
        return chosen if chosen in (DARK, LIGHT, CONTRAST) else DARK

    def choose(self, theme: str) -> None:
        """Remember a theme; raises `OSError`."""
        fresh = self._path.with_suffix(".new")
        with open(fresh, "w", encoding="utf-8", opener=open_private) as file:
            json.dump({"theme": theme}, file)
        fresh.replace(self._path)
