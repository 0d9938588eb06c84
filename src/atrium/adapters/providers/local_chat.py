"""Talk to the child's OpenAI-compatible HTTP interface over its Unix socket."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from atrium.adapters.providers.local_http import Reply, post
from atrium.sdk.errors import ProviderError
from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, Usage


class ModelChat:
    """The child's interface. A lost connection raises `ConnectionError`, what the child refuses `ProviderError`."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def count_tokens(self, text: str) -> int:
        """Return how many tokens the model makes of a text."""
        async with post(self._socket, "/tokenize", {"content": text}) as reply:
            return len(json.loads(await _accepted(reply))["tokens"])

    async def answer(self, request: Mapping[str, Any]) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the model's answer as it comes; closing the iterator closes the request, which ends the generation."""
        async with post(self._socket, "/v1/chat/completions", request) as reply:
            if reply.status != 200:
                await _accepted(reply)
            async with aclosing(reply.lines()) as lines:
                async for line in lines:
                    if line.startswith(b"data: {"):
                        for event in read_chunk(json.loads(line.removeprefix(b"data: "))):
                            yield event


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
        events.append(Usage(usage["prompt_tokens"], usage["completion_tokens"], cost=0.0))
    return events


async def _accepted(reply: Reply) -> bytes:
    body = await reply.body()
    if reply.status != 200:
        raise ProviderError(f"the local model refused: {_refusal(body)}")
    return body


def _refusal(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
