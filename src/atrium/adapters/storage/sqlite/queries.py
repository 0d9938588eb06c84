"""Queries as SQL. What is part of a statement's text is quoted here, and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from atrium.adapters.storage.ordering import comparable, end_of_prefix
from atrium.sdk.spi import Query

LEAST = "-9e999"
"""Minus infinity: nothing but NULL sorts before it, and `>=` seeks in an index where IS NOT NULL would scan."""

_Column = tuple[str, Any]
"""A column or a field, and a value of it."""

_Condition = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL whose last parameter, not among `parameters`, is the limit."""

    sql: str
    parameters: tuple[Any, ...]


class Indexes:
    """The declared indexes of a database."""

    def __init__(self) -> None:
        self._fields: dict[str, set[tuple[str, ...]]] = {}

    def add(self, namespace: str, fields: tuple[str, ...]) -> None:
        """Note that an index exists."""
        self._fields.setdefault(namespace, set()).add(fields)

    def best_for(self, query: Query) -> str | None:
        """Return the name of the index that finds and orders the documents of a query, or None.

        SQLite's planner would guess, without statistics, that the primary key does as well.
        """
        where = {name for name, _ in query.where}
        needed = len(where) + (query.order is not None)
        candidates = [
            fields
            for fields in self._fields.get(query.namespace, ())
            if set(fields[: len(where)]) == where
            and (query.order is None or fields[len(where) : needed] == (query.order,))
        ]
        return index_name(query.namespace, min(candidates, key=len)) if candidates and needed else None


def literal(text: str) -> str:
    """Return text as an SQL literal."""
    if "\0" in text:
        return f"CAST(x'{text.encode().hex()}' AS TEXT)"
    return "'" + text.replace("'", "''") + "'"


def field(name: str) -> str:
    """Return the SQL of a document's top-level field; its path quotes as JSON does."""
    return f"json_extract(value, {literal('$.' + orjson.dumps(name).decode())})"


def index_name(namespace: str, fields: Sequence[str]) -> str:
    """Return the name of a declared index, always the same for the same declaration."""
    return "documents_" + hashlib.sha256(orjson.dumps([namespace, *fields])).hexdigest()[:24]


def create_index(namespace: str, fields: Sequence[str]) -> str:
    """Return the SQL that creates a declared index unless it is there."""
    columns = ", ".join(("space", *map(field, fields), "key"))
    return (
        f"CREATE INDEX IF NOT EXISTS {index_name(namespace, fields)} ON documents({columns}) "
        f"WHERE namespace = {literal(namespace)}"
    )


def statements(query: Query, indexes: Indexes) -> list[Statement]:
    """Return the statements whose results, one after the other up to the limit, are the query's page.

    A page after another is several ranges of an index (the ties of the last document, then what lies beyond), each
    its own statement: SQLite would scan, not seek, for their OR.
    """
    head = _head(query, indexes.best_for(query))
    return [
        Statement(
            f"{head}{''.join(' AND ' + sql for sql, _ in conditions)}{_order(columns, descending=query.descending)}",
            tuple(value for _, values in conditions for value in values),
        )
        for conditions, columns in _ranges(query)
    ]


def _head(query: Query, index: str | None) -> str:
    source = f"documents INDEXED BY {index}" if index else "documents"
    return f"SELECT key, value, revision FROM {source} WHERE namespace = {literal(query.namespace)}"  # noqa: S608


def _order(columns: Sequence[_Column], *, descending: bool) -> str:
    direction = " DESC" if descending else ""
    return " ORDER BY " + ", ".join(name + direction for name, _ in columns) + " LIMIT ?"


def _columns(query: Query) -> list[_Column]:
    """Return what orders the query's documents, each column with its value in the last document of the page before."""
    value, key = query.after or (None, "")
    columns: list[_Column] = [] if query.order is None else [(field(query.order), comparable(value))]
    return [*columns, ("key", key)]


def _ranges(query: Query) -> Iterable[tuple[list[_Condition], list[_Column]]]:
    """Return each range of the page: its conditions, and the columns that order it (those that are equal do not)."""
    fixed: list[_Column] = [("space", query.space), *((field(name), comparable(value)) for name, value in query.where)]
    columns = _columns(query)
    if query.after is None:
        yield [*(_equal(*column) for column in fixed), *_prefix_bounds(query, None)], columns
        return
    for position in range(len(columns) - 1, -1, -1):
        equal = [_equal(*column) for column in (*fixed, *columns[:position])]
        name, value = columns[position]
        bounds = _prefix_bounds(query, value if name == "key" else None)
        if beyond := _beyond(name, value, descending=query.descending):
            yield [*equal, beyond, *bounds], columns[position:]
        if query.descending and value is not None and name != "key":
            yield [*equal, _equal(name, None), *bounds], columns[position + 1 :]


def _equal(column: str, value: Any) -> _Condition:
    return (f"{column} IS NULL", ()) if value is None else (f"{column} = ?", (value,))


def _beyond(column: str, value: Any, *, descending: bool) -> _Condition | None:
    if value is None:
        return None if descending else (f"{column} >= {LEAST}", ())
    return f"{column} {'<' if descending else '>'} ?", (value,)


def _prefix_bounds(query: Query, after_key: str | None) -> list[_Condition]:
    """Return the bounds of the key that its prefix sets, but for one that the last key makes redundant.

    SQLite seeks to one of two lower bounds, and it might be the wrong one.
    """
    bounds: list[_Condition] = []
    if not query.prefix:
        return bounds
    end = end_of_prefix(query.prefix)
    if after_key is None or query.descending or after_key < query.prefix:
        bounds.append(("key >= ?", (query.prefix,)))
    if end is not None and (after_key is None or not query.descending or after_key > end):
        bounds.append(("key < ?", (end,)))
    return bounds
