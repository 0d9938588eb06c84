"""A file that changes as a whole: one process at a time writes it, and it outlives `kill -9` and a loss of power."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atrium.sdk.crash_points import crash_point
from atrium.sdk.files import sync_folder
from atrium.sdk.secrets import SecretsUnavailable

PATIENCE_SECONDS = 5.0
_TRY_SECONDS = 0.02

Stamp = tuple[int, int, int]
"""What tells one content of a file from the next: inode, size, time of the change in nanoseconds."""


class WholeFile:
    """A file in a folder that is its owner's alone; another process that changes it is waited for, but not for ever."""

    def __init__(self, path: Path, patience: float = PATIENCE_SECONDS) -> None:
        self.path = path
        self._patience = patience

    def stamp(self) -> Stamp | None:
        """Return what changes with the content, None while there is no file."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(error, self.path) from None
        return state.st_ino, state.st_size, state.st_mtime_ns

    def read(self) -> bytes | None:
        """Return the content, None while there is no file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(error, self.path) from None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep every other process from changing files of the folder for as long as the block lasts."""
        folder = self.path.parent
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(folder.parent)
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(error, folder) from None
        try:
            self._wait_for(descriptor)
            yield
        finally:
            os.close(descriptor)

    def write(self, content: bytes) -> None:
        """Replace the content, durably, within `changing`; readers see the old one or the new one."""
        new = self.path.with_name(f".{self.path.name}.new")
        try:
            new.unlink(missing_ok=True)  # of a process that was killed
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            crash_point("secrets.written")
            new.replace(self.path)
            crash_point("secrets.replaced")
            sync_folder(self.path.parent)
        except OSError as error:
            raise _unusable(error, self.path) from None

    def _wait_for(self, descriptor: int) -> None:
        began = time.monotonic()
        while time.monotonic() - began < self._patience:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(_TRY_SECONDS)
            else:
                return
        lock = self.path.parent / "lock"
        raise SecretsUnavailable(f"another process holds {lock} for {self._patience:g} s: try again when it has ended")


def _unusable(error: OSError, path: Path) -> SecretsUnavailable:
    return SecretsUnavailable(f"{path}: {error.strerror}; correct that, and try again")
