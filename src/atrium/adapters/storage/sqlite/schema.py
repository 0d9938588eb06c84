"""The database's tables, how older ones are brought up to date, and which SQLite may touch them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import apsw

from atrium.adapters.storage.sqlite.faults import DatabaseUnusable
from atrium.sdk.crash_points import crash_point
from atrium.sdk.files import sync_folder

APPLICATION_ID = 0x4174726D
"""Marks the file as Atrium's ("Atrm")."""

OLDEST_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 8_192
CHECKPOINT_PAGES = 2_000
"""8 MiB of log: twice the default, since every checkpoint syncs the database file while commits wait."""
LOG_SIZE_LIMIT = 16 * 1024 * 1024
"""More than the log has in steady use: one that is cut and grows again makes every sync dearer."""

Migration = Callable[[apsw.Connection], None]


def sqlite_version_problem() -> str | None:
    """Say why the SQLite in use must not be trusted with data, or return None.

    Versions before 3.51.3 can lose committed transactions when the write-ahead log is reset (sqlite.org/wal.html,
    "The WAL-Reset Bug").
    """
    version = apsw.sqlite_lib_version()
    if tuple(int(part) for part in version.split(".")) >= OLDEST_SQLITE:
        return None
    oldest = ".".join(map(str, OLDEST_SQLITE))
    return f"SQLite {version} can lose committed data; install apsw {oldest} or newer (pip install --upgrade apsw)"


def connect(path: Path) -> apsw.Connection:
    """Open the database for its one writer, creating it or bringing it up to date.

    Raises `DatabaseUnusable` before anything is changed if the file is not ours or newer than this program.
    """
    _create_private(path)
    crash_point("storage.created")
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        _check_origin(path, connection)
        _configure(connection)
        _migrate(connection)
        crash_point("storage.migrated")
        sync_folder(path.parent)
        sync_folder(path.parent.parent)  # the folder may be new as well
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """Open the database for reading only."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    _set(connection, query_only=1, cache_size=-CACHE_KIB)
    return connection


def shut(connection: apsw.Connection) -> None:
    """Move the log into the database file and close."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as error:
        # Nothing is lost: the next to open the file finds the log beside it.
        logging.getLogger(__name__).info("the log stays beside the database: %s", error)
    connection.close()


def _create_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _check_origin(path: Path, connection: apsw.Connection) -> None:
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall() == [(0,)]
    if application != APPLICATION_ID and not (is_empty and application == 0):
        raise DatabaseUnusable(f"{path} is a database of another program")
    if version > len(MIGRATIONS):
        raise DatabaseUnusable(
            f"{path} was written by a newer Atrium (schema {version}, this one knows {len(MIGRATIONS)}): "
            "update Atrium, or restore the backup made before the upgrade"
        )


def _configure(connection: apsw.Connection) -> None:
    mode = connection.pragma("journal_mode", "wal")
    if mode != "wal":
        raise DatabaseUnusable(f"the disk does not support a write-ahead log (journal mode {mode})")
    _set(
        connection,
        synchronous=2,  # FULL
        fullfsync=1,
        checkpoint_fullfsync=1,
        cache_size=-CACHE_KIB,
        temp_store=2,  # MEMORY: a statement's journal would go to a file
        wal_autocheckpoint=CHECKPOINT_PAGES,
        journal_size_limit=LOG_SIZE_LIMIT,
    )


def _set(connection: apsw.Connection, **pragmas: int) -> None:
    for name, value in pragmas.items():
        connection.pragma(name, value)


def _migrate(connection: apsw.Connection) -> None:
    if connection.pragma("user_version") == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        for version in range(connection.pragma("user_version"), len(MIGRATIONS)):
            MIGRATIONS[version](connection)
            connection.execute(f"PRAGMA user_version={version + 1}")
        crash_point("storage.migrating")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: apsw.Connection) -> None:
    connection.execute(
        f"""
        PRAGMA application_id={APPLICATION_ID};
        CREATE TABLE documents(
            namespace TEXT NOT NULL, space TEXT NOT NULL, key TEXT NOT NULL,
            revision INTEGER NOT NULL, shown BLOB NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY(namespace, space, key)
        ) WITHOUT ROWID;
        CREATE TABLE entries(
            space TEXT NOT NULL, stream TEXT NOT NULL, "offset" INTEGER NOT NULL, hint TEXT, data BLOB NOT NULL,
            PRIMARY KEY(space, stream, "offset")
        ) WITHOUT ROWID;
        CREATE TABLE topics(
            space TEXT NOT NULL, topic TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY(space, topic)
        ) WITHOUT ROWID;
        CREATE TABLE indexes(
            namespace TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(namespace, fields)
        ) WITHOUT ROWID;
        CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        """
    )


MIGRATIONS: tuple[Migration, ...] = (_create,)
"""Each brings the schema to the next version, inside one transaction; a published one is never edited."""
