import asyncio
import logging
from contextlib import suppress
from typing import ClassVar

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.events import Event
from atrium.kernel.runtime import CoreRuntime
from atrium.sdk import (
    Config,
    Forbidden,
    Index,
    Manifest,
    NewEntry,
    NotFound,
    Plugin,
    PluginFailed,
    PluginStatus,
    ServiceNotFound,
    Topic,
    offer,
    service,
    subscribe,
)
from atrium.testing.kernel import kernel_with


class LampSwitched(Event):
    """A lamp was switched."""

    type: ClassVar[str] = "lamps.lamp.switched.v1"

    lamp: str


class LampsConfig(Config):
    """Settings of the lamps plugin."""

    max_lamps: int = 3


class Lamps(Plugin[LampsConfig]):
    """Offers one of everything."""

    manifest = Manifest(name="lamps", version="1.2.3", description="Keeps lamps.")
    topics = (Topic("lamps", shows=("on",)),)
    indexes = (Index(("on", "room")),)

    async def start(self) -> None:
        self.heard: list[str] = []
        self.stopped = 0

    @service("lamps.switch")
    @offer("panel.button", label="Switch")
    async def switch(self, lamp: str) -> int:
        """Switch a lamp on."""
        revision = await self.storage.of("user/x").set(lamp, {"on": True, "room": "hall"})
        await self.events.publish(LampSwitched(lamp=lamp))
        return revision

    @subscribe("lamps.*")
    async def hear(self, event: LampSwitched) -> None:
        """Note what was switched."""
        self.heard.append(event.lamp)

    @subscribe("lamps.lamp.switched.v1")
    async def hear_with_type(self, event_type: str, event: LampSwitched) -> None:
        """Note the type as well."""
        self.heard.append(event_type)

    async def stop(self) -> None:
        self.stopped += 1


class Rooms(Plugin):
    """Needs lamps."""

    manifest = Manifest(name="rooms", dependencies=("lamps",))

    async def start(self) -> None:
        await self.services.call("lamps.switch", "first")


class Broken(Plugin):
    """Cannot start."""

    manifest = Manifest(name="broken")

    async def start(self) -> None:
        self.context.extensions.contribute("panel.button", self)
        self.services.register("broken.service", self.start)
        self.waiting = self.context.spawn(asyncio.Event().wait(), "forever")
        raise RuntimeError("no such device")

    async def stop(self) -> None:
        raise RuntimeError("stop fails too")


class NeedsBroken(Plugin):
    """Cannot start because its dependency did not."""

    manifest = Manifest(name="needs-broken", dependencies=("broken",))


async def test_a_started_plugin_offers_and_a_stopped_one_leaves_nothing_behind() -> None:
    async with kernel_with(Lamps) as runtime:
        lamps = runtime.plugin_manager.plugin("lamps")
        assert isinstance(lamps, Lamps)
        assert lamps.config.max_lamps == 3
        await runtime.service_registry.call("lamps.switch", "hall")
        await runtime.event_bus.drain()
        assert sorted(lamps.heard) == ["hall", "lamps.lamp.switched.v1"]
        assert [one.options for one in runtime.extensions.at("panel.button")] == [{"label": "Switch"}]
        page = await lamps.storage.of("user/x").query({"on": True}, "room")
        assert [document.key for document in page.documents] == ["hall"]

        task = lamps.context.spawn(asyncio.Event().wait(), "forever")
        await runtime.plugin_manager.stop_plugin("lamps")
        assert task.cancelled()
        assert lamps.stopped == 1
        assert runtime.service_registry.names() == []
        assert runtime.extensions.at("panel.button") == []
        with pytest.raises(ServiceNotFound):
            await runtime.service_registry.call("lamps.switch", "hall")
        with pytest.raises(NotFound):
            await runtime.storage.snapshot("lamps", space="user/x")
        runtime.event_bus.emit("lamps.lamp.switched.v1", LampSwitched(lamp="ghost"))
        await runtime.event_bus.drain()
        assert "ghost" not in lamps.heard

        await runtime.plugin_manager.start_plugin("lamps")
        assert runtime.service_registry.names() == ["lamps.switch"]


async def test_dependencies_start_first_and_dependents_stop_first(runtime: CoreRuntime) -> None:
    manager = runtime.plugin_manager
    rooms, lamps = Rooms(runtime), Lamps(runtime)
    await manager.load_plugin(rooms)
    with pytest.raises(PluginFailed, match="needs lamps"):
        await manager.start_plugin("rooms")
    await manager.load_plugin(lamps)
    await manager.unload_plugin("rooms")
    await manager.load_plugin(rooms)
    await manager.start_all()
    assert rooms.is_started
    assert lamps.is_started
    await manager.stop_plugin("lamps")
    assert (rooms.status, lamps.status) == (PluginStatus.STOPPED, PluginStatus.STOPPED)
    await manager.unload_plugin("rooms")
    assert rooms.status is PluginStatus.UNLOADED
    with pytest.raises(PluginFailed, match="no plugin"):
        await manager.start_plugin("rooms")


async def test_a_plugin_that_cannot_start_is_failed_and_harms_nobody(
    runtime: CoreRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    manager = runtime.plugin_manager
    for plugin in (NeedsBroken(runtime), Broken(runtime), Lamps(runtime)):
        await manager.load_plugin(plugin)
    with caplog.at_level(logging.CRITICAL):
        await runtime.start()
    described = {row["name"]: row for row in runtime.inspect()["plugins"]}
    assert described["broken"]["status"] == "failed"
    assert described["broken"]["reason"] == "RuntimeError: no such device"
    assert "needs broken" in described["needs-broken"]["reason"].replace("needs-broken needs", "needs")
    assert described["lamps"] == {
        "name": "lamps",
        "version": "1.2.3",
        "status": "started",
        "description": "Keeps lamps.",
    }
    assert [one.owner for one in runtime.extensions.at("panel.button")] == ["lamps"]
    assert runtime.service_registry.names() == ["lamps.switch"]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("broken")]


async def test_configuration_is_validated_by_name_before_start() -> None:
    class Other(Lamps):
        manifest = Manifest(name="other")

    runtime = CoreRuntime(
        MemoryStorageAdapter(), config={"lamps": {"maxLamps": "many", "colour": 1}, "other": {"maxLamps": 5}}
    )
    with pytest.raises(PluginFailed, match=r"lamps\.maxLamps.*lamps\.colour"):
        await runtime.plugin_manager.load_plugin(Lamps(runtime))
    other = Other(runtime)
    await runtime.plugin_manager.load_plugin(other)
    assert other.config.max_lamps == 5
    assert runtime.plugin_manager.plugin("lamps").status is PluginStatus.FAILED
    with pytest.raises(PluginFailed, match="maxLamps"):
        await runtime.plugin_manager.start_plugin("lamps")
    await runtime.stop()


@pytest.mark.parametrize("name", ["", "Lamps", "1lamp", "lamp.hall", "../etc", "a" * 65])
async def test_names_that_are_not_plugin_names_are_refused(runtime: CoreRuntime, name: str) -> None:
    class Odd(Plugin):
        manifest = Manifest(name=name)

    with pytest.raises(PluginFailed, match="not a plugin name"):
        await runtime.plugin_manager.load_plugin(Odd(runtime))


async def test_a_name_can_be_loaded_once(runtime: CoreRuntime) -> None:
    await runtime.plugin_manager.load_plugin(Lamps(runtime))
    with pytest.raises(PluginFailed, match="already"):
        await runtime.plugin_manager.load_plugin(Lamps(runtime))


async def test_cycles_are_told_and_the_rest_runs(runtime: CoreRuntime) -> None:
    class One(Plugin):
        manifest = Manifest(name="one", dependencies=("two",))

    class Two(Plugin):
        manifest = Manifest(name="two", dependencies=("one",))

    for plugin in (One(runtime), Two(runtime), Lamps(runtime)):
        await runtime.plugin_manager.load_plugin(plugin)
    await runtime.start()
    assert "cycle" in runtime.plugin_manager.failures["one"]
    assert runtime.plugin_manager.plugin("lamps").is_started


async def test_a_plugin_appends_only_to_streams_of_its_name() -> None:
    async with kernel_with(Lamps) as runtime:
        space = runtime.plugin_manager.plugin("lamps").storage.of("user/x")
        with pytest.raises(Forbidden, match=r"lamps/\.\.\."):
            space.hint("rooms/1", "g", [NewEntry("x.y.v1", {})])
        with pytest.raises(Forbidden):
            async with space.batch() as batch:
                batch.append("rooms/1", [NewEntry("x.y.v1", {})])
        async with space.batch() as batch:
            batch.append("lamps/1", [NewEntry("x.y.v1", {})])
        assert await space.head("lamps/1") > 0


async def test_stopping_drains_first_and_gives_up_in_time(caplog: pytest.LogCaptureFixture) -> None:
    order: list[str] = []

    class Quick(Plugin):
        manifest = Manifest(name="quick")

        async def drain(self) -> None:
            order.append("drained")

        async def stop(self) -> None:
            order.append("stopped")

    class Stuck(Plugin):
        manifest = Manifest(name="stuck")

        async def drain(self) -> None:
            await asyncio.Event().wait()

    class Sad(Plugin):
        manifest = Manifest(name="sad")

        async def drain(self) -> None:
            raise RuntimeError("cannot drain")

    async with kernel_with(Quick, Stuck, Sad) as runtime:
        phases = asyncio.create_task(runtime.state_engine.wait_for("runtime.phase", lambda phase: phase == "stopping"))
        await asyncio.sleep(0)
        assert runtime.inspect()["ready"]
        await runtime.stop(drain_seconds=0.01)
        assert phases.done()
    assert order == ["drained", "stopped"]
    assert "in time" in caplog.text
    assert "did not drain" in caplog.text
    assert runtime.inspect()["reasons"] == ["the hub is stopped"]


async def test_an_overflowing_subscription_degrades_its_plugin(caplog: pytest.LogCaptureFixture) -> None:
    async with kernel_with(Lamps) as runtime:
        gate = asyncio.Event()

        async def slow(event_type: str, data: object) -> None:
            await gate.wait()

        runtime.event_bus.subscribe("flood", slow, owner="lamps", limit=2)
        for _ in range(5):
            runtime.event_bus.emit("flood", 1)
        row = runtime.plugin_manager.describe()[0]
        assert row["status"] == "started"
        assert "could not keep up" in row["reason"]
        gate.set()


async def test_a_background_task_that_fails_is_logged_with_its_plugin(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("oops")

    async with kernel_with(Lamps) as runtime:
        task = runtime.plugin_manager.plugin("lamps").context.spawn(fail(), "failing")
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert [getattr(record, "plugin", None) for record in caplog.records if "background" in record.message] == ["lamps"]


async def test_extension_points_tell_their_watchers() -> None:
    async with kernel_with(Lamps) as runtime:
        context = runtime.plugin_manager.plugin("lamps").context
        changes: list[int] = []
        end = context.extensions.watch(
            "panel.button", lambda: changes.append(len(context.extensions.at("panel.button")))
        )
        context.extensions.contribute("panel.button", "x", label="X")
        await runtime.plugin_manager.stop_plugin("lamps")
        end()
    assert changes[0] == 2
    assert runtime.extensions.at("panel.button") == []


async def test_a_watcher_of_an_extension_point_that_fails_harms_no_plugin_that_offers_there() -> None:
    async with kernel_with(Lamps) as runtime:
        changes: list[int] = []
        runtime.extensions.watch("panel.button", lambda: changes.remove(0))
        runtime.extensions.watch("panel.button", lambda: changes.append(1))
        runtime.plugin_manager.plugin("lamps").context.extensions.contribute("panel.button", "x")
        assert changes == [1]
        await runtime.plugin_manager.stop_plugin("lamps")
        assert runtime.extensions.at("panel.button") == []


async def test_ids_are_unique_ordered_uuid7(runtime: CoreRuntime) -> None:
    ids = [runtime.new_id() for _ in range(10_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(one[14] == "7" and one[19] in "89ab" and len(one) == 36 for one in ids)


class Stubborn(Plugin):
    """Has a task and a service that do not end when they are told to."""

    manifest = Manifest(name="stubborn")

    def __init__(self, host: CoreRuntime) -> None:
        super().__init__(host)
        self.may_end = asyncio.Event()

    async def start(self) -> None:
        self.mule = self.context.spawn(self._go_on(), "mule")

    @service("stubborn.answer")
    async def answer(self) -> str:
        """Answer in its own time."""
        await self.may_end.wait()
        return "at last"

    async def _go_on(self) -> None:
        while not self.may_end.is_set():
            with suppress(asyncio.CancelledError):
                await self.may_end.wait()


async def test_what_does_not_end_is_named_and_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("atrium.sdk.context.PATIENCE_SECONDS", 0.05)
    async with kernel_with(Stubborn) as runtime:
        plugin = runtime.plugin_manager.plugin("stubborn")
        assert isinstance(plugin, Stubborn)
        asking = asyncio.create_task(runtime.service_registry.call("stubborn.answer"))
        await asyncio.sleep(0)
        await runtime.plugin_manager.stop_plugin("stubborn")
        assert [record.__dict__["task"] for record in caplog.records] == ["stubborn.answer", "stubborn: mule"]
        with pytest.raises(ServiceNotFound):
            await runtime.service_registry.call("stubborn.answer")
        plugin.may_end.set()
        assert await asking == "at last"
