"""The seed's own snippets ("Тестирование"): only the import paths are ours."""

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.event_bus import EventBus
from atrium.kernel.runtime import CoreRuntime
from atrium.sdk import Plugin, PluginMetadata


class ExamplePlugin(Plugin):
    manifest = PluginMetadata(name="example")


@pytest.mark.asyncio
async def test_event_bus() -> None:
    bus = EventBus()
    received = []

    async def handler(event_type: str, data: dict[str, int]) -> None:
        received.append(data)

    bus.subscribe("test", handler)
    await bus.publish("test", {"value": 42})

    assert len(received) == 1
    assert received[0]["value"] == 42


@pytest.mark.asyncio
async def test_plugin_lifecycle() -> None:
    runtime = CoreRuntime(MemoryStorageAdapter())
    plugin = ExamplePlugin(runtime)

    await runtime.plugin_manager.load_plugin(plugin)
    assert plugin.is_loaded

    await runtime.plugin_manager.start_plugin("example")
    assert plugin.is_started

    await runtime.plugin_manager.stop_plugin("example")
    assert not plugin.is_started
