"""Installations as such: what a provider's own fault, a stop of the hub or a removal in between makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.sdk import InvalidInput, Principal, StorageFailed, Unavailable
from atrium.sdk.findings import Finding
from atrium.sdk.programs import Program
from atrium.sdk.providers import Note, Progress, Quota, TurnRequest, Usage
from atrium.sdk.spi import StorageAdapter
from atrium.testing.kernel import kernel_with
from atrium.testing.provider_suite import text_of, turn
from tests.providers.test_plugin import Odd, run, settled

ANN = Principal("ann", "test")


class Kit(Odd):
    """A provider whose program is installed as a test says."""

    def __init__(self, package: str | None = "kit", failure: Exception | None = None) -> None:
        super().__init__("kit")
        self.package = package
        self.failure = failure
        self.go_on = asyncio.Event()

    @property
    def program(self) -> Program:
        return Program("kit", "Kit", "A kit.", "MIT", "https://example.org/kit", self.package, "1.0.0")

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        if self.failure is not None:
            raise self.failure
        await self.go_on.wait()

    async def remove_program(self) -> bool:
        return True

    async def examine_program(self) -> Sequence[Finding]:
        return []


@asynccontextmanager
async def hub(provider: Odd, adapter: StorageAdapter | None = None) -> AsyncIterator[CoreRuntime]:
    """Run the plugin with a provider that is shown because the settings name it."""
    config = {"providers": {"kit": {"enabled": True}}}
    async with kernel_with(Providers, config=config, adapter=adapter or MemoryStorageAdapter()) as runtime:
        runtime.extensions.contribute("providers.provider", "test", provider)
        await settled(runtime, 1)
        yield runtime


async def install_of(runtime: CoreRuntime) -> dict[str, Any]:
    row = await runtime.service_registry.call("providers.program", ANN, "kit")
    return dict(row["install"]) if "install" in row else {}


async def ended(runtime: CoreRuntime) -> dict[str, Any]:
    while (shown := await install_of(runtime))["status"] == "running":  # noqa: ASYNC110  # it has a task of its own
        await asyncio.sleep(0)
    return shown


async def test_a_fault_of_a_provider_is_shown_as_a_failure() -> None:
    async with hub(Kit(failure=KeyError("inside"))) as runtime:
        await runtime.service_registry.call("providers.install", ANN, "kit")
        shown = await ended(runtime)
        assert (shown["status"], shown["error"]["code"]) == ("failed", "INTERNAL_ERROR")
        assert "KeyError" in shown["error"]["detail"]


async def test_what_no_package_has_is_refused_with_where_to_get_it() -> None:
    async with hub(Kit(package=None)) as runtime:
        with pytest.raises(InvalidInput, match=r"get it at https://example.org/kit") as refusal:
            await runtime.service_registry.call("providers.install", ANN, "kit")
        assert refusal.value.fields[0].field == "programId"
        assert await install_of(runtime) == {}


async def test_a_stop_ends_an_installation_and_a_kill_is_told_after_the_start() -> None:
    adapter = MemoryStorageAdapter()
    async with hub(Kit(), adapter) as runtime:
        await runtime.service_registry.call("providers.install", ANN, "kit")
        running = await install_of(runtime)
    async with hub(Kit(), adapter) as runtime:
        assert (await install_of(runtime))["status"] == "cancelled"
        storage = runtime.plugin_manager.plugin("providers").storage.of(ANN.space)
        await storage.set("kit", running, collection="programs")
    async with hub(Kit(), adapter) as runtime:
        shown = await install_of(runtime)
        assert (shown["status"], shown["error"]["code"]) == ("failed", "INTERRUPTED")


async def test_removing_what_is_being_installed_keeps_its_progress_on_the_screen() -> None:
    kit = Kit()
    async with hub(kit) as runtime:
        await runtime.service_registry.call("providers.install", ANN, "kit")
        await runtime.service_registry.call("providers.remove", ANN, "kit")
        assert (await install_of(runtime))["status"] == "running"
        kit.go_on.set()
        assert (await ended(runtime))["status"] == "completed"


def test_installs_that_are_stopped_say_so() -> None:
    with pytest.raises(Unavailable, match="when the hub has started them"):
        _ = Providers().installs


class BrokenMeter:
    """Counts nothing: its books cannot be written."""

    async def admit(self, provider_id: str, turn: TurnRequest) -> None:
        """Let everything pass."""

    async def used(self, provider_id: str, turn: TurnRequest, usage: Usage) -> Sequence[Note]:
        raise StorageFailed("the disk is full")

    async def limited(self, provider_id: str, turn: TurnRequest, quota: Quota) -> Sequence[Note]:
        raise StorageFailed("the disk is full")


class Metered(Odd):
    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[Any]:
        yield Usage(1, 0)
        yield Quota("tokens", 100, 5)
        async for event in super().stream_events(session_id, turn):
            yield event


async def test_a_meter_that_fails_does_not_end_the_turn() -> None:
    async with hub(Metered("kit")) as runtime:
        runtime.extensions.contribute("providers.meter", "test", BrokenMeter())
        assert text_of(await run(runtime, "kit", "hi")) == "hi"


async def test_nothing_chosen_is_always_allowed() -> None:
    async with hub(Odd("kit")) as runtime:
        await runtime.service_registry.call("providers.check_choices", "kit", "s", {}, {})
        assert turn("hi").settings == {}
