"""OpenAI's API: `POST /v1/responses` as server-sent events, and the list of models."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.agents.stand_ins.server import Asked, Heard, Json, Reply, reply_to, sse

_numbers = itertools.count(1)
USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 18,
}


def respond(request: Request, body: Json) -> Response | None:
    """Answer what Codex asks."""
    path = request.url.path
    if path.endswith("/models"):
        return JSONResponse({"object": "list", "data": [], "models": []})
    if not path.endswith("/responses") or request.method != "POST":
        return None
    request_of = asked(body)
    return sse((str(one["type"]), one) for one in events(reply_to(request_of), request_of, next(_numbers)))


def refuse() -> Response:
    """Answer that the plan's limit is reached."""
    error = {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_in_seconds": 3600}
    return JSONResponse({"error": error}, 429)


def model(request: Heard) -> str:
    """Return which model a request asks."""
    return str(request.body["model"])


def asked(body: Json) -> Asked:
    """Read a request."""
    items = [one for one in body.get("input") or () if isinstance(one, dict)]
    last = items[-1] if items else {}
    said = [one for one in items if one.get("type", "message") == "message" and one.get("role") == "user"]
    texts = [str(part["text"]) for part in said[-1]["content"] if "text" in part] if said else []
    return Asked(
        message="\n".join(text for text in texts if not text.lstrip().startswith("<")),
        tools=dict(_tools(body.get("tools") or ())),
        tool_answered=str(last.get("type", "")).endswith("_call_output"),
        body=json.dumps(items),
    )


def _tools(told: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """Yield the tools by name; one of an MCP server stands in a namespace, which is put before its name."""
    for one in told:
        if one.get("type") == "namespace":
            yield from ((f"{one['name']}.{name}", tool) for name, tool in _tools(one["tools"]))
        else:
            yield str(one.get("name") or one.get("type")), one


def events(reply: Reply, request: Asked, number: int) -> Iterator[Json]:
    """Yield the events of an answer."""
    response: Json = {"id": f"resp_{number}", "object": "response", "status": "in_progress", "output": []}
    yield {"type": "response.created", "response": response}
    output: list[Json] = []
    for index, (begun, deltas, done) in enumerate(_items(reply, request, number)):
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        for delta in deltas:
            yield {"item_id": begun["id"], "output_index": index, **delta}
        yield {"type": "response.output_item.done", "output_index": index, "item": done}
        output.append(done)
    yield {
        "type": "response.completed",
        "response": {**response, "status": "completed", "output": output, "usage": USAGE},
    }


def _items(reply: Reply, request: Asked, number: int) -> Iterator[tuple[Json, list[Json], Json]]:
    if reply.thoughts:
        item: Json = {"type": "reasoning", "id": f"rs_{number}", "summary": []}
        deltas: list[Json] = [
            {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": thought}
            for thought in reply.thoughts
        ]
        opened: Json = {"type": "response.reasoning_summary_part.added", "summary_index": 0}
        summary = [{"type": "summary_text", "text": "".join(reply.thoughts)}]
        yield item, [opened, *deltas], {**item, "summary": summary}
    if reply.words:
        item = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "in_progress", "content": []}
        deltas = [{"type": "response.output_text.delta", "content_index": 0, "delta": word} for word in reply.words]
        content = [{"type": "output_text", "text": "".join(reply.words), "annotations": []}]
        yield item, deltas, {**item, "status": "completed", "content": content}
    call = _shell(request, reply.command) if reply.command is not None else reply.call
    if call is not None:
        (namespace, _, name), arguments = call[0].rpartition("."), call[1]
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": name}
        item |= {"namespace": namespace} if namespace else {}
        item["arguments"] = json.dumps(arguments)
        yield {**item, "arguments": ""}, [], item


def _shell(request: Asked, command: str) -> tuple[str, Json]:
    """Return the shell this version of Codex has, and how it is called; without a sandbox there is nothing to ask."""
    sandboxes = re.findall(r"`sandbox_mode` is `([\w-]+)`", request.body)
    free = sandboxes[-1:] == ["danger-full-access"]
    asks = {} if free else {"sandbox_permissions": "require_escalated", "justification": "as asked"}
    if "exec_command" in request.tools:
        return "exec_command", {"cmd": command, **asks}
    if "shell_command" in request.tools:
        return "shell_command", {"command": command, **asks}
    return "shell", {"command": ["sh", "-c", command], **asks}
