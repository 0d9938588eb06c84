"""Runtimes to test with: over memory and over SQLite, with a clock the test moves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.kernel.storage import Storage
from atrium.sdk.spi import StorageAdapter
from atrium.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> StorageAdapter:
    return MemoryStorageAdapter() if request.param == "memory" else SQLiteStorageAdapter(tmp_path / "atrium.db")


@pytest.fixture
async def storage(adapter: StorageAdapter, clock: ManualClock) -> AsyncIterator[Storage]:
    storage = Storage(adapter, clock.now)
    yield storage
    await storage.close()


@pytest.fixture
async def runtime(adapter: StorageAdapter) -> AsyncIterator[CoreRuntime]:
    runtime = CoreRuntime(adapter)
    yield runtime
    await runtime.stop()
