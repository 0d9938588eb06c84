"""Settings of the providers plugin: a section for each provider, read by the provider itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from atrium.sdk import Config

Section = dict[str, Any]

_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class ProvidersConfig(Config):
    """Which providers there are, and their settings; any other key is the section of a provider with that id."""

    model_config = ConfigDict(extra="allow")

    default: str = Field("local", description="The provider of a session that names none.")
    auto_update: bool = Field(
        False, description="Whether installed agents are updated by themselves to the version that is pinned."
    )
    check_interval: int = Field(3600, ge=1, description="Seconds between two looks for such updates.")
    idle_timeout: float | None = Field(
        None, gt=0, description="Seconds after which the local model's process stops, unless `local` says otherwise."
    )
    attempts: int = Field(
        5, ge=1, le=20, description="How often a turn is sent to a provider that fails before it has said anything."
    )
    fallback: tuple[str, ...] = Field(
        (), max_length=10, description="The providers that go on with a session whose own one fails, in this order."
    )
    discover: bool = Field(
        True, description="Whether model servers on this machine, Ollama and LM Studio, are found by themselves."
    )
    mcp_servers: dict[str, Section] = Field(
        default_factory=dict, description="MCP servers by name, whose tools coding agents have in their sessions."
    )
    local: Section = Field(default_factory=dict, description="The embedded model.")
    model: Section = Field(
        default_factory=dict, description="A model behind an API; a section of any name that says `kind: model` is one."
    )
    echo: Section = Field(default_factory=lambda: {"enabled": False}, description="A scripted provider, for tests.")

    @model_validator(mode="after")
    def _only_sections(self) -> ProvidersConfig:
        for key, value in (self.model_extra or {}).items():
            if not isinstance(value, Mapping):
                raise ValueError(f"unknown setting {key!r}; the section of a provider is an object")
            if not _ID.fullmatch(key):
                raise ValueError(f"{key!r} is no provider's id: lower-case letters, digits, - and _, at most 40")
        for name in self.mcp_servers:
            if not _ID.fullmatch(name):
                raise ValueError(f"mcpServers: {name!r} is no name: lower-case letters, digits, - and _, at most 40")
        return self

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Leave the sections out: there may be keys in them."""
        return ((name, value) for name, value in super().__repr_args__() if not isinstance(value, Mapping))

    def section(self, provider_id: str) -> Section:
        """Return the settings of one provider."""
        named: Mapping[str, Section] = {"local": self._local(), "model": self.model, "echo": self.echo}
        section = named.get(provider_id)
        return dict((self.model_extra or {}).get(provider_id, {}) if section is None else section)

    def _local(self) -> Section:
        return self.local if self.idle_timeout is None else {"idleTimeout": self.idle_timeout, **self.local}
