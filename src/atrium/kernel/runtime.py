"""CoreRuntime: the five parts put together, and their life from start to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from atrium import __version__
from atrium.kernel.event_bus import EventBus, Subscription
from atrium.kernel.extensions import ExtensionPoints
from atrium.kernel.plugin_manager import PluginManager
from atrium.kernel.service_registry import ServiceRegistry
from atrium.kernel.state_engine import StateEngine
from atrium.kernel.storage import Storage
from atrium.sdk.clock import SystemClock
from atrium.sdk.host import Clock
from atrium.sdk.ids import IdSource
from atrium.sdk.spi import StorageAdapter

log = logging.getLogger(__name__)

DRAIN_SECONDS = 30.0

STARTING, RUNNING, STOPPING, STOPPED = "starting", "running", "stopping", "stopped"


class CoreRuntime:
    """A kernel over one storage adapter. Usable at once; storage opens at first use.

    `config` maps plugin names to their settings; `home` is the hub's folder, None when everything is in memory.
    """

    def __init__(
        self,
        adapter: StorageAdapter,
        *,
        config: Mapping[str, Any] | None = None,
        home: Path | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.home = home
        self.new_id = new_id or IdSource(self.clock.now)
        self.event_bus = EventBus(self._overflowed)
        self.service_registry = ServiceRegistry()
        self.state_engine = StateEngine()
        self.extensions = ExtensionPoints()
        self.storage = Storage(adapter, self.clock.now)
        self.plugin_manager = PluginManager(self, config or {})
        self.phase = STARTING
        self._started = self.clock.monotonic()

    async def start(self) -> None:
        """Open storage and start every loaded plugin."""
        await self.storage.open()
        await self.plugin_manager.start_all()
        await self._enter(RUNNING)

    async def stop(self, drain_seconds: float = DRAIN_SECONDS) -> None:
        """Let plugins finish their work for at most `drain_seconds`, stop them, dependents first, and close storage."""
        if self.phase == STOPPED:
            return
        await self._enter(STOPPING)
        await self._drain(drain_seconds)
        await self.plugin_manager.stop_all()
        await self.storage.close()
        await self._enter(STOPPED)

    def inspect(self) -> dict[str, Any]:
        """Return version, uptime in seconds, phase, plugins, and the reasons why the hub is not ready, if any."""
        reasons = [] if self.phase == RUNNING else [f"the hub is {self.phase}"]
        failure = getattr(self.storage.adapter, "failure", None)
        if failure:
            reasons.append(f"storage: {failure}")
        return {
            "version": __version__,
            "uptime": self.clock.monotonic() - self._started,
            "phase": self.phase,
            "ready": not reasons,
            "reasons": reasons,
            "plugins": self.plugin_manager.describe(),
        }

    async def _enter(self, phase: str) -> None:
        self.phase = phase
        await self.state_engine.set("runtime.phase", phase)

    async def _drain(self, seconds: float) -> None:
        plugins = self.plugin_manager.started()
        if not plugins:
            return
        tasks = {asyncio.create_task(plugin.drain()): plugin.manifest.name for plugin in plugins}
        _, pending = await asyncio.wait(tasks, timeout=seconds)
        for task in pending:
            log.warning("plugin did not finish its work in time", extra={"plugin": tasks[task]})
            task.cancel()
        if pending:
            await asyncio.wait(pending)
        for task, name in tasks.items():
            if not task.cancelled() and task.exception() is not None:
                log.error("plugin did not drain", extra={"plugin": name}, exc_info=task.exception())

    def _overflowed(self, subscription: Subscription) -> None:
        reason = f"it could not keep up with {subscription.pattern!r} events and gets no more of them"
        self.plugin_manager.fail(subscription.owner or "runtime", reason)
