"""Groups of commits as transactions: all in one, or, if that fails, each in its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from atrium.adapters.storage.sqlite.faults import CommitFailed, commit_failed
from atrium.adapters.storage.sqlite.group import GroupWriter
from atrium.sdk.crash_points import crash_point
from atrium.sdk.errors import Conflict
from atrium.sdk.spi import Commit, Committed, DeclareIndex

Result = Committed | Conflict | CommitFailed


@dataclass(slots=True)
class Outcome:
    """What became of a group's commits, in order, and the indexes that were declared."""

    results: Sequence[Result]
    indexes: Sequence[DeclareIndex]


class Transactions:
    """Commits groups through the writing connection. No savepoints: a full disk inside one undoes the transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._execute = connection.cursor().execute
        self._writer = GroupWriter(connection)

    def write(self, commits: Sequence[Commit]) -> Outcome:
        """Make commits durable in one transaction; if that fails, try each alone, so that only the guilty fail."""
        try:
            return self._commit(commits)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a commit, its caller must hear of it
            self._roll_back()
            if len(commits) == 1:
                return Outcome([commit_failed(error)], [])
        alone = [self.write([commit]) for commit in commits]
        return Outcome([one.results[0] for one in alone], [index for one in alone for index in one.indexes])

    def _commit(self, commits: Sequence[Commit]) -> Outcome:
        crash_point("storage.taken")
        self._execute("BEGIN IMMEDIATE")
        results, indexes = self._writer.write(commits)
        crash_point("storage.written")
        self._execute("COMMIT")
        crash_point("storage.committed")
        return Outcome(results, indexes)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has rolled back by itself after some errors
            try:
                self._execute("ROLLBACK")
            except apsw.Error as error:
                logging.getLogger(__name__).warning("rolling back failed: %s", error)
