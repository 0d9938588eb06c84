"""One small HTTP server that speaks as each vendor does, by the path it is asked at, and does what the message says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

THOUGHT, TEXT = "Let me see.", ("Hello", " there.")

LIMITS = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2030-01-01T00:00:00Z",
    "x-ratelimit-limit-tokens": "1000",
    "x-ratelimit-remaining-tokens": "10",
    "x-ratelimit-reset-tokens": "6m0s",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a message is refused: OpenAI's code, Anthropic's type, Google's status."""

    status: int
    openai: str
    anthropic: str
    google: str
    message: str
    headers: str = ""


LIMIT_REACHED = "Retry-After: 7\r\nx-ratelimit-limit-requests: 5\r\nx-ratelimit-remaining-requests: 0\r\n"

LIMIT_TOLD = (
    "x-ratelimit-limit-requests: 5\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m30s\r\n"
)
TOO_LONG = "prompt is too long: the input token count exceeds the maximum number of tokens"

REFUSALS = {
    "key": Refusal(401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED", "no such key"),
    "model": Refusal(404, "model_not_found", "not_found_error", "NOT_FOUND", "no such model"),
    "limit": Refusal(429, "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED", "slower", LIMIT_REACHED),
    "spent": Refusal(429, "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED", "slower", LIMIT_TOLD),
    "long": Refusal(400, "context_length_exceeded", "invalid_request_error", "INVALID_ARGUMENT", TOO_LONG),
    "empty": Refusal(429, "insufficient_quota", "", "", "no credit left"),
    "broken": Refusal(500, "server_error", "api_error", "INTERNAL", "we broke"),
    "moved": Refusal(307, "moved", "moved", "moved", "moved", "Location: http://127.0.0.1:9/elsewhere\r\n"),
    "wrong": Refusal(400, "invalid_request", "invalid_request_error", "INVALID_ARGUMENT", "no such thing"),
}


@dataclass(slots=True)
class Vendors:
    """Where the server is, what it was asked, and how it is told to go on."""

    address: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def vendors() -> AsyncIterator[Vendors]:
    """Run the server on a free port."""
    state = Vendors()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve(state, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    state.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        state.go_on.set()
        server.close()


async def _serve(state: Vendors, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
    path = lines[0].split(" ")[1]
    state.paths.append(path)
    state.headers.append(headers)
    state.bodies.append(body)
    asked, vendor = _asked(path, body)
    if asked in REFUSALS:
        _refuse(writer, vendor, REFUSALS[asked])
        return
    limits = "".join(f"{name}: {value}\r\n" for name, value in LIMITS.items() if asked == "limits")
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n{limits}\r\n".encode())
    for place, frame in enumerate(SAYS[vendor]()):
        if asked == "slow" and place == HOLDS[vendor]:
            await writer.drain()
            await state.go_on.wait()
        if asked == "cut" and place == HOLDS[vendor]:
            break
        name = f"event: {frame['type']}\n" if vendor == "anthropic" else ""
        writer.write(f"{name}data: {json.dumps(frame)}\n\n".encode())
    await writer.drain()


def _asked(path: str, body: Json) -> tuple[str, str]:
    """Return the last message, and the vendor that speaks at a path."""
    if path.startswith("/v1/messages"):
        return _text(body["messages"][-1]["content"]), "anthropic"
    if "streamGenerateContent" in path:
        return _text(body["contents"][-1]["parts"]), "google"
    return _text(body["input"][-1]["content"]), "openai"


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _refuse(writer: asyncio.StreamWriter, vendor: str, refusal: Refusal) -> None:
    said = {"message": refusal.message}
    bodies: dict[str, Json] = {
        "openai": {"error": said | {"code": refusal.openai, "type": refusal.openai}},
        "anthropic": {"type": "error", "error": said | {"type": refusal.anthropic}},
        "google": {"error": said | {"code": refusal.status, "status": refusal.google}},
    }
    body = json.dumps(bodies[vendor])
    head = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\nConnection: close\r\n{refusal.headers}"
    writer.write(f"HTTP/1.1 {refusal.status} No\r\n{head}\r\n{body}".encode())


def _anthropic() -> Iterator[Json]:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 0, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": usage}
    yield {"type": "message_start", "message": message | {"stop_reason": None, "stop_sequence": None}}
    yield {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "thinking", "thinking": "", "signature": ""},
    }
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": THOUGHT}}
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
    for piece in TEXT:
        yield {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": piece}}
    yield {"type": "content_block_stop", "index": 1}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 20},
    }
    yield {"type": "message_stop"}


def _google() -> Iterator[Json]:
    def chunk(text: str, *, thought: bool = False, **more: Any) -> Json:
        candidate = {"content": {"role": "model", "parts": [{"text": text, "thought": thought}]}, "index": 0}
        counts = {"promptTokenCount": 100, "cachedContentTokenCount": 90, "totalTokenCount": 100}
        return {"candidates": [candidate | more], "usageMetadata": counts, "modelVersion": "g", "responseId": "r"}

    yield chunk(THOUGHT, thought=True)
    yield chunk(TEXT[0])
    last = chunk(TEXT[1], finishReason="STOP")
    last["usageMetadata"] |= {"candidatesTokenCount": 15, "thoughtsTokenCount": 5, "totalTokenCount": 120}
    yield last


def _openai() -> Iterator[Json]:
    response: Json = {
        "id": "r", "object": "response", "created_at": 1, "model": "o", "output": [], "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [], "status": "in_progress",
    }  # fmt: skip
    frames: list[Json] = [{"type": "response.created", "response": response}]
    thinking = {"id": "rs", "type": "reasoning", "summary": []}
    frames.append({"type": "response.output_item.added", "output_index": 0, "item": thinking})
    part = {"item_id": "rs", "output_index": 0, "summary_index": 0}
    frames.append(
        {"type": "response.reasoning_summary_part.added", **part, "part": {"type": "summary_text", "text": ""}}
    )
    frames.append({"type": "response.reasoning_summary_text.delta", **part, "delta": THOUGHT})
    message = {"id": "ms", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    frames.append({"type": "response.output_item.added", "output_index": 1, "item": message})
    place = {"item_id": "ms", "output_index": 1, "content_index": 0, "logprobs": []}
    frames += [{"type": "response.output_text.delta", **place, "delta": piece} for piece in TEXT]
    usage = {
        "input_tokens": 100, "input_tokens_details": {"cached_tokens": 90},
        "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 120,
    }  # fmt: skip
    frames.append({"type": "response.completed", "response": response | {"status": "completed", "usage": usage}})
    for number, frame in enumerate(frames):
        yield frame | {"sequence_number": number}


SAYS = {"anthropic": _anthropic, "google": _google, "openai": _openai}
HOLDS = {"anthropic": 7, "google": 2, "openai": 6}
"""Where each stops when it is told to: behind the first piece of text."""
