"""The hub's home: where everything lies, for its owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from atrium.app.errors import HomeUnusable
from atrium.sdk.crash_points import crash_point

FOLDERS = (
    "core", "run", "data", "sessions", "providers", "plugins", "models", "media", "workspaces", "backups", "logs",
)  # fmt: skip


def find_home(option: str | os.PathLike[str] | None = None) -> Home:
    """Return the home that was asked for: by an option, by `ATRIUM_HOME`, or `~/.atrium`."""
    return Home(Path(option or os.environ.get("ATRIUM_HOME") or "~/.atrium").expanduser().absolute())


def open_private(path: str, flags: int) -> int:
    """Open a file that is created for its owner alone; the `opener` of `open`."""
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Home:
    """The places in a home. Nothing is created before `create`."""

    root: Path

    @property
    def config(self) -> Path:
        """Return the file of settings."""
        return self.root / "core" / "config.json"

    @property
    def run(self) -> Path:
        """Return the folder of what exists while the hub runs: lock, token, address."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """Return the file whose lock a running hub holds."""
        return self.run / "lock"

    @property
    def address(self) -> Path:
        """Return the file that says where the hub answers."""
        return self.run / "address"

    @property
    def logs(self) -> Path:
        """Return the folder of logs."""
        return self.root / "logs"

    @property
    def log(self) -> Path:
        """Return the file the hub logs to."""
        return self.logs / "atrium.log"

    @property
    def plugins(self) -> Path:
        """Return the folder of dropped-in plugins."""
        return self.root / "plugins"

    @property
    def options(self) -> Path:
        """Return the file that says how the running hub was started, for `atrium restart`."""
        return self.run / "options.json"

    def data(self, folder: str | None) -> Path:
        """Return the folder of the database: the one that `core.dataDir` names, or the home's own."""
        return Path(folder).expanduser().absolute() if folder else self.root / "data"

    def create(self) -> None:
        """Create what is missing, readable by the owner alone; raises `HomeUnusable`."""
        try:
            for folder in (self.root, *(self.root / name for name in FOLDERS)):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._close_to_others(folder)
                crash_point("home.folder_created")
        except OSError as error:
            raise HomeUnusable(
                f"cannot use {self.root} as the home: {error.strerror}: {error.filename}; "
                "choose another with --home or ATRIUM_HOME"
            ) from None

    def _close_to_others(self, folder: Path) -> None:
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
