"""Calls over HTTP: one request, its JSON answer, and problems as exceptions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from atrium.client.errors import ClientError, ConnectionLost, NotRunning, ProblemError, UnexpectedAnswer
from atrium.client.location import Location, Locator
from atrium.client.pace import Pace
from atrium.client.presence import user_agent

_TIMEOUT = httpx.Timeout(30, connect=5)
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout)
_RESTARTING = frozenset({502, 503, 504})
_TOKEN_TRIES = 4


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API; `path` begins below `/api/v1`. `content` are bytes that are sent in place of a JSON body."""

    method: str
    path: str
    body: Any = None
    content: bytes | None = None
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


class Http:
    """Sends requests to wherever the hub is now."""

    def __init__(self, locator: Locator, pace: Pace) -> None:
        self._locator = locator
        self._pace = pace
        # No proxy and no .netrc: the token goes to the hub and nowhere else.
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, headers={"User-Agent": user_agent()})

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send one request and return its JSON answer, None for an empty one.

        Raises `ProblemError`, `NotRunning`, or `UnexpectedAnswer`. A request that was not sent, or was refused since
        the hub has restarted with a new token, is sent once more to where the hub is now.
        """
        request = Request(method, path, body, content, params, headers)
        place = self._locator.find()
        try:
            return await self._send(place, request)
        except (NotRunning, ProblemError) as error:
            if isinstance(error, ProblemError) and error.status != httpx.codes.UNAUTHORIZED:
                raise
            again = self._locator.find()
            if again == place:
                raise
            return await self._send(again, request)

    async def call_repeatable(self, method: str, path: str, *, body: Any = None) -> Any:
        """Send a request that has the same effect once or many times, and again until it is answered.

        Waits as long as the pace's patience for a hub that is down or restarting.
        """
        began, attempt = self._pace.monotonic(), 0
        while True:
            try:
                return await self.call(method, path, body=body)
            except ClientError as error:
                attempt += 1
                if not _is_passing(error, attempt) or self._pace.exhausted(began):
                    raise
                at_least = (error.retry_after or 0) if isinstance(error, ProblemError) else 0
            await self._pace.wait(attempt, at_least=at_least)

    @asynccontextmanager
    async def lines(self, path: str, params: Mapping[str, Any], accept: str) -> AsyncIterator[AsyncIterator[str]]:
        """Open a long answer and give its lines."""
        place = self._locator.find()
        headers = {"Authorization": f"Bearer {place.token}", "Accept": accept}
        timeout = httpx.Timeout(90, connect=5)
        try:
            async with self._client.stream(
                "GET", place.api + path, params=params, headers=headers, timeout=timeout
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                    raise _problem(answer)
                yield _lines(answer)
        except httpx.TransportError as error:
            raise _lost(error, place) from error

    async def _send(self, place: Location, request: Request) -> Any:
        headers = {"Authorization": f"Bearer {place.token}", **(request.headers or {})}
        params = {name: value for name, value in (request.params or {}).items() if value is not None}
        try:
            answer = await self._client.request(
                request.method,
                place.api + request.path,
                json=request.body,
                content=request.content,
                params=params,
                headers=headers,
            )
        except httpx.TransportError as error:
            raise _lost(error, place) from error
        if answer.is_error:
            raise _problem(answer)
        return _decoded(answer)


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """Yield lines that end in LF alone: JSON may hold U+2028 and its like, at which httpx would cut them."""
    begun: list[bytes] = []
    async for piece in answer.aiter_bytes():
        *whole, rest = piece.split(b"\n")
        for end in whole:
            yield b"".join([*begun, end]).decode()
            begun = []
        begun.append(rest)
    if last := b"".join(begun):
        yield last.decode()


def _lost(error: httpx.TransportError, place: Location) -> ClientError:
    if isinstance(error, _UNSENT):
        return NotRunning(f"nothing answers at {place.url}: Atrium is not running; start it with `atrium up`")
    return ConnectionLost(f"the connection to {place.url} broke before the answer: {type(error).__name__}")


def _is_passing(error: ClientError, attempt: int) -> bool:
    if isinstance(error, ProblemError):
        # A hub that starts may answer just before its new token is where we read it.
        starting = error.status == httpx.codes.UNAUTHORIZED and attempt <= _TOKEN_TRIES
        return starting or error.status in _RESTARTING
    return isinstance(error, NotRunning | ConnectionLost)


def _problem(answer: httpx.Response) -> ProblemError:
    try:
        data = answer.json()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        host = answer.request.url.netloc.decode()
        data = {"title": f"what answers at {host} is not Atrium, or a proxy before it (HTTP {answer.status_code})"}
    return ProblemError.from_wire(data, status=answer.status_code)


def _decoded(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"{answer.request.url.path} did not answer with JSON: {error}") from None
