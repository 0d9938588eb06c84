"""Reference: aiosqlite, one connection that all writers share, a transaction for each unit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from bench.references.sqlite_rows import FIND, OPENING, Statement
from bench.stored import NAME, SPACE


class Aiosqlite:
    """Durable as ours (WAL, synchronous=FULL), used as its documentation shows."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    async def store(self, unit: Sequence[Statement]) -> None:
        """Store a unit in a transaction of its own."""
        async with self._lock:
            for sql, values in unit:
                await self._connection.execute(sql, values)
            await self._connection.commit()

    async def find(self, key: str) -> str:
        """Return a document's value."""
        async with self._connection.execute(FIND, (NAME, SPACE, key)) as cursor:
            row = await cursor.fetchone()
        assert row is not None
        return str(row[0])


@asynccontextmanager
async def aiosqlite_on(path: Path) -> AsyncIterator[Aiosqlite]:
    """Open a database at this path."""
    async with aiosqlite.connect(path) as connection:
        for statement in OPENING:
            await connection.execute(statement)
        yield Aiosqlite(connection)
