"""What plugins bring into the web page: a folder of files each, with a module that the shell imports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from atrium.sdk import Contribution

FEATURES = "gateway.feature"
"""The extension point: a plugin contributes the folder, `name`, and `module`, a file of it, else `index.js`."""

PREFIX = "/features/"


class Features:
    """The features on offer. Their files are public, like the page's own."""

    def __init__(self, offered: Callable[[], list[Contribution]]) -> None:
        self._offered = offered

    def list(self) -> list[dict[str, Any]]:
        """Return `{name, plugin, module}` of each; of two with one name the first counts."""
        return [
            {"name": name, "plugin": offer.owner, "module": f"{PREFIX}{name}/{offer.options.get('module', 'index.js')}"}
            for name, offer in self._by_name().items()
        ]

    def file(self, path: str) -> Path | None:
        """Return the file that a path below `/features/` names, if it lies within the feature's folder."""
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        offer = self._by_name().get(name)
        if offer is None or "\0" in rest:
            return None
        folder = Path(offer.value).resolve()
        file = (folder / rest).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None

    def _by_name(self) -> dict[str, Contribution]:
        return {str(offer.options["name"]): offer for offer in reversed(self._offered())}
