"""An endpoint that speaks OpenAI's chat completions and takes no time: `python -m bench.agents.endpoint PORT`.

Whatever is asked, it streams the same 20 deltas and the usage, all of it in one write, over a connection that is kept.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any, cast

from bench.loops import run_on
from bench.wire import TOKENS

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
STREAMED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
USAGE = {"prompt_tokens": 11, "completion_tokens": TOKENS, "total_tokens": 11 + TOKENS}


def answer() -> bytes:
    """Return the whole answer to a request, each event in a chunk of its own."""
    choices = [_choice({"role": "assistant", "content": f"tok-{index} "}) for index in range(TOKENS)]
    events = [_event(choices=[one]) for one in (*choices, _choice({}, "stop"))]
    events += [_event(choices=[], usage=USAGE), b"data: [DONE]\n\n"]
    return STREAMED + b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in events) + b"0\r\n\r\n"


def _choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _event(**fields: Any) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    return b"data: " + json.dumps(head | fields).encode() + b"\n\n"


class Endpoint(asyncio.Protocol):
    """One connection: a request after the other."""

    ANSWER = answer()

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer as soon as the request is whole."""
        assert self._transport is not None
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < int(length[1] if length else 0):
            return
        self._buffer = b""
        if head.startswith(b"POST "):
            self._transport.write(self.ANSWER)
        else:
            self._transport.write(HEALTHY)
            self._transport.close()


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    run_on("uvloop", _serve(int(sys.argv[1])))
