"""A program that commits until it is killed, and writes each acknowledged revision to a ledger outside.

Usage: python ledger.py DATABASE LEDGER FIRST_REVISION
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.spi import Append, Commit, Committed, Put, Row

WRITERS = 20


async def write(adapter: SQLiteStorageAdapter, revisions: count[int], ledger: int, name: str) -> None:
    while True:
        revision = next(revisions)
        finished: asyncio.Future[Committed | BaseException] = asyncio.get_running_loop().create_future()
        append = Append(("s", name), (Row(revision, b"%d" % revision),))
        put = Put(("n", "s", f"{revision:012}"), b"%d" % revision)
        adapter.commit(Commit(revision, [], [put, append], ceiling=revision), finished.set_result)
        result = await finished
        if isinstance(result, BaseException):
            raise result
        os.write(ledger, f"{name} {revision}\n".encode())


async def main(database: str, ledger: str, first: str) -> None:
    adapter = SQLiteStorageAdapter(database)
    await adapter.open()
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    revisions = count(int(first))
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(adapter, revisions, descriptor, f"stream/{number}"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
