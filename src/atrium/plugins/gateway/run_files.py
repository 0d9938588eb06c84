"""`<home>/run/token` and `<home>/run/address`: how local programs find the hub."""

from __future__ import annotations

import os
from pathlib import Path

from atrium.sdk.crash_points import crash_point


class RunFiles:
    """Writes both files whole or not at all, readable by the owner alone; without a home there are none."""

    def __init__(self, home: Path | None) -> None:
        self._folder = None if home is None else home / "run"

    def write(self, name: str, text: str) -> None:
        """Write one file by way of a temporary one, so that readers see it whole."""
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / f".{name}.{os.getpid()}"
        temporary.unlink(missing_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        crash_point("run_file.written")
        temporary.replace(self._folder / name)
        crash_point("run_file.replaced")

    def remove(self, *names: str) -> None:
        """Remove files that are there."""
        if self._folder is not None:
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
                crash_point("run_file.removed")
