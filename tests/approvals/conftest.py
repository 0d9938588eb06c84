"""Approvals over memory and over SQLite."""

from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.spi import StorageAdapter


@pytest.fixture(params=["memory", "sqlite"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> StorageAdapter:
    return MemoryStorageAdapter() if request.param == "memory" else SQLiteStorageAdapter(tmp_path / "atrium.db")
