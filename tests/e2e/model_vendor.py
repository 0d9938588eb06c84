"""A model's vendor on this machine: it says what it was told, counts what that took, and refuses at its limit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import served

Json = dict[str, Any]

REQUESTS = 50
"""How many requests its limit allows."""

PRICE = {"input": 10, "cachedInput": 1, "output": 20}
"""In US dollars for a million tokens."""


@dataclass
class ModelVendor:
    """Speaks OpenAI's chat completions. `asked` are the conversations it was sent, `reported` what they took."""

    name: str
    address: str = ""
    asked: list[list[tuple[str, str]]] = field(default_factory=list)
    reported: list[tuple[int, int, int]] = field(default_factory=list)
    resets_at: datetime | None = None
    """When a limit that is reached begins anew; None while it is not reached."""

    def reach_limit(self, wait: timedelta) -> datetime:
        """Refuse all from here on; return when it will answer again."""
        self.resets_at = (datetime.now(UTC) + wait).replace(microsecond=0)
        return self.resets_at

    def section(self) -> Json:
        """Return the settings of the provider that asks it."""
        return {"kind": "model", "name": self.name, "baseUrl": f"{self.address}/v1", "model": "m-1", "price": PRICE}

    async def respond(self, request: Request) -> Response:
        """Answer or refuse."""
        body = await request.json()
        self.asked.append([(one["role"], one["content"]) for one in body["messages"]])
        if self.resets_at is not None:
            return self._refuse(self.resets_at)
        said = [content for role, content in self.asked[-1] if role == "user"]
        self.reported.append((1000 * len(self.asked[-1]), 500 * (len(self.asked[-1]) - 1), 1500 * len(said)))
        chunks = self._chunks(f"{self.name} was told: {', '.join(said)}")
        limits = _limits(REQUESTS - len(self.reported), datetime.now(UTC) + timedelta(hours=1))
        frames = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks)
        return Response(frames, media_type="text/event-stream", headers=limits)

    def _refuse(self, resets_at: datetime) -> Response:
        error = {"message": f"You have used your {REQUESTS} requests", "code": "rate_limit_exceeded"}
        wait = max(1, round((resets_at - datetime.now(UTC)).total_seconds()))
        return JSONResponse({"error": error}, 429, headers={"Retry-After": str(wait), **_limits(0, resets_at)})

    def _chunks(self, answer: str) -> Iterator[Json]:
        for word in answer.split(" "):
            yield _chunk([{"index": 0, "delta": {"role": "assistant", "content": f"{word} "}}])
        yield _chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        sent, cached, answered = self.reported[-1]
        usage = {"prompt_tokens": sent, "completion_tokens": answered, "total_tokens": sent + answered}
        yield _chunk([], usage=usage | {"prompt_tokens_details": {"cached_tokens": cached}})


def _limits(remaining: int, resets_at: datetime) -> dict[str, str]:
    limits = {"limit": str(REQUESTS), "remaining": str(remaining), "reset": resets_at.isoformat()}
    return {f"x-ratelimit-{name}-requests": value for name, value in limits.items()}


def _chunk(choices: list[Json], **more: Any) -> Json:
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": choices, **more}


@asynccontextmanager
async def vendor_at(name: str) -> AsyncIterator[ModelVendor]:
    """Run a vendor on a free port."""
    vendor = ModelVendor(name)
    application = Starlette(routes=[Route("/v1/chat/completions", vendor.respond, methods=["POST"])])
    async with served(application) as vendor.address:
        yield vendor
