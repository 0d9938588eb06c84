"""Providers that nobody has configured are offered once they are there, unless that is turned off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.app.sections import providers_config, sections_of_kind
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.plugins.providers.config import ProvidersConfig
from atrium.sdk.providers import Provider
from atrium.testing.clock import ManualClock
from tests.usage.spender import Spender


class Finder:
    """Finds one more at each look, up to two."""

    def __init__(self) -> None:
        self.there: list[Provider] = []
        self.looks = 0

    async def find(self) -> Sequence[Provider]:
        await asyncio.sleep(0)
        self.looks += 1
        if len(self.there) < 2:
            self.there.append(Spender(f"found-{len(self.there)}"))
        return list(self.there)


async def names(runtime: CoreRuntime) -> list[str]:
    return [row["id"] for row in (await runtime.service_registry.call("providers.list"))["data"]]


@pytest.mark.parametrize("discover", [True, False])
async def test_what_is_found_is_offered(discover: bool) -> None:
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"providers": {"discover": discover}}, clock=ManualClock())
    finder = Finder()
    runtime.extensions.contribute("providers.finder", "test", finder)
    await runtime.plugin_manager.load_plugin(Providers(runtime))
    await runtime.start()
    try:
        if discover:
            while await names(runtime) != ["found-0", "found-1"]:  # noqa: ASYNC110  # looked for in the background
                await asyncio.sleep(0)
        else:
            assert await names(runtime) == []
            assert finder.looks == 0
    finally:
        await runtime.stop()


def test_sections_of_models_are_checked() -> None:
    section = providers_config(ProvidersConfig)
    model: dict[str, Any] = {"kind": "model", "vendor": "anthropic", "apiKey": {"env": "KEY"}, "model": "m"}
    assert sections_of_kind("model", {"mine": model, "other": {"kind": "acp"}}) == {"mine": model}
    section.model_validate({"mine": model})
    with pytest.raises(ValueError, match=r"mine.vendor"):
        section.model_validate({"mine": model | {"vendor": "nobody"}})
