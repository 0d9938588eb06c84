"""What all stand-ins have in common: a server on this machine that says what a script in the message asks for.

The last line of a message is the script: `run COMMAND` calls the agent's shell, `call TOOL WORD` a tool of an MCP
server, `recall` says which words it was told to `remember` and by whom, anything else is said back. What was asked is
kept, so that tests can look at it. A stand-in that is `exhausted` refuses every question, as its vendor does when a
limit is reached.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.serving import served

Json = dict[str, Any]

HANDED_OVER = "This conversation began before you joined it"


@dataclass(frozen=True)
class Asked:
    """What an agent asks its model: the last message, the tools it has, and whether a tool has just answered."""

    message: str
    tools: Mapping[str, Json]
    tool_answered: bool
    body: str

    def tool(self, name: str) -> str | None:
        """Return an MCP tool's name as the agent has it, which puts the server's name before it."""
        return next((known for known in self.tools if known.endswith(name)), None)


@dataclass(frozen=True)
class Reply:
    """What the model says: thoughts, words, and a command for the agent's shell or a call of another tool."""

    thoughts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    command: str | None = None
    call: tuple[str, Json] | None = None


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
    if verb == "call":
        tool, _, word = rest.partition(" ")
        known = asked.tool(tool)
        if known is not None:
            return Reply(("I should ", "ask."), ("I will ", "ask. "), call=(known, {"word": word}))
        return Reply(words=("There ", "is ", f"no {tool}."))
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


class Vendor(Protocol):
    """A vendor's API: a module of this package."""

    def respond(self, request: Request, body: Json) -> Response | None:
        """Answer one request of the API's own kind; None if it is not of that kind."""

    def refuse(self) -> Response:
        """Answer that a limit is reached."""

    def model(self, request: Heard) -> str:
        """Return which model a request asks."""


@dataclass(frozen=True)
class Heard:
    """A request as it came: `line` is method, path and query."""

    line: str
    headers: Mapping[str, str]
    body: Json


@dataclass
class StandIn:
    """A vendor's API on this machine."""

    vendor: Vendor
    address: str = ""
    exhausted: bool = False
    heard: list[Heard] = field(default_factory=list)

    @property
    def model(self) -> str:
        """Return the model that was asked last with the tools at hand."""
        return self.vendor.model(next(one for one in reversed(self.heard) if one.body.get("tools")))

    def heard_with(self, words: str) -> str:
        """Return the first request that has these words in it, as text."""
        return next(text for text in (json.dumps(one.body) for one in self.heard) if words in text)

    async def serve(self, request: Request) -> Response:
        """Answer any request; what the vendor does not know is a 404, and is kept as well."""
        raw = await request.body()
        body = json.loads(raw) if raw[:1] == b"{" else {}
        line = f"{request.method} {request.url.path}?{request.url.query}".rstrip("?")
        self.heard.append(Heard(line, dict(request.headers), body))
        answer = self.vendor.respond(request, body)
        if answer is None:
            return JSONResponse({"error": {"message": "not here", "code": 404}}, 404)
        return self.vendor.refuse() if self.exhausted else answer


@asynccontextmanager
async def standing_in(vendor: Vendor) -> AsyncIterator[StandIn]:
    """Serve a stand-in on a free port."""
    stand_in = StandIn(vendor)
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    application = Starlette(routes=[Route("/{path:path}", stand_in.serve, methods=methods)])
    async with served(application) as stand_in.address:
        yield stand_in
