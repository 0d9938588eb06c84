"""What all stand-ins have in common: a server on this machine that says what a script in the message asks for.

The last line of a message is the script: `run COMMAND` calls the agent's shell, `recall` says which words it was told
to `remember` and by whom, anything else is said back. What was asked is kept, so that tests can look at it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Json = dict[str, Any]
Answer = Callable[["Asked"], "Reply"]

HANDED_OVER = "This conversation began before you joined it"


@dataclass(frozen=True)
class Asked:
    """What an agent asks its model: the last message, the tools it has, and whether a tool has just answered."""

    message: str
    tools: Mapping[str, Json]
    tool_answered: bool
    body: str


@dataclass(frozen=True)
class Reply:
    """What the model says: thoughts, words, and a command for the agent's shell."""

    thoughts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    command: str | None = None


def reply_to(asked: Asked) -> Reply:
    """Do what the script says."""
    if not asked.tools:
        return Reply(words=("fine",))
    if asked.tool_answered:
        return Reply(words=("It ", "is ", "over."))
    script = asked.message.strip().splitlines()[-1] if asked.message.strip() else ""
    verb, _, rest = script.partition(" ")
    if verb == "run":
        return Reply(("I should ", "run it."), ("I will ", "run it. "), rest)
    if verb == "recall":
        words = " ".join(dict.fromkeys(re.findall(r"remember (\w+)", asked.body)))
        how = "was told of" if HANDED_OVER in asked.body else "remember"
        return Reply(("Let me ", "see."), (f"I {how} ", words))
    return Reply(("Somebody ", "speaks."), ("You said: ", script))


def sse(events: Iterator[tuple[str | None, Json]]) -> Response:
    """Answer with server-sent events."""

    async def lines() -> AsyncIterator[str]:
        for name, data in events:
            head = f"event: {name}\n" if name else ""
            yield f"{head}data: {json.dumps(data)}\n\n"
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/event-stream")


@dataclass
class StandIn:
    """A vendor's API on this machine; `respond` answers one request of its own kind, None if it is not of that kind."""

    respond: Callable[[Request, Json], Response | None]
    address: str = ""
    requests: list[tuple[str, Json]] = field(default_factory=list)

    async def serve(self, request: Request) -> Response:
        """Answer any request; what the stand-in does not know is a 404, and is kept as well."""
        raw = await request.body()
        body = json.loads(raw) if raw[:1] == b"{" else {}
        self.requests.append((f"{request.method} {request.url.path}", body))
        return self.respond(request, body) or JSONResponse({"error": {"message": "not here", "code": 404}}, 404)


@asynccontextmanager
async def standing_in(respond: Callable[[Request, Json], Response | None]) -> AsyncIterator[StandIn]:
    """Serve a stand-in on a free port."""
    stand_in = StandIn(respond)
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    application = Starlette(routes=[Route("/{path:path}", stand_in.serve, methods=methods)])
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(), name="stand-in")
    try:
        while not server.started:  # noqa: ASYNC110  # it has no event for it
            await asyncio.sleep(0.01)
        stand_in.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield stand_in
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving
