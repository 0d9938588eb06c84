"""Reference: the barest FastAPI application that looks the same to the load: it stores nothing and checks nobody.

`POST /api/v1/sessions/{id}/messages` sends 20 frames and an end to the WebSocket that follows the session.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import uuid4

import orjson
import uvicorn
from fastapi import Depends, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from bench.wire import TOKENS

Followers = dict[str, WebSocket]


def followers(request: Request) -> Followers:
    """Return who follows which session."""
    found: Followers = request.app.state.followers
    return found


def entry(session_id: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return a frame as the hub sends it."""
    event = {
        "specversion": "1.0",
        "type": f"sessions.{kind}.v1",
        "source": f"/sessions/{session_id}",
        "subject": session_id,
        "time": "2026-11-21T10:00:00.000Z",
        "data": data,
    }
    return {"type": "stream:chunk", "sessionId": session_id, "payload": event}


async def health() -> dict[str, str]:
    """Answer `GET /health`."""
    return {"status": "ok"}


async def create(body: dict[str, Any]) -> dict[str, str]:
    """Create a session."""
    return {"sessionId": str(uuid4()), "status": "created"}


async def send(
    session_id: str, body: dict[str, Any], following: Annotated[Followers, Depends(followers)]
) -> dict[str, str]:
    """Answer a message on the WebSocket that follows its session."""
    message_id = str(uuid4())
    socket = following[session_id]
    for index in range(TOKENS):
        data = {"messageId": message_id, "index": index, "role": "assistant", "content": f"tok-{index} "}
        await socket.send_json(entry(session_id, "message.delta", data))
    await socket.send_json(entry(session_id, "turn.completed", {"messageId": message_id}))
    return {"messageId": message_id}


async def lines(count: int) -> StreamingResponse:
    """Stream so many entries as NDJSON."""

    async def produce() -> AsyncIterator[bytes]:
        for number in range(count):
            yield orjson.dumps(entry("story", "line.added", {"number": number, "text": "x" * 120})) + b"\n"

    return StreamingResponse(produce(), media_type="application/x-ndjson")


async def stream(socket: WebSocket, session_id: str) -> None:
    """Keep the WebSocket of a session."""
    await socket.accept()
    socket.app.state.followers[session_id] = socket
    try:
        await socket.receive()
    except WebSocketDisconnect:
        pass
    finally:
        del socket.app.state.followers[session_id]


def build() -> FastAPI:
    """Return the application."""
    app = FastAPI()
    app.state.followers = {}
    app.add_api_route("/health", health)
    app.add_api_route("/lines/{count}", lines, response_model=None)
    app.add_api_route("/api/v1/sessions", create, methods=["POST"], status_code=201)
    app.add_api_route("/api/v1/sessions/{session_id}/messages", send, methods=["POST"], status_code=202)
    app.add_api_websocket_route("/api/v1/sessions/{session_id}/stream", stream)
    return app


if __name__ == "__main__":
    uvicorn.run(build(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", loop="uvloop", access_log=False)
