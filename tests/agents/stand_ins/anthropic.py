"""Anthropic's API: `POST /v1/messages` as server-sent events, and counting tokens."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.agents.stand_ins.server import Asked, Heard, Json, Reply, reply_to, sse

SHELL = "Bash"
_numbers = itertools.count(1)


def respond(request: Request, body: Json) -> Response | None:
    """Answer what Claude Code asks."""
    path = request.url.path
    if path.endswith("/count_tokens"):
        return JSONResponse({"input_tokens": 11})
    if not path.endswith("/v1/messages") or request.method != "POST":
        return None
    reply, number = reply_to(asked(body)), next(_numbers)
    if body.get("stream"):
        return sse((str(one["type"]), one) for one in events(reply, number, str(body.get("model"))))
    content = [{"type": "text", "text": "".join(reply.words)}]
    return JSONResponse(message(number, str(body.get("model"))) | {"content": content, "stop_reason": "end_turn"})


def refuse() -> Response:
    """Answer that the limit is reached, and that asking again does not help."""
    error = {"type": "rate_limit_error", "message": "This request would exceed your account's rate limit."}
    headers = {"retry-after": "3600", "x-should-retry": "false"}
    return JSONResponse({"type": "error", "error": error}, 429, headers)


def model(request: Heard) -> str:
    """Return which model a request asks."""
    return str(request.body["model"])


def asked(body: Json) -> Asked:
    """Read a request."""
    content = [one for one in body["messages"] if one["role"] == "user"][-1]["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = [str(one["text"]) for one in blocks if one["type"] == "text" and not _reminder(str(one["text"]))]
    return Asked(
        message=texts[-1] if texts else "",
        tools={one["name"]: one for one in body.get("tools") or ()},
        tool_answered=not texts and any(one["type"] == "tool_result" for one in blocks),
        body=json.dumps(body["messages"]),
    )


def _reminder(text: str) -> bool:
    return text.lstrip().startswith("<")


def message(number: int, name: str) -> Json:
    """Return a message as it begins."""
    return {
        "id": f"msg_{number:024}",
        "type": "message",
        "role": "assistant",
        "model": name,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 1},
    }


def events(reply: Reply, number: int, name: str) -> Iterator[Json]:
    """Yield the events of an answer."""
    yield {"type": "message_start", "message": message(number, name)}
    for index, (start, deltas) in enumerate(_blocks(reply, number)):
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    reason = "end_turn" if reply.command is None and reply.call is None else "tool_use"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": 7},
    }
    yield {"type": "message_stop"}


def _blocks(reply: Reply, number: int) -> Iterator[tuple[Json, list[Json]]]:
    if reply.thoughts:
        thoughts: list[Json] = [{"type": "thinking_delta", "thinking": thought} for thought in reply.thoughts]
        signed: Json = {"type": "signature_delta", "signature": "c3RhbmQtaW4="}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, signed]
    if reply.words:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in reply.words]
    call = reply.call
    if reply.command is not None:
        call = SHELL, {"command": reply.command, "description": "as asked"}
    if call is not None:
        start = {"type": "tool_use", "id": f"toolu_{number:024}", "name": call[0], "input": {}}
        yield start, [{"type": "input_json_delta", "partial_json": json.dumps(call[1])}]
