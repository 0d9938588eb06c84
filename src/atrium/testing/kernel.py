"""A running kernel around the plugins under test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.sdk.host import Clock
from atrium.sdk.plugin import Plugin
from atrium.sdk.spi import StorageAdapter


@asynccontextmanager
async def kernel_with(
    *plugins: type[Plugin[Any]],
    config: Mapping[str, Any] | None = None,
    adapter: StorageAdapter | None = None,
    home: Path | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[CoreRuntime]:
    """Run these plugins over a fresh in-memory database (or `adapter`) and stop them at the end.

    Unlike `CoreRuntime.start`, a plugin that does not start raises here: a test should not run without it.
    """
    runtime = CoreRuntime(adapter or MemoryStorageAdapter(), config=config, home=home, clock=clock)
    try:
        for plugin in plugins:
            await runtime.plugin_manager.load_plugin(plugin(runtime))
        for plugin in plugins:
            await runtime.plugin_manager.start_plugin(plugin.manifest.name)
        await runtime.start()
        yield runtime
    finally:
        await runtime.stop()
