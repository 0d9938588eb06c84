"""A small OpenAI-compatible HTTP server that does what the message says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-very-secret-0123456789"

REFUSALS = {
    "limit": (429, "Rate limit reached", "Retry-After: 7\r\n"),
    "broken": (500, f"we broke, and so did {KEY}", ""),
}


@dataclass(slots=True)
class Endpoint:
    """Where the server is, what it was asked, and how it is told to go on."""

    address: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    """Run the server on a free port."""
    state = Endpoint()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _serve_one(state, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            state.left.set()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    state.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield state
    finally:
        state.go_on.set()
        server.close()


async def _serve_one(state: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = head.split("\r\n")[1:]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
    state.requests.append(body)
    state.headers.append(headers)
    return await _answer(state, body["messages"][-1]["content"], headers, reader, writer)


async def _answer(
    state: Endpoint, asked: str, headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    if headers.get("authorization") != f"Bearer {KEY}":
        return _refuse(writer, 401, f"Incorrect API key provided: {headers.get('authorization')}")
    if asked in REFUSALS:
        return _refuse(writer, *REFUSALS[asked])
    await _stream(state, asked, reader, writer)
    return False


async def _stream(state: Endpoint, asked: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    if asked == "malformed":
        writer.write(b'data: {"id": "1", "choices": [{]\n\n')
        return
    if asked == "silence":
        await _hang_up(state, reader)
        return
    if asked == "think":
        _chunk(writer, {"reasoning_content": "Let me see."})
    _chunk(writer, {"role": "assistant", "content": "Hello"})
    await writer.drain()
    if asked in ("cut", "reset"):
        if asked == "reset":
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await state.go_on.wait()
        writer.transport.abort()
        return
    if asked in ("slow", "endless"):
        await _hang_up(state, reader)
    _chunk(writer, {"content": " there."})
    _chunk(writer, {}, finish_reason="stop")
    _write(writer, {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}})
    writer.write(b"data: [DONE]\n\n")
    await writer.drain()


async def _hang_up(state: Endpoint, reader: asyncio.StreamReader) -> None:
    """Wait until the test says go on, or the client has left."""
    leaving = asyncio.create_task(reader.read(1))
    going_on = asyncio.create_task(state.go_on.wait())
    await asyncio.wait([leaving, going_on], return_when=asyncio.FIRST_COMPLETED)
    if leaving.done():
        state.left.set()
    for task in (leaving, going_on):
        task.cancel()


def _refuse(writer: asyncio.StreamWriter, status: int, message: str, headers: str = "") -> bool:
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}})
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n"
    writer.write(f"HTTP/1.1 {status} No\r\n{length}{headers}\r\n{body}".encode())
    return True


def _chunk(writer: asyncio.StreamWriter, delta: dict[str, Any], finish_reason: str | None = None) -> None:
    _write(writer, {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def _write(writer: asyncio.StreamWriter, chunk: dict[str, Any]) -> None:
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", **chunk}
    writer.write(b"data: " + json.dumps(whole).encode() + b"\n\n")
