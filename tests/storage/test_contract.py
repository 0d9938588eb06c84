"""Both adapters keep every promise of the port."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.testing.storage_suite import (
    AdapterFactory,
    CommitsSuite,
    DocumentsSuite,
    IndexesSuite,
    ModelSuite,
    StreamsSuite,
)


class TestMemory(DocumentsSuite, CommitsSuite, StreamsSuite, IndexesSuite, ModelSuite):
    @pytest.fixture
    def factory(self) -> AdapterFactory:
        kept = MemoryStorageAdapter()
        return lambda: kept

    @pytest.fixture
    def fresh(self) -> AdapterFactory:
        return MemoryStorageAdapter


class TestSQLite(DocumentsSuite, CommitsSuite, StreamsSuite, IndexesSuite, ModelSuite):
    @pytest.fixture
    def factory(self, tmp_path: Path) -> AdapterFactory:
        return lambda: SQLiteStorageAdapter(tmp_path / "data" / "atrium.db")

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> AdapterFactory:
        numbers = count()
        return lambda: SQLiteStorageAdapter(tmp_path / f"{next(numbers)}.db")
