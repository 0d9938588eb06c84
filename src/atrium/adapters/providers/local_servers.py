"""Model servers on this machine, found by themselves: Ollama and LM Studio, each a provider once it answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atrium.adapters.providers.model import ModelProvider
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import Availability, Choice, Choices, Provider

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that a server on this machine may take to say which models it has."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: the id of its provider, what people call it, and its port."""

    id: str
    name: str
    port: int

    @property
    def address(self) -> str:
        """Return where it answers in OpenAI's way. Loopback only: nothing leaves this machine."""
        return f"http://127.0.0.1:{self.port}/v1"


KNOWN = (Server("ollama", "Ollama", 11434), Server("lmstudio", "LM Studio", 1234))


class LocalServerProvider(ModelProvider):
    """A server that was found. It stays a provider, unavailable, when it stops answering: sessions belong to it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.id, {})
        self._server = server
        self.models: tuple[str, ...] = ()
        """The models it has, the one it answers with first."""

    @property
    def availability(self) -> Availability:
        """Return whether it answered when it was last looked for."""
        if not self.models:
            name, address = self._server.name, self._server.address
            said = f"{name} does not answer at {address}: start it"
            return Availability("unavailable", phrase("server.silent", said, server=name, address=address))
        return super().availability

    @property
    def key(self) -> None:
        """Return none: whoever runs on this machine lets the hub in."""

    @property
    def choices(self) -> Choices:
        """Return the models that it has."""
        models = tuple(Choice(name, name) for name in self.models)
        return Choices(models=models, model=self.models[0] if self.models else None)

    async def found(self, models: Sequence[str]) -> None:
        """Take the models it has now; the model in use stays while it is there."""
        before, self.models = self.models[:1], tuple(models)
        if before and before[0] in models:
            self.models = (before[0], *(model for model in models if model != before[0]))
        if self.models[:1] not in {before, ()}:
            await self._use(self.models[0])

    async def configure(self, settings: Json) -> None:
        """Take nothing: what there is to know was found. An entry of the settings of the same name stands instead."""

    async def _use(self, model: str) -> None:
        settings = {
            "name": f"{self._server.name} (on this machine)",
            "baseUrl": self._server.address,
            "model": model,
            "price": {"input": 0, "output": 0},
        }
        await super().configure(settings)


class LocalServers:
    """Looks for the servers. Where none listens, that costs one refused connection each."""

    def __init__(self, servers: Sequence[Server] = KNOWN) -> None:
        self._servers = servers
        self._found: dict[str, LocalServerProvider] = {}

    async def find(self) -> Sequence[Provider]:
        """Return the servers that answer, and those that have answered before."""
        answers = await asyncio.gather(*map(_models, self._servers))
        for server, models in zip(self._servers, answers, strict=True):
            if models and server.id not in self._found:
                self._found[server.id] = LocalServerProvider(server)
                log.info("found %s at %s with %d models", server.name, server.address, len(models))
            if server.id in self._found:
                await self._found[server.id].found(models)
        return list(self._found.values())


async def _models(server: Server) -> list[str]:
    """Return the models that a server says it has; none if it is not there, or is something else."""
    if not await _listens(server.port):
        return []
    try:
        return await asyncio.wait_for(_ask(server), PATIENCE)
    except (OSError, ValueError, TimeoutError):
        return []


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), PATIENCE)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _ask(server: Server) -> list[str]:
    # Most machines have no such server: what talks to it is imported when there is one, and not on the loop.
    httpx = await asyncio.to_thread(__import__, "httpx")
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        try:
            answer = await http.get(f"{server.address}/models")
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise OSError(str(error)) from None
        return read_models(answer.json())


def read_models(answer: object) -> list[str]:
    """Return the models that can chat of an answer to `GET /v1/models`; raises `ValueError` for anything else."""
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list):
        raise ValueError("not a list of models")
    names = [row.get("id") for row in rows if isinstance(row, Mapping)]
    return [name for name in names if isinstance(name, str) and 0 < len(name) <= 200 and "embed" not in name.lower()]
