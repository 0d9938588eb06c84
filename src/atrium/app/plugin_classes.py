"""Importing plugins, each on its own: one that is broken is reported and harms nobody."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, create_model, field_validator

from atrium.sdk import Config, PluginFailed

from .config import section_of
from .errors import CommandFailed
from .home import Home
from .plugin_sources import PluginClass, PluginSource, all_sources

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedClass:
    """A plugin's class, or why there is none."""

    source: PluginSource
    plugin: PluginClass | None
    reason: str = ""

    @property
    def name(self) -> str:
        """Return the plugin's name: its manifest's, or its source's while there is none."""
        return self.plugin.manifest.name if self.plugin else self.source.name


class UnknownPlugins(CommandFailed):
    """Plugins were asked for that do not exist."""


def select(sources: Sequence[PluginSource], names: Collection[str] | None) -> list[PluginSource]:
    """Return the sources with these names, all of them for None; raises `UnknownPlugins`."""
    if names is None:
        return list(sources)
    known = {source.name for source in sources}
    unknown = sorted(set(names) - known)
    if unknown:
        raise UnknownPlugins(f"there is no plugin {', '.join(unknown)}; there is {', '.join(sorted(known))}")
    return [source for source in sources if source.name in names]


def load_classes(sources: Sequence[PluginSource]) -> list[LoadedClass]:
    """Import each source; the reason of a failure is kept."""
    return [_load(source) for source in sources]


def config_sections(home: Home) -> dict[str, type[Config] | None]:
    """Return every section that may stand in the settings, with the type of each plugin that can be imported."""
    return sections_of(load_classes(all_sources(home.plugins)))


def sections_of(loaded: Sequence[LoadedClass]) -> dict[str, type[Config] | None]:
    """Return the sections of these plugins; those that could not be imported have no type."""
    sections: dict[str, type[Config] | None] = {}
    for one in loaded:
        config_class = one.plugin.config_class if one.plugin else None
        if one.name == "gateway" and config_class is not None:
            config_class = bridge_config(config_class)
        sections[section_of(one.name)] = config_class
    return sections


class BridgeAuth(Config):
    """How long access tokens live."""

    token_expiry: int = Field(default=900, ge=60, le=900, description="Seconds until an access token expires.")


class _Bridge(Config):
    https: bool = Field(default=False, description="Whether the hub itself speaks TLS.")
    auth: BridgeAuth = BridgeAuth()

    @field_validator("https")
    @classmethod
    def _no_tls_yet(cls, value: bool) -> bool:
        if value:
            raise ValueError("this Atrium does not speak TLS itself: keep false, and let a reverse proxy do it")
        return value


def bridge_config(gateway: type[Config]) -> type[Config]:
    """Return the type of section `bridge`: the gateway's settings, but for host and port, which `core` has."""
    fields: dict[str, Any] = {
        name: (info.annotation, info) for name, info in gateway.model_fields.items() if name not in {"host", "port"}
    }
    return create_model("BridgeConfig", __base__=_Bridge, __doc__=gateway.__doc__, **fields)


def gateway_settings(bridge: dict[str, Any], host: str, port: int) -> dict[str, Any]:
    """Return the gateway's settings from section `bridge` and from what `core` says."""
    own = {name: value for name, value in bridge.items() if name not in {"https", "auth"}}
    return {**own, "host": host, "port": port}


def _load(source: PluginSource) -> LoadedClass:
    try:
        return LoadedClass(source, source.load())
    except PluginFailed as error:
        return LoadedClass(source, None, error.detail)
    except Exception as error:  # the supervisor: plugins of others may fail in any way
        log.debug("plugin could not be imported", exc_info=error)
        return LoadedClass(source, None, f"{type(error).__name__}: {error}")
