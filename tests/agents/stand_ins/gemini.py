"""Google's Gemini API: `streamGenerateContent`, `generateContent` and `countTokens` (v1beta)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.agents.stand_ins.server import Asked, Heard, Json, Reply, reply_to, sse

SHELL = "run_shell_command"
ROUTED = '{"complexity_reasoning": "as asked", "complexity_score": 10}'
"""What the model says that chooses the model for a message."""
USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}


def respond(request: Request, body: Json) -> Response | None:
    """Answer what Gemini CLI asks."""
    action = request.url.path.rpartition(":")[2]
    if action == "countTokens":
        return JSONResponse({"totalTokens": 11})
    if action not in {"streamGenerateContent", "generateContent"}:
        return None
    reply = reply_to(asked(body))
    if action == "generateContent":
        wants_json = body.get("generationConfig", {}).get("responseMimeType") == "application/json"
        return JSONResponse(part({"text": ROUTED if wants_json else "".join(reply.words)}, "STOP"))
    return sse((None, one) for one in parts(reply))


def refuse() -> Response:
    """Answer that the day's quota is used up."""
    violation = {"quotaMetric": "requests", "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    details = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}]
    error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota."}
    return JSONResponse({"error": {**error, "details": details}}, 429)


def model(request: Heard) -> str:
    """Return which model a request asks."""
    return request.line.rpartition("/models/")[2].partition(":")[0]


def asked(body: Json) -> Asked:
    """Read a request."""
    last = body["contents"][-1]["parts"] if body.get("contents") else []
    declared = [one for tool in body.get("tools") or () for one in tool.get("functionDeclarations") or ()]
    return Asked(
        message="\n".join(str(one["text"]) for one in last if "text" in one),
        tools={one["name"]: one for one in declared},
        tool_answered=any("functionResponse" in one for one in last),
        body=str(body.get("contents")),
    )


def parts(reply: Reply) -> Iterator[Json]:
    """Yield the chunks of an answer."""
    for thought in reply.thoughts:
        yield part({"text": thought, "thought": True})
    for word in reply.words:
        yield part({"text": word})
    call = reply.call
    if reply.command is not None:
        call = SHELL, {"command": reply.command, "description": "as asked"}
    if call is not None:
        yield part({"functionCall": {"name": call[0], "args": call[1]}})
    yield part({"text": ""}, "STOP")


def part(content: dict[str, Any], finished: str | None = None) -> Json:
    """Return one chunk."""
    candidate: Json = {"content": {"role": "model", "parts": [content]}, "index": 0}
    if finished:
        candidate["finishReason"] = finished
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": "stand-in"}
