"""MCP servers that agents are told of when a session begins: tools of the user's own (modelcontextprotocol.io).

The agent starts and calls them; the hub only says which there are, and asks a person where the agent asks it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic.alias_generators import to_camel

from atrium.adapters.providers.model_settings import FromEnvironment, FromStore
from atrium.adapters.providers.secret_values import SecretValues
from atrium.sdk.errors import AtriumError
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import Note

log = logging.getLogger(__name__)

Secrets = Mapping[str, SecretStr | FromEnvironment | FromStore]


class McpServer(BaseModel):
    """An MCP server: a program that the agent starts (`command`), or the address of one that runs (`url`)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    enabled: bool = Field(True, description="Whether agents are told of it.")
    command: tuple[str, ...] = Field((), description="A program that speaks MCP over its input and output.")
    env: Secrets = Field(default_factory=dict, description="The environment of the program.")
    url: str | None = Field(None, pattern=r"^https?://", description="Where a server answers, in place of a program.")
    type: Literal["http", "sse"] = Field("http", description="How it answers there.")
    headers: Secrets = Field(default_factory=dict, description="What is sent with each request to it.")
    projects: tuple[str, ...] = Field(
        (), description="Folders: sessions that work in one of them have the server; without any, all sessions."
    )

    @field_validator("projects")
    @classmethod
    def _are_whole_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        paths = tuple(os.path.expanduser(path) for path in value)
        if not all(os.path.isabs(path) for path in paths):
            raise ValueError("give the absolute path of each folder")
        return paths

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either `command` or `url`")
        if self.headers if self.command else self.env:
            raise ValueError("`env` goes with `command`, `headers` with `url`")
        return self


Servers = dict[str, McpServer]
"""The setting `providers.mcpServers`: the servers by their names."""


def parse_servers(setting: Mapping[str, Any]) -> Servers:
    """Return the servers of a setting that has been checked."""
    return TypeAdapter(Servers).validate_python(setting)


class Told(NamedTuple):
    """The servers that an agent is told of, as ACP's `session/new` takes them, and why others are left out, by name."""

    servers: list[dict[str, Any]]
    left_out: dict[str, str]


async def told_of(
    servers: Mapping[str, McpServer], values: SecretValues, cwd: str, transports: Collection[str]
) -> Told:
    """Return what the agent of a session in a folder is told; `transports` as for `servers_for`."""
    here = await asyncio.to_thread(_here, servers, cwd)
    known, without_secrets = await with_secrets(here, values)
    told = await asyncio.to_thread(servers_for, known, cwd, transports)
    return Told(told.servers, without_secrets | told.left_out)


async def with_secrets(servers: Mapping[str, McpServer], values: SecretValues) -> tuple[Servers, dict[str, str]]:
    """Return the servers with the secrets of the hub's store that they name, and why others are left out: one lacks."""
    found, left_out = {}, {}
    for name, server in servers.items():
        try:
            known = {"env": await _read(server.env, values), "headers": await _read(server.headers, values)}
        except AtriumError as error:
            left_out[name] = _left_out(name, error)
        else:
            found[name] = server.model_copy(update=known)
    return found, left_out


async def _read(given: Secrets, values: SecretValues) -> Secrets:
    return {name: await values.read(value) if isinstance(value, FromStore) else value for name, value in given.items()}


def servers_for(servers: Mapping[str, McpServer], cwd: str, transports: Collection[str]) -> Told:
    """Return the servers of a session in a folder; one that cannot be used here is left out.

    `transports` are those that the agent speaks besides a program's input and output, `http` and `sse`. Looks at the
    disk: call it off the loop.
    """
    told = Told([], {})
    for name, server in _here(servers, cwd).items():
        try:
            told.servers.append(_as_acp(name, server, transports))
        except _Unusable as error:
            told.left_out[name] = _left_out(name, error)
    return told


def note_of(name: str, reason: str) -> Note:
    """Return what is told of a server that is left out."""
    said = f"The MCP server {name} is left out: {reason}"
    return Note(phrase("agent.server_left_out", said, server=name, reason=reason))


def _left_out(name: str, error: Exception) -> str:
    log.warning("providers.mcpServers.%s is left out: %s", name, error)
    return str(error)


def _here(servers: Mapping[str, McpServer], cwd: str) -> Servers:
    return {name: server for name, server in servers.items() if server.enabled and _is_for(server, cwd)}


class _Unusable(Exception):
    """The server cannot be used here."""


def _is_for(server: McpServer, cwd: str) -> bool:
    here = Path(cwd).resolve()
    return not server.projects or any(here.is_relative_to(Path(folder).resolve()) for folder in server.projects)


def _as_acp(name: str, server: McpServer, transports: Collection[str]) -> dict[str, Any]:
    if server.url is not None:
        if server.type not in transports:
            raise _Unusable(f"the agent does not speak MCP over {server.type}")
        return {"type": server.type, "name": name, "url": server.url, "headers": list(_pairs(server.headers))}
    program, *arguments = server.command
    path = shutil.which(program)
    if path is None:
        raise _Unusable(f"{program} is not on the PATH: install it, or give its whole path")
    return {"name": name, "command": path, "args": arguments, "env": list(_pairs(server.env))}


def _pairs(given: Secrets) -> Iterator[dict[str, str]]:
    for name, value in given.items():
        if isinstance(value, SecretStr):
            yield {"name": name, "value": value.get_secret_value()}
        elif isinstance(value, FromEnvironment) and (found := os.environ.get(value.env)):
            yield {"name": name, "value": found}
        else:
            named = value.env if isinstance(value, FromEnvironment) else f"the secret {value.secret}"
            raise _Unusable(f"it names {named}, which is not set")
