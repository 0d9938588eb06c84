"""The storage port on SQLite: writes on a thread of their own, reads inline on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import orjson

from atrium.adapters.storage.sqlite.faults import CommitFailed, DatabaseUnusable, unusable
from atrium.adapters.storage.sqlite.queries import Indexes, statements
from atrium.adapters.storage.sqlite.schema import connect_reader, sqlite_version_problem
from atrium.adapters.storage.sqlite.transactions import Outcome
from atrium.adapters.storage.sqlite.writer import Writer
from atrium.sdk.errors import StorageFailed
from atrium.sdk.spi import (
    Address,
    Commit,
    CommitCallback,
    Committed,
    Query,
    Row,
    Selection,
    StoredDocument,
    StreamKey,
    StreamPage,
    TopicKey,
)

GET = "SELECT value, revision FROM documents WHERE namespace = ? AND space = ? AND key = ?"
READ = (
    'SELECT "offset", data, hint FROM entries WHERE space = ? AND stream = ? AND "offset" > ? ORDER BY "offset" LIMIT ?'
)
PREVIOUS = """
SELECT "offset" FROM entries WHERE space = ? AND stream = ? AND "offset" <= ? AND hint IS NULL
ORDER BY "offset" DESC LIMIT 1"""
HEAD = 'SELECT max("offset") FROM entries WHERE space = ? AND stream = ?'
TOPIC = "SELECT revision FROM topics WHERE space = ? AND topic = ?"
CEILING = "SELECT value FROM meta WHERE key = 'ceiling'"
INDEXES = "SELECT namespace, fields FROM indexes"


class SQLiteStorageAdapter:
    """Keeps everything in one SQLite file; a commit is fsynced before its callback runs.

    Every statement is fetched to its end before a read returns: an open one would pin the view and grow the log.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._writer: Writer | None = None
        self._reader: apsw.Connection | None = None
        self._indexes = Indexes()
        self._failure: str | None = None

    @property
    def durable(self) -> bool:
        """Return True."""
        return True

    @property
    def failure(self) -> str | None:
        """Return what is wrong with the machine (a full or failing disk), None after a commit that succeeded."""
        return self._failure

    @property
    def healthy(self) -> bool:
        """Tell whether nothing is known to be wrong with the machine."""
        return self._failure is None

    async def open(self) -> int:
        """Open the file, creating it or bringing it up to date, and return the highest ceiling committed to it.

        Raises `DatabaseUnusable`, having changed nothing, for a foreign, damaged or newer file or an unsafe SQLite.
        """
        if self._reader is not None:
            raise DatabaseUnusable(f"{self._path} is open already")
        if problem := sqlite_version_problem():
            raise DatabaseUnusable(problem)
        self._writer = Writer(self._path, self._observe)
        try:
            await self._writer.start()
            return self._open_reader()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish queued commits, checkpoint and close."""
        if self._writer is not None:
            await self._writer.stop()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    async def get(self, address: Address) -> StoredDocument | None:
        """Return one document."""
        try:
            rows = _fetch(self._connection, GET, address)
        except apsw.Error as error:
            raise unusable(self._path, error) from error
        if not rows:
            return None
        value, revision = rows[0]
        return StoredDocument(address[2], value.encode(), revision)

    async def query(self, queries: Sequence[Query], topic: TopicKey | None = None) -> Selection:
        """Run bounded queries, and read a topic's revision, all in one transaction."""
        with self._snapshot() as connection:
            pages = tuple(self._select(connection, query) for query in queries)
            revisions = _fetch(connection, TOPIC, topic) if topic else []
        return Selection(pages, revisions[0][0] if revisions else 0)

    async def read(self, stream: StreamKey, after: int, limit: int) -> StreamPage:
        """Return the stream's rows with offsets beyond `after`, oldest first."""
        with self._snapshot() as connection:
            rows = _fetch(connection, READ, (*stream, after, limit))
            previous = _fetch(connection, PREVIOUS, (*stream, after))
            ((head,),) = _fetch(connection, HEAD, stream)
        return StreamPage(tuple(Row(*row) for row in rows), previous[0][0] if previous else 0, head or 0)

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        """Queue a commit for the next group."""
        if self._writer is None:
            asyncio.get_running_loop().call_soon(done, StorageFailed("the database is not open"))
        else:
            self._writer.submit(commit, done)

    @property
    def _connection(self) -> apsw.Connection:
        if self._reader is None:
            raise DatabaseUnusable(f"{self._path} is not open")
        return self._reader

    @contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        connection = self._connection
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")
        except apsw.Error as error:
            raise unusable(self._path, error) from error

    def _select(self, connection: apsw.Connection, query: Query) -> tuple[StoredDocument, ...]:
        found: list[StoredDocument] = []
        for statement in statements(query, self._indexes):
            rows = _fetch(connection, statement.sql, (*statement.parameters, query.limit - len(found)))
            found += [StoredDocument(key, value.encode(), revision) for key, value, revision in rows]
            if len(found) >= query.limit:
                break
        return tuple(found)

    def _open_reader(self) -> int:
        self._reader = connect_reader(self._path)
        for namespace, fields in _fetch(self._reader, INDEXES):
            self._indexes.add(namespace, tuple(orjson.loads(fields)))
        ceilings = _fetch(self._reader, CEILING)
        return int(ceilings[0][0]) if ceilings else 0

    def _observe(self, outcome: Outcome) -> None:
        for index in outcome.indexes:
            self._indexes.add(index.namespace, index.fields)
        for result in outcome.results:
            if type(result) is Committed:
                self._failure = None
            elif isinstance(result, CommitFailed) and result.is_machine:
                self._failure = result.detail


def _fetch(connection: apsw.Connection, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return all rows: the statement is done with when this returns."""
    return connection.execute(sql, parameters).fetchall()
