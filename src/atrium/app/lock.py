"""One daemon per home: a lock that the operating system holds and gives back however the process ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from atrium.app.errors import HomeHeld, HomeUnusable
from atrium.sdk.crash_points import crash_point

_TRIES = 3
_TRY_SECONDS = 0.02


class HomeLock:
    """The lock of a home, held from `acquire` to `release`; the file names its holder's process id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise `HomeHeld` at once."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HomeUnusable(f"cannot open {self._path}: {error.strerror}") from None
        if not _lock(descriptor):
            os.close(descriptor)
            raise HomeHeld(self._refusal())
        crash_point("lock.taken")
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            raise HomeUnusable(f"cannot write {self._path}: {error.strerror}") from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would let two processes lock two files."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> HomeLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _refusal(self) -> str:
        home, pid = self._path.parent.parent, read_pid(self._path)
        who = f"process {pid}" if pid else "another process"
        return f"{home} is in use by {who}: one Atrium runs per home; `atrium open` shows it, `atrium down` stops it"


def _lock(descriptor: int) -> bool:
    """Try a few times: somebody who only asks who holds the lock has it for a moment."""
    for attempt in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if attempt + 1 < _TRIES:
                time.sleep(_TRY_SECONDS)
        else:
            return True
    return False


def read_pid(path: Path) -> int | None:
    """Return the process id that a lock file names, None without one."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdigit() else None


def holder(path: Path) -> int | None:
    """Return the process id of who holds the lock now (0 if it does not say), None if nobody does.

    Raises `PermissionError` if it is not for us to know.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return read_pid(path) or 0
    finally:
        os.close(descriptor)
    return None
