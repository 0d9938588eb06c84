"""Where an agent's sessions are: the folder each works in, and the agent's own id for it, kept over restarts."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from atrium.sdk.errors import FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class Place:
    """A session as its agent knows it."""

    agent_session: str
    cwd: str


class Places:
    """A file for each session below the provider's own folder, `<home>/providers/<id>`, where the hub's home is `home`.

    Small and rarely written; call it off the loop.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder.parents[1]

    def find(self, session_id: str) -> Place | None:
        """Return where a session was; None if it is new, or if its file cannot be read."""
        try:
            stored = json.loads(self._file(session_id).read_text("utf-8"))
            return Place(str(stored["agentSession"]), str(stored["cwd"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, session_id: str, place: Place) -> None:
        """Remember where a session is."""
        file = self._file(session_id)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".partial")
        part.write_text(json.dumps({"agentSession": place.agent_session, "cwd": place.cwd}), "utf-8")
        os.replace(part, file)

    def work_folder(self, session_id: str, wanted: object) -> str:
        """Return the folder a session works in: the one it names, or one of its own."""
        if wanted is None:
            own = self._own(session_id)
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            return str(own)
        if not isinstance(wanted, str) or not Path(wanted).is_absolute() or not Path(wanted).is_dir():
            raise _refused("give the absolute path of a folder that exists")
        if not self._is_apart(Path(wanted).resolve(), session_id):
            raise _refused(f"{self._home} has the keys and conversations of the hub: give a folder apart from it")
        return wanted

    def _is_apart(self, folder: Path, session_id: str) -> bool:
        home = self._home.resolve()
        is_around = folder.is_relative_to(home) or home.is_relative_to(folder)
        return not is_around or folder.is_relative_to(self._own(session_id).resolve())

    def forget(self, session_id: str) -> None:
        """Remove what is kept of a session; a folder that it named is left alone."""
        self._file(session_id).unlink(missing_ok=True)
        shutil.rmtree(self._own(session_id), ignore_errors=True)

    def _file(self, session_id: str) -> Path:
        return self._folder / "sessions" / f"{session_id}.json"

    def _own(self, session_id: str) -> Path:
        return self._folder / "work" / session_id


def _refused(message: str) -> InvalidInput:
    return InvalidInput(f"settings.cwd: {message}", fields=[FieldError("settings.cwd", message)])
