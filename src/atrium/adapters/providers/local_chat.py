"""Talk to the child's OpenAI-compatible HTTP interface over its Unix socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atrium.sdk.errors import ProviderError
from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, Usage

if TYPE_CHECKING:
    import httpx


class ModelChat:
    """A connection to the child. A lost one raises `ConnectionError`, what the child refuses `ProviderError`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def count_tokens(self, text: str) -> int:
        """Return how many tokens the model makes of a text."""
        async with _connection_errors():
            response = await self._client.post("/tokenize", json={"content": text})
            return len(response.json()["tokens"])

    async def answer(self, body: Mapping[str, Any]) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the model's answer as it comes; closing the iterator closes the request, which ends the generation."""
        async with _connection_errors(), self._client.stream("POST", "/v1/chat/completions", json=body) as response:
            if response.status_code != 200:
                raise ProviderError(f"the local model refused: {_refusal(await response.aread())}")
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    for event in read_chunk(json.loads(line.removeprefix("data: "))):
                        yield event
                elif line.startswith("error:"):
                    raise ProviderError(f"the local model failed: {line.removeprefix('error:').strip()}")


@asynccontextmanager
async def open_chat(socket: Path) -> AsyncIterator[ModelChat]:
    """Connect to the child's socket; nothing is sent before the first call."""
    httpx = await asyncio.to_thread(import_module, "httpx")  # takes a moment the first time
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://model", timeout=None) as client:
        yield ModelChat(client)


def read_chunk(chunk: Mapping[str, Any]) -> list[ProviderEvent]:
    """Return the events in one chunk of a chat completion stream; a chunk that is an error raises `ProviderError`."""
    if "error" in chunk:
        raise ProviderError(f"the local model failed: {chunk['error'].get('message', chunk['error'])}")
    events: list[ProviderEvent] = []
    for choice in chunk.get("choices", ()):
        delta = choice.get("delta", {})
        if thought := delta.get("reasoning_content"):
            events.append(ThinkingDelta(thought))
        if text := delta.get("content"):
            events.append(TextDelta(text))
    if usage := chunk.get("usage"):
        events.append(Usage(usage["prompt_tokens"], usage["completion_tokens"]))
    return events


@asynccontextmanager
async def _connection_errors() -> AsyncIterator[None]:
    import httpx

    try:
        yield
    except httpx.TransportError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


def _refusal(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
