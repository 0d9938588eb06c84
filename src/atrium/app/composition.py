"""The composition root: the one place that names adapters and plugins together."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from atrium.app.config import Settings, load, section_of
from atrium.app.home import Home
from atrium.app.options import Options
from atrium.app.plugin_classes import LoadedClass, load_classes, select
from atrium.app.plugin_sources import all_sources
from atrium.app.sections import gateway_settings, sections_of, sections_of_kind
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.gateway.plugin import Gateway
from atrium.sdk import PluginFailed
from atrium.sdk.secrets import SecretStore

log = logging.getLogger(__name__)

OWNER = "app"


@dataclass(frozen=True, slots=True)
class Hub:
    """A runtime with its plugins loaded, not yet started."""

    runtime: CoreRuntime
    settings: Settings

    @property
    def gateway(self) -> Gateway | None:
        """Return the gateway, None if it was not chosen; raises `PluginFailed` if it does not run."""
        manager = self.runtime.plugin_manager
        if Gateway.manifest.name in manager.failures:
            raise PluginFailed(manager.failures[Gateway.manifest.name])
        chosen = any(row["name"] == Gateway.manifest.name for row in manager.describe())
        plugin = manager.plugin(Gateway.manifest.name) if chosen else None
        return plugin if isinstance(plugin, Gateway) else None

    async def login_link(self) -> str:
        """Return a link that signs a browser in, once."""
        return str((await self.runtime.service_registry.call("gateway.login_code"))["url"])


def find_settings(home: Home, options: Options) -> tuple[Settings, list[LoadedClass]]:
    """Import the chosen plugins and check all settings; raises `ConfigInvalid` or `UnknownPlugins`."""
    sources = all_sources(home.plugins)
    chosen = load_classes(select(sources, options.plugins))
    sections = sections_of(chosen)
    for source in sources:
        sections.setdefault(section_of(source.name), None)
    return load(home, sections, os.environ), chosen


async def build(home: Home, settings: Settings, chosen: Collection[LoadedClass], options: Options) -> Hub:
    """Put the runtime together: storage, providers, plugins. A broken plugin is FAILED, the rest runs."""
    from atrium.adapters.secrets import open_store
    from atrium.adapters.storage.sqlite import SQLiteStorageAdapter

    database = home.data(settings.core.data_dir) / "atrium.db"
    runtime = CoreRuntime(
        SQLiteStorageAdapter(database), config=_plugin_config(settings, chosen, options), home=home.root
    )
    secrets = open_store(home.root, settings.section("secrets").get("store", "auto"), runtime.clock.now, os.environ)
    runtime.extensions.contribute("secrets.store", OWNER, secrets)
    _contribute_providers(runtime, home, settings.section("providers"), secrets)
    for one in chosen:
        await _load(runtime, one)
    return Hub(runtime, settings)


def _plugin_config(settings: Settings, chosen: Collection[LoadedClass], options: Options) -> Mapping[str, Any]:
    config: dict[str, Any] = {one.name: settings.section(section_of(one.name)) for one in chosen}
    if "gateway" in config:
        host = options.host or settings.core.host
        port = settings.core.port if options.port is None else options.port
        config["gateway"] = gateway_settings(config["gateway"], host, port)
    return config


def _contribute_providers(runtime: CoreRuntime, home: Home, sections: Mapping[str, Any], secrets: SecretStore) -> None:
    from atrium.adapters.agents import find_recipes
    from atrium.adapters.providers.acp import AcpProvider
    from atrium.adapters.providers.acp_servers import parse_servers
    from atrium.adapters.providers.echo import EchoProvider
    from atrium.adapters.providers.local import LocalProvider
    from atrium.adapters.providers.local_servers import LocalServers
    from atrium.adapters.providers.model import ModelProvider

    clock = runtime.clock
    recipes = find_recipes(home.root)
    # A section of another kind is of another provider of that name.
    names = [*(name for name in recipes if name not in sections), *sections_of_kind("acp", sections)]
    servers = parse_servers(sections.get("mcpServers") or {})
    agents = [AcpProvider(name, home.root, clock, recipes.get(name), servers, secrets) for name in names]
    names = ["model", *(name for name in sections_of_kind("model", sections) if name != "model")]
    model, *models = [ModelProvider(name, secrets=secrets) for name in names]
    for provider in (LocalProvider(home.root, clock), model, EchoProvider(clock), *agents, *models):
        runtime.extensions.contribute("providers.provider", OWNER, provider)
    runtime.extensions.contribute("providers.finder", OWNER, LocalServers())
    runtime.extensions.contribute("providers.model", OWNER, partial(ModelProvider, secrets=secrets))


async def _load(runtime: CoreRuntime, one: LoadedClass) -> None:
    if one.plugin is None:
        runtime.plugin_manager.fail(one.name, one.reason)
        return
    try:
        await runtime.plugin_manager.load_plugin(one.plugin(runtime))
    except PluginFailed as error:
        runtime.plugin_manager.fail(one.name, error.detail)
    except Exception as error:  # the supervisor: a constructor of others may fail in any way
        log.exception("plugin could not be constructed", extra={"plugin": one.name})
        runtime.plugin_manager.fail(one.name, f"{type(error).__name__}: {error}")
