"""The sections of the settings: each plugin's own, the gateway's as `bridge`, and a typed one for each provider.

A part of the composition root: here too adapters and plugins are named together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from atrium.app.config import section_of
from atrium.app.home import Home
from atrium.app.plugin_classes import LoadedClass, load_classes
from atrium.app.plugin_sources import all_sources
from atrium.sdk import Config, InvalidInput


def config_sections(home: Home) -> dict[str, type[Config] | None]:
    """Return every section that may stand in the settings, with the type of each plugin that can be imported."""
    return sections_of(load_classes(all_sources(home.plugins)))


def sections_of(loaded: Sequence[LoadedClass]) -> dict[str, type[Config] | None]:
    """Return the sections of these plugins; those that could not be imported have no type."""
    special = {"gateway": bridge_config, "providers": providers_config}
    sections: dict[str, type[Config] | None] = {}
    for one in loaded:
        own = one.plugin.config_class if one.plugin else None
        made = special.get(one.name)
        sections[section_of(one.name)] = made(own) if own is not None and made is not None else own
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


class _Named(Config):
    """Checks the sections of agents and models, whose names are the user's own."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="after")
    def _are_what_they_say(self) -> Self:
        from atrium.adapters.providers.acp import AgentSettings
        from atrium.adapters.providers.model_settings import ModelSettings
        from atrium.adapters.providers.settings import parse_settings

        kinds: dict[str, type[BaseModel]] = {"acp": AgentSettings, "model": ModelSettings}
        for kind, shape in kinds.items():
            for name, section in sections_of_kind(kind, self.model_extra or {}).items():
                try:
                    parse_settings(shape, section, name)
                except InvalidInput as error:
                    raise ValueError(error.detail) from None
        return self


def sections_of_kind(kind: str, providers: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the sections of section `providers` that say `kind`: agents are `acp`, models behind an API `model`."""
    return {
        name: section
        for name, section in providers.items()
        if isinstance(section, Mapping) and section.get("kind") == kind
    }


def providers_config(providers: type[Config]) -> type[Config]:
    """Return the type of section `providers`, with what each provider that ships takes."""
    from atrium.adapters.providers.acp_servers import Servers
    from atrium.adapters.providers.echo import EchoSettings
    from atrium.adapters.providers.local import LocalSettings
    from atrium.adapters.providers.model_settings import ModelSettings

    shipped: dict[str, type[BaseModel]] = {"local": LocalSettings, "model": ModelSettings, "echo": EchoSettings}
    fields: dict[str, Any] = {
        name: (kind, Field(default_factory=kind, description=providers.model_fields[name].description))
        for name, kind in shipped.items()
    }
    fields["mcp_servers"] = (Servers, providers.model_fields["mcp_servers"])
    return create_model("ProvidersSection", __base__=(providers, _Named), __doc__=providers.__doc__, **fields)
