"""What can go wrong with a database file, in words that say what to do."""

from __future__ import annotations

from pathlib import Path

import apsw

from atrium.sdk.errors import StorageFailed, Unavailable

MACHINE = (
    (apsw.FullError, "the disk is full: free some space, no restart is needed"),
    (apsw.ReadOnlyError, "the database file or its disk is read-only"),
    (apsw.CorruptError, "the database file is damaged: restore a backup"),
    (apsw.NotADBError, "the file is not a database, or is damaged: restore a backup"),
    (
        apsw.CantOpenError,
        "the database file cannot be opened: its folder or disk is missing, read-only or not ours to write to",
    ),
    (apsw.BusyError, "another process keeps the database locked"),
    (apsw.IOError, "the disk failed"),
)
"""Errors of the machine rather than of one commit: while they last, the hub is not ready."""

COMMIT = (
    (apsw.ConstraintError, "an offset is in the stream already"),
    (apsw.TooBigError, "a value is too large"),
)


class DatabaseUnusable(Unavailable):
    """The database cannot be used."""


class CommitFailed(StorageFailed):
    """The database could not store the change; nothing of it was kept."""

    code = StorageFailed.code

    def __init__(self, detail: str, *, is_machine: bool) -> None:
        super().__init__(detail)
        self.is_machine = is_machine
        """Whether the machine failed rather than this commit: others will fail too."""


def commit_failed(error: Exception) -> CommitFailed:
    """Return what to tell the caller of a commit."""
    failed = CommitFailed(describe(error), is_machine=isinstance(error, tuple(kind for kind, _ in MACHINE)))
    failed.__cause__ = error
    return failed


def unusable(path: Path, error: Exception) -> DatabaseUnusable:
    """Return what to tell who opens or reads the database."""
    return DatabaseUnusable(f"{path}: {describe(error)}")


def describe(error: Exception) -> str:
    """Return the cause in plain words, with SQLite's own at the end."""
    for kind, words in (*MACHINE, *COMMIT):
        if isinstance(error, kind):
            return f"{words} ({error})"
    return f"{type(error).__name__}: {error}"
