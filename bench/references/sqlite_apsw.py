"""Reference: apsw in a bare loop, as many units in one transaction as there are writers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from bench.references.sqlite_rows import FIND, OPENING, Statement
from bench.stored import NAME, SPACE


class ApswLoop:
    """Commits groups of units from one thread, nothing else: what SQLite itself can do with these rows."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        for statement in OPENING:
            self._connection.execute(statement).fetchall()

    def store(self, units: Iterable[Sequence[Statement]], group: int) -> None:
        """Store units, `group` in each transaction."""
        execute = self._connection.cursor().execute
        waiting = 0
        for unit in units:
            if not waiting:
                execute("BEGIN IMMEDIATE")
            for sql, values in unit:
                execute(sql, values).fetchall()
            waiting += 1
            if waiting == group:
                execute("COMMIT")
                waiting = 0
        if waiting:
            execute("COMMIT")

    def find(self, key: str) -> str:
        """Return a document's value."""
        [(value, _)] = self._connection.execute(FIND, (NAME, SPACE, key)).fetchall()
        return str(value)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
