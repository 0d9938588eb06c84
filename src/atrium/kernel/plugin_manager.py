"""PluginManager: load, start, stop and unload plugins; undo everything a plugin registered when it stops."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from atrium.sdk.context import Context
from atrium.sdk.errors import PluginFailed
from atrium.sdk.phrases import phrase, with_phrases
from atrium.sdk.plugin import Config, Offer, Plugin, PluginStatus

if TYPE_CHECKING:
    from atrium.kernel.runtime import CoreRuntime

log = logging.getLogger(__name__)

AnyPlugin = Plugin[Any]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class PluginManager:
    """Every plugin of a runtime by name, with the reason of each that failed.

    Errors of one plugin never reach another: `start_all` goes on, `start_plugin` raises `PluginFailed`.
    """

    def __init__(self, runtime: CoreRuntime, config: Mapping[str, Any]) -> None:
        self._runtime = runtime
        self._config = config
        self._plugins: dict[str, AnyPlugin] = {}
        self._contexts: dict[str, Context] = {}
        self.failures: dict[str, str] = {}
        """Why a plugin is FAILED, or degraded while it runs."""

    def plugin(self, name: str) -> AnyPlugin:
        """Return a loaded plugin; raises `PluginFailed` if there is none of this name."""
        if name not in self._plugins:
            raise PluginFailed(f"there is no plugin {name!r}")
        return self._plugins[name]

    def describe(self) -> list[dict[str, Any]]:
        """Return every plugin's name, version, status and reason, for people."""
        rows = []
        for name in sorted({*self._plugins, *self.failures}):
            row = {"name": name, "version": None, "status": PluginStatus.FAILED.value, "description": ""}
            if plugin := self._plugins.get(name):
                about = plugin.manifest
                row |= {"version": about.version, "status": plugin.status.value, "description": about.description}
            if name in self.failures:
                row["reason"] = self.failures[name]
            rows.append(with_phrases(row))
        return rows

    def fail(self, name: str, reason: str) -> None:
        """Note that a plugin cannot run (it could not even be loaded), or is degraded."""
        self.failures[name] = reason
        log.error("plugin failed", extra={"plugin": name, "reason": reason})

    async def load_plugin(self, plugin: AnyPlugin) -> None:
        """Bind a plugin to this runtime and validate its configuration."""
        manifest = plugin.manifest
        if not _NAME.fullmatch(manifest.name):
            raise PluginFailed(f"{manifest.name!r} is not a plugin name: lower-case letters, digits, - and _")
        if manifest.name in self._plugins:
            raise PluginFailed(f"a plugin named {manifest.name!r} is already loaded")
        self.failures.pop(manifest.name, None)
        self._plugins[manifest.name] = plugin
        try:
            plugin.config = self._validated(manifest.name, plugin.config_class)
        except PluginFailed as error:
            self._failed(plugin, error)
            raise
        plugin.context = self._contexts[manifest.name] = Context(self._runtime, manifest.name)
        plugin.status = PluginStatus.LOADED

    async def start_plugin(self, name: str) -> None:
        """Start a loaded plugin whose dependencies run; raises `PluginFailed` with the reason."""
        plugin = self.plugin(name)
        if plugin.is_started:
            return
        if plugin.status is PluginStatus.FAILED and name not in self._contexts:
            raise PluginFailed(f"{name}: {self.failures.get(name, 'it could not be loaded')}")
        running = {one.manifest.name for one in self._plugins.values() if one.is_started}
        needed = ", ".join(other for other in plugin.manifest.dependencies if other not in running)
        if needed:
            said = f"{name} needs {needed}, which does not run"
            error = PluginFailed(phrase("plugin.needs", said, plugin=name, needed=needed))
            self._failed(plugin, error)
            raise error
        context = self._contexts[name]
        try:
            await self._declare(plugin, context)
            await plugin.start()
            self._offer(plugin, context)
        except Exception as error:
            await self._halt(plugin)
            self._failed(plugin, error)
            raise PluginFailed(f"{name}: {_reason(error)}") from error
        plugin.status = PluginStatus.STARTED
        self.failures.pop(name, None)

    async def stop_plugin(self, name: str) -> None:
        """Stop a plugin, those that depend on it first; nothing it registered is left behind."""
        plugin = self.plugin(name)
        if not plugin.is_started:
            return
        for other in self._order(reverse=True):
            if name in other.manifest.dependencies and other.is_started:
                await self.stop_plugin(other.manifest.name)
        plugin.status = PluginStatus.STOPPED
        await self._halt(plugin)

    async def unload_plugin(self, name: str) -> None:
        """Stop a plugin if it runs, and forget it."""
        plugin = self.plugin(name)
        await self.stop_plugin(name)
        del self._plugins[name]
        self._contexts.pop(name, None)
        self.failures.pop(name, None)
        plugin.status = PluginStatus.UNLOADED

    async def start_all(self) -> None:
        """Start every loaded plugin in order of dependency; those that fail are FAILED, the rest runs."""
        ordered = self._order()
        for plugin in self._plugins.values():
            if plugin not in ordered:
                self._failed(plugin, PluginFailed(phrase("plugin.cycle", "its dependencies form a cycle")))
        for plugin in ordered:
            if plugin.status in {PluginStatus.LOADED, PluginStatus.STOPPED}:
                try:
                    await self.start_plugin(plugin.manifest.name)
                except PluginFailed as error:
                    extra = {"plugin": plugin.manifest.name, "reason": str(error)}
                    log.error("plugin did not start", extra=extra, exc_info=error.__cause__)

    async def stop_all(self) -> None:
        """Stop every running plugin, dependents first."""
        for plugin in self._order(reverse=True):
            await self.stop_plugin(plugin.manifest.name)

    def started(self) -> list[AnyPlugin]:
        """Return the running plugins, dependencies first."""
        return [plugin for plugin in self._order() if plugin.is_started]

    def _order(self, *, reverse: bool = False) -> list[AnyPlugin]:
        """Return plugins with dependencies first, otherwise in order of loading; members of cycles are left out."""
        ordered: dict[str, AnyPlugin] = {}
        waiting = dict(self._plugins)
        while True:
            ready = [
                name
                for name, plugin in waiting.items()
                if all(other in ordered or other not in self._plugins for other in plugin.manifest.dependencies)
            ]
            if not ready:
                return list(reversed(ordered.values())) if reverse else list(ordered.values())
            ordered[ready[0]] = waiting.pop(ready[0])

    def _validated(self, name: str, config_class: type[Config]) -> Config:
        section = self._config.get(name, {})
        try:
            return config_class.model_validate(section)
        except ValidationError as error:
            details = "; ".join(
                f"{name}.{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
            )
            said = f"its configuration is not valid: {details}"
            raise PluginFailed(phrase("plugin.settings_refused", said, problem=details)) from None

    async def _declare(self, plugin: AnyPlugin, context: Context) -> None:
        name = plugin.manifest.name
        context.undo(self._runtime.storage.topics.declare(name, plugin.topics))
        for index in plugin.indexes:
            namespace = f"{name}.{index.collection}" if index.collection else name
            await self._runtime.storage.declare_index(namespace, index.fields)

    def _offer(self, plugin: AnyPlugin, context: Context) -> None:
        for method, offered in _offers(plugin):
            if offered.point == "kernel.service":
                context.services.register(offered.options["name"], method)
            elif offered.point == "kernel.subscription":
                context.events.subscribe(offered.options["event_type"], _event_handler(method))
            else:
                context.extensions.contribute(offered.point, method, **offered.options)

    async def _halt(self, plugin: AnyPlugin) -> None:
        """Undo registrations, stop the plugin, and release what it left, whatever goes wrong on the way."""
        context = self._contexts[plugin.manifest.name]
        for step in (context.refuse, plugin.stop, context.release):
            try:
                await step()
            except Exception:
                log.exception("plugin did not stop cleanly", extra={"plugin": plugin.manifest.name})

    def _failed(self, plugin: AnyPlugin, error: Exception) -> None:
        plugin.status = PluginStatus.FAILED
        self.failures[plugin.manifest.name] = _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, PluginFailed) and error.detail:
        return error.detail
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _offers(plugin: AnyPlugin) -> Iterable[tuple[Any, Offer]]:
    for attribute in dir(type(plugin)):
        offers = getattr(getattr(type(plugin), attribute, None), "__offers__", ())
        for offered in offers:
            yield getattr(plugin, attribute), offered


def _event_handler(method: Any) -> Any:
    """Adapt `method(self, event)` to the bus; a method that takes two arguments gets the type as well."""
    if len(inspect.signature(method).parameters) > 1:
        return method

    async def handle(event_type: str, data: Any) -> None:
        await method(data)

    return handle
