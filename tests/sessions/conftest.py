"""Hubs over memory and over SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.spi import StorageAdapter
from tests.sessions.hub import Hub


@pytest.fixture(params=["memory", "sqlite"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> StorageAdapter:
    return MemoryStorageAdapter() if request.param == "memory" else SQLiteStorageAdapter(tmp_path / "atrium.db")


@pytest.fixture
async def hub(adapter: StorageAdapter) -> AsyncIterator[Hub]:
    hub = await Hub(adapter).start()
    yield hub
    await hub.stop()


@pytest.fixture
async def small() -> AsyncIterator[Hub]:
    """A hub in memory, for what has nothing to do with the database."""
    hub = await Hub(MemoryStorageAdapter()).start()
    yield hub
    await hub.stop()
