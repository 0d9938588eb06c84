"""Many commits folded into few statements.

Each SQLite call gives up Python's interpreter lock, and taking it back from a busy event loop costs milliseconds. So a
group of commits is folded in Python over the state it needs, read at once, and then written with one statement for
many rows: a handful of calls for hundreds of commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import apsw
import orjson

from atrium.adapters.storage.bumps import pack, touched
from atrium.adapters.storage.sqlite.queries import create_index
from atrium.sdk.errors import Conflict
from atrium.sdk.spi import (
    Address,
    Append,
    Commit,
    Committed,
    DeclareIndex,
    Drop,
    Put,
    Require,
    TopicKey,
    Trim,
)
from atrium.sdk.storage import ABSENT, EXISTS

BATCH_SIZES = (256, 64, 16, 4, 1)
"""How many rows one statement takes: few sizes, so that each is prepared once."""

# Whatever fails, the whole transaction is undone. Saying so spares SQLite a journal for each statement.
UPSERT_DOCUMENTS = """
INSERT OR ROLLBACK INTO documents(namespace, space, key, revision, shown, value) VALUES {rows}
ON CONFLICT DO UPDATE SET revision = excluded.revision, shown = excluded.shown, value = excluded.value"""
DELETE_DOCUMENTS = "DELETE FROM documents WHERE (namespace, space, key) IN (VALUES {rows})"
INSERT_ENTRIES = 'INSERT OR ROLLBACK INTO entries(space, stream, "offset", hint, data) VALUES {rows}'
UPSERT_TOPICS = """
INSERT OR ROLLBACK INTO topics(space, topic, revision) VALUES {rows}
ON CONFLICT DO UPDATE SET revision = excluded.revision"""
TRIM = 'DELETE FROM entries WHERE space = ? AND stream = ? AND "offset" BETWEEN ? AND ? AND hint = ?'
DROP = "DELETE FROM entries WHERE space = ? AND stream = ?"
KEEP_INDEX = "INSERT OR IGNORE INTO indexes(namespace, fields) VALUES (?, ?)"
KEEP_CEILING = """
INSERT INTO meta(key, value) VALUES ('ceiling', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"""
# One row whatever the number of documents: each row would be a call of its own.
LOAD_STATES = """
WITH wanted(number, namespace, space, key) AS (VALUES {rows})
SELECT json_group_array(json_array(number, revision, hex(shown)))
FROM wanted CROSS JOIN documents USING (namespace, space, key)"""

Values = tuple[Any, ...]
"""What is bound for one row."""

_State = tuple[int, bytes] | None
"""A document's revision and packed digests; None: there is none."""


class GroupWriter:
    """Writes groups of commits through one connection, inside the transaction that the caller has begun."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._execute = connection.cursor().execute
        self._texts: dict[tuple[str, int], str] = {}

    def write(self, commits: Sequence[Commit]) -> tuple[list[Committed | Conflict], list[DeclareIndex]]:
        """Check and write commits in order; each sees those before it, and one in conflict writes nothing.

        Returns what became of each, and the indexes they declared.
        """
        group = _Group(self._load(_needed(commits)), self._write_rows, self._execute)
        results = [group.fold(commit) for commit in commits]
        group.flush()
        return results, group.indexes

    def _load(self, addresses: Iterable[Address]) -> dict[Address, _State]:
        states: dict[Address, _State] = dict.fromkeys(addresses)
        wanted = list(states)
        for rows in _batches([(number, *address) for number, address in enumerate(wanted)]):
            ((found,),) = self._execute_with(LOAD_STATES, rows).fetchall()
            for number, revision, shown in orjson.loads(str(found)):
                states[wanted[number]] = (revision, bytes.fromhex(shown))
        return states

    def _write_rows(self, template: str, rows: Sequence[Values]) -> None:
        for batch in _batches(rows):
            self._execute_with(template, batch)

    def _execute_with(self, template: str, rows: Sequence[Values]) -> apsw.Cursor:
        text = self._texts.get((template, len(rows)))
        if text is None:
            row = f"({','.join('?' * len(rows[0]))})"
            text = self._texts[template, len(rows)] = template.format(rows=",".join([row] * len(rows)))
        return self._execute(text, tuple(chain.from_iterable(rows)))


@dataclass(slots=True)
class _Group:
    """The changes of some commits that are not written yet, and the state of the documents they touch."""

    states: dict[Address, _State]
    write_rows: Callable[[str, Sequence[Values]], None]
    execute: Callable[..., object]
    indexes: list[DeclareIndex] = field(default_factory=list)
    documents: dict[Address, Values | None] = field(default_factory=dict)
    entries: list[Values] = field(default_factory=list)
    topics: dict[TopicKey, int] = field(default_factory=dict)
    ceiling: int | None = None

    def fold(self, commit: Commit) -> Committed | Conflict:
        for require in commit.requires:
            if not _holds(require, self.states[require.address]):
                return Conflict("/".join(require.address))
        topics: dict[TopicKey, int] = {}
        for operation in commit.operations:
            if isinstance(operation, Put):
                self._put(operation, commit.revision, topics)
            elif isinstance(operation, Append):
                space, stream = operation.stream
                self.entries += [(space, stream, row.offset, row.hint, row.data) for row in operation.rows]
            else:
                self._rare(operation)
        self.topics.update(topics)
        if commit.ceiling is not None and (self.ceiling is None or commit.ceiling > self.ceiling):
            self.ceiling = commit.ceiling
        return Committed(commit.revision, tuple(topics))

    def flush(self) -> None:
        """Write what is pending."""
        self._flush_entries()
        stored = [row for row in self.documents.values() if row is not None]
        self.write_rows(UPSERT_DOCUMENTS, stored)
        if len(stored) < len(self.documents):
            self.write_rows(DELETE_DOCUMENTS, [key for key, row in self.documents.items() if row is None])
        self.write_rows(UPSERT_TOPICS, [(*key, revision) for key, revision in self.topics.items()])
        if self.ceiling is not None:
            self.execute(KEEP_CEILING, (self.ceiling,))

    def _put(self, put: Put, revision: int, topics: dict[TopicKey, int]) -> None:
        address, value = put.address, put.value
        shown = pack(put.bumps) if put.bumps else b""
        if put.bumps:
            before = self.states.get(address)
            space = address[1]
            for name in touched(put.bumps, shown, before[1] if before else None, deleted=value is None):
                topics[space, name] = revision
        if value is None:
            self.states[address] = self.documents[address] = None
        else:
            self.states[address] = (revision, shown)
            self.documents[address] = (*address, revision, shown, value.decode())

    def _rare(self, operation: Trim | Drop | DeclareIndex) -> None:
        self._flush_entries()  # a trim concerns what this group has appended before it, and nothing after it
        if isinstance(operation, Trim):
            self.execute(TRIM, (*operation.stream, operation.first, operation.last, operation.group))
        elif isinstance(operation, Drop):
            self.execute(DROP, operation.stream)
        else:
            self.execute(create_index(operation.namespace, operation.fields))
            self.execute(KEEP_INDEX, (operation.namespace, orjson.dumps(operation.fields).decode()))
            self.indexes.append(operation)

    def _flush_entries(self) -> None:
        if self.entries:
            self.write_rows(INSERT_ENTRIES, self.entries)
            self.entries = []


def _needed(commits: Iterable[Commit]) -> Iterator[Address]:
    """Return the documents whose present state decides what the commits do."""
    for commit in commits:
        for require in commit.requires:
            yield require.address
        for operation in commit.operations:
            if isinstance(operation, Put) and operation.bumps:
                yield operation.address


def _holds(require: Require, state: _State) -> bool:
    if require.revision is ABSENT:
        return state is None
    if state is None:
        return False
    return require.revision is EXISTS or state[0] == require.revision


def _batches(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    start = 0
    for size in BATCH_SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
