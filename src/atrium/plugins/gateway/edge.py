"""The outermost application: what every request passes before any plugin sees it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson

from atrium.plugins.gateway.dispatcher import Dispatcher
from atrium.plugins.gateway.errors import BodyTooLarge, InternalError, RequestTimeout
from atrium.plugins.gateway.headers import SECURITY_HEADERS, RequestHeaders
from atrium.plugins.gateway.hosts import HostRules
from atrium.plugins.gateway.identity import HUB_URL, PRINCIPAL, Credentials, Identity
from atrium.plugins.gateway.page import Page
from atrium.plugins.gateway.problems import MEDIA_TYPE, problem_reply
from atrium.plugins.gateway.protocols import TARGET, ClientLeft
from atrium.plugins.gateway.routes import PREFIX
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.plugins.gateway.sockets import Sockets
from atrium.sdk import AtriumError, Clock, Unauthenticated, tracing

log = logging.getLogger(__name__)

LOGIN = ("POST", f"{PREFIX}/auth/login")
LINGER_SECONDS = 2.0
LINGER_BYTES = 1 << 20
"""For how long, and how much, is taken of a body that was refused, so that its sender comes to read the answer."""
UPLOAD_PATIENCE = 10
"""How many times as long as any other body one that is read as it comes may take in all."""
ALIASES = {"/health": f"{PREFIX}/health", "/ready": f"{PREFIX}/ready"}

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Answer:
    """The answer to one request, with the headers that every answer has."""

    def __init__(self, scope: Any, receive: Receive, send: Any, trace_id: str, now: Callable[[], float]) -> None:
        self.scope = scope
        self.started = False
        self.finished = False
        self.cookie: str | None = None
        self.body_unread = False
        self._receive = receive
        self._send = send
        self._trace_id = trace_id
        self._now = now

    async def send(self, message: Message) -> None:
        """Send an ASGI message, headers added."""
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self.started = True
            headers = [*message.get("headers", ()), *self._headers(message)]
            if self.body_unread:
                headers.append((b"connection", b"close"))
            message["headers"] = [_secure(header) for header in headers] if self.scope["scheme"] == "https" else headers
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            self.finished = True
            if self.body_unread:
                # To close on a client that still sends is a reset, which may overtake the answer (RFC 9112, 9.6).
                await self._send(message | {"more_body": True})
                await _discard(self._receive)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def problem(self, error: AtriumError) -> None:
        """Send an error; over a WebSocket that is not open yet this refuses the handshake."""
        reply = problem_reply(error, self._trace_id, self._now())
        kind = "websocket.http.response" if self.scope["type"] == "websocket" else "http.response"
        body = orjson.dumps(reply.body)
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers.items()]
        await self.send({"type": f"{kind}.start", "status": reply.status, "headers": headers})
        await self.send({"type": f"{kind}.body", "body": body, "more_body": False})

    def _headers(self, message: Message) -> list[tuple[bytes, bytes]]:
        own = {name.lower() for name, _ in message.get("headers", ())}
        usual = (*SECURITY_HEADERS, (b"trace-id", self._trace_id.encode()), (b"cache-control", b"no-store"))
        headers = [header for header in usual if header[0] not in own]
        if self.cookie is not None:
            headers.append((b"set-cookie", self.cookie.encode("latin-1")))
        return headers


class Edge:
    """Checks host, origin and caller, bounds the body, names the request, and turns every error into an answer."""

    def __init__(
        self,
        rules: HostRules,
        identity: Identity,
        api: Dispatcher,
        sockets: Sockets,
        page: Page,
        config: GatewayConfig,
        clock: Clock,
        new_trace_id: Callable[[], str],
    ) -> None:
        self._rules = rules
        self._identity = identity
        self._api = api
        self._sockets = sockets
        self._page = page
        self._config = config
        self._clock = clock
        self._new_trace_id = new_trace_id

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        """Answer one request, or serve one WebSocket."""
        headers = RequestHeaders(scope["headers"])
        trace_id = _trace_id(headers.get("traceparent")) or self._new_trace_id()
        tracing.trace_id.set(trace_id)
        answer = Answer(scope, receive, send, trace_id, self._clock.now)
        try:
            await self._admit(scope, receive, headers, answer)
        except AtriumError as error:
            await answer.problem(error)
        except ClientLeft:
            log.debug("client left before its request was answered")
        except Exception:  # the edge: whatever it was, the client gets an answer and the log the reason
            log.exception("request failed", extra={"path": scope["path"]})
            if not answer.started:
                await answer.problem(InternalError("see the log of the hub, by this trace id"))
            elif not answer.finished:
                raise

    async def _admit(self, scope: Any, receive: Receive, headers: RequestHeaders, answer: Answer) -> None:
        has_body = headers.get("transfer-encoding") is not None or headers.get("content-length") not in {None, "0"}
        answer.body_unread = has_body
        target = scope.get(TARGET) or scope["raw_path"].decode("latin-1")
        self._rules.check(target, headers.all("host"), headers.all("origin"))
        scope["state"][HUB_URL] = self._rules.hub_url(headers.get("host") or "", scope["scheme"])
        if scope["type"] == "websocket":
            await self._open_socket(scope, receive, headers, answer)
            return
        path = scope["path"] = ALIASES.get(scope["path"], scope["path"])
        if path != "/api" and not path.startswith("/api/"):
            self._identity.limits.stranger(scope["client"])
            await self._page(scope, receive, answer.send)
            return
        await self._authenticate(scope, headers, answer)
        if has_body and self._api.takes_upload(scope["method"], path):
            receive = self._pieces(receive, answer)
        elif has_body:
            receive = await self._whole_body(receive, headers)
            answer.body_unread = False
        await self._api(scope, receive, answer.send)

    async def _authenticate(self, scope: Any, headers: RequestHeaders, answer: Answer) -> None:
        key = (scope["method"], scope["path"])
        if self._api.is_public(*key):
            self._identity.limits.stranger(scope["client"])
            if key == LOGIN:
                self._identity.limits.attempt(scope["client"])
            return
        credentials = Credentials(
            authorization=headers.get("authorization"),
            cookie=headers.get("cookie"),
            origin=headers.get("origin"),
            fetch_site=headers.get("sec-fetch-site"),
        )
        try:
            login = await self._identity.authenticate(credentials, scope["method"])
        except Unauthenticated:
            self._identity.limits.stranger(scope["client"])
            raise
        self._identity.limits.request(login.principal)
        scope["state"][PRINCIPAL] = login.principal
        if login.cookie is not None:
            answer.cookie = self._identity.set_cookie(login.cookie)

    async def _open_socket(self, scope: Any, receive: Receive, headers: RequestHeaders, answer: Answer) -> None:
        try:
            await self._sockets(scope, receive, answer.send, headers)
        except Unauthenticated:
            self._identity.limits.stranger(scope["client"])
            raise

    def _pieces(self, receive: Receive, answer: Answer) -> Receive:
        """Return a `receive` for a body that is read as it comes, and must come neither too seldom nor too slowly."""
        patience = self._config.body_timeout
        end = self._clock.monotonic() + UPLOAD_PATIENCE * patience

        async def piece() -> Message:
            left = min(patience, end - self._clock.monotonic())
            try:
                async with asyncio.timeout(left):
                    message = await receive()
            except TimeoutError:
                raise RequestTimeout(f"send the body without pauses of {patience:g} seconds") from None
            if message["type"] == "http.disconnect":
                raise ClientLeft
            answer.body_unread = bool(message.get("more_body"))
            return message

        return piece

    async def _whole_body(self, receive: Receive, headers: RequestHeaders) -> Receive:
        """Read the body within its limits, and return a `receive` that gives it again."""
        limit = self._config.max_body_bytes
        declared = headers.get("content-length") or "0"
        if not declared.isdigit() or len(declared) > 18 or int(declared) > limit:
            raise BodyTooLarge(f"a request may have at most {limit} bytes; send less at once")
        try:
            async with asyncio.timeout(self._config.body_timeout):
                body = await _read(receive, limit)
        except TimeoutError:
            raise RequestTimeout(f"send the body within {self._config.body_timeout:g} seconds") from None
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return again


def _secure(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Let a browser send a cookie that it got over TLS over TLS only."""
    name, value = header
    return (name, value + b"; Secure") if name.lower() == b"set-cookie" else header


async def _discard(receive: Receive) -> None:
    """Take what a refused client still sends until it has read its answer and left, for a moment and within bounds."""
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
                left -= len(message["body"])


async def _read(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(f"a request may have at most {limit} bytes; send less at once")
        if not message.get("more_body"):
            return bytes(body)


def _trace_id(traceparent: str | None) -> str | None:
    """Return the trace id of a W3C `traceparent` header, if it is valid."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match and match[0][:2] != "ff" and match[1].strip("0") else None
