"""uvicorn's protocol classes, with what the gateway adds: limits on headers, and sockets written to directly."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, Protocol, cast

import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from atrium.plugins.gateway.errors import HeadersTooLarge, MalformedRequest, RequestTimeout
from atrium.plugins.gateway.headers import SECURITY_HEADERS
from atrium.plugins.gateway.intake import Intake
from atrium.sdk import AtriumError

SOCKET = "atrium.socket"
"""The key of the scope's extensions under which a WebSocket's protocol object is found."""

PROTOCOL = "atrium.protocol"
"""The key of the scope under which an HTTP request's protocol object is found."""

TARGET = "atrium.target"
"""The key of the scope under which the request target stands as sent."""

CLOSE_TIMEOUT = 5.0


class Listener(Protocol):
    """What a protocol object tells who writes to its transport; all calls come on the loop."""

    def paused(self) -> None:
        """Write no more: the buffer is full."""

    def resumed(self) -> None:
        """Write again: the buffer has drained."""

    def closed(self) -> None:
        """Never write again. May be called more than once."""


class SocketListener(Listener, Protocol):
    """What a WebSocket tells its connection."""

    def received(self, message: str | bytes) -> None:
        """Take a whole message."""


class Nobody:
    """Listens where nobody else does."""

    def paused(self) -> None:
        """Do nothing."""

    def resumed(self) -> None:
        """Do nothing."""

    def closed(self) -> None:
        """Do nothing."""

    def received(self, message: str | bytes) -> None:
        """Drop it."""


NOBODY = Nobody()


class ClientLeft(Exception):
    """The client closed the connection before its request was answered."""


def _spawn(
    loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]
) -> asyncio.Task[None]:
    """Run something in a context of its own; the server waits for it when it stops, or cancels it."""
    task = loop.create_task(work, context=Context())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit on the size of a request's head and on the time it takes to arrive.

    An answer that goes on for long can be *detached*: it is then written by a listener, without a task of its own.
    """

    max_header_bytes = 64 << 10
    header_timeout = 10.0

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self._head_bytes = 0
        self._in_head = True
        self._head_timer: asyncio.TimerHandle | None = None
        self._fault: type[AtriumError] = MalformedRequest
        self._answered: RequestResponseCycle | None = None
        self.requests_begun = 0
        self.listener: Listener = NOBODY

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that ends with the server."""
        return _spawn(self.loop, self.tasks, work)

    def detach(self) -> None:
        """Let the application return although its answer, whose head is written, goes on."""
        assert self._answered is not None
        self._answered.disconnected = True

    def finish(self) -> None:
        """End a detached answer and go on with the next request."""
        self._tell_closed()
        if self.transport.is_closing():
            return
        assert self._answered is not None
        self.transport.write(b"0\r\n\r\n")
        self._answered.response_complete = True
        if self._answered.keep_alive:
            self.on_response_complete()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Tell the listener that it is behind."""
        super().pause_writing()
        self.listener.paused()

    def resume_writing(self) -> None:
        """Tell the listener that it may go on."""
        super().resume_writing()
        self.listener.resumed()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._intake = Intake(self.loop, transport, self._feed)
        self.flow = FlowControl(self._intake)  # type: ignore[arg-type]  # it pauses and resumes, and that is all
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and tell the listener."""
        self._intake.end()
        self._head_arrived()
        super().connection_lost(exc)
        self._tell_closed()
        self._let_go()

    def data_received(self, data: bytes) -> None:
        """Take it in, a little at a time."""
        self._intake.take(data)

    def handle_websocket_upgrade(self) -> None:
        """Let the WebSocket have what comes from now on."""
        super().handle_websocket_upgrade()
        self._intake.end()
        self._let_go()

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        self.requests_begun += 1
        super().on_message_begin()
        if not self._in_head:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large; keep the target as sent: an absolute one would otherwise lose its host."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > self.max_header_bytes:
            self._fault = HeadersTooLarge
            raise ValueError("uvicorn answers this by `send_400_response`")
        self._head_arrived()
        scope = cast(dict[str, Any], self.scope)
        scope[TARGET] = self.url.decode("latin-1")
        scope[PROTOCOL] = self
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or not within its limits."""
        self._refuse(self._fault)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # `self.cycle` is the newest request, which may have to wait for this one.
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> int:
        """Parse some bytes and return how many requests began; refuse a head that does not end."""
        before = self.requests_begun
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.max_header_bytes:
            self._refuse(HeadersTooLarge)
        return self.requests_begun - before

    def _let_go(self) -> None:
        """Part from what holds this object: what is in no cycle is freed at once, not when garbage is looked for."""
        self.parser = None  # type: ignore[assignment]  # as uvicorn does where there is no upgrade
        if self.scope is not None:
            cast(dict[str, Any], self.scope).pop(PROTOCOL, None)

    def _tell_closed(self) -> None:
        listener, self.listener = self.listener, NOBODY
        listener.closed()

    def _expect_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.header_timeout, self._head_late)

    def _head_arrived(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        self._refuse(RequestTimeout)

    def _refuse(self, fault: type[AtriumError]) -> None:
        """Answer and close; where another answer goes on, the connection is cut instead."""
        if self.transport.is_closing():
            return
        if self._answered is not None and not self._answered.response_complete:
            self.transport.abort()
            return
        title = fault.title()
        problem = {"type": "about:blank", "title": title, "status": fault.status, "detail": title, "code": fault.code}
        body = orjson.dumps(problem)
        lines = [STATUS_LINE[fault.status], b"content-type: application/problem+json\r\nconnection: close\r\n"]
        lines += [name + b": " + value + b"\r\n" for name, value in SECURITY_HEADERS]
        lines += [b"content-length: %d\r\n\r\n" % len(body), body]
        self.transport.write(b"".join(lines))
        self.transport.close()


class SocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that can be written to directly, and that tells its listener what happens to it."""

    max_fragments = 4096

    intake: Intake

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self.listener: SocketListener = NOBODY
        self.last_received = self.loop.time()
        self.frames_received = 0
        self._abort_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take in what comes, a little at a time."""
        super().connection_made(transport)
        self.intake = Intake(self.loop, self.transport, self._feed)

    def handle_connect(self, event: Any) -> None:
        """Put this object where the application finds it."""
        super().handle_connect(event)
        # The request was counted as the first of them.
        self.frames_received = 0
        if not self.handshake_complete:
            cast(dict[str, Any], self.scope["extensions"])[SOCKET] = self

    def data_received(self, data: bytes) -> None:
        """Remember that the peer lives."""
        self.last_received = self.loop.time()
        self.intake.take(data)

    def handle_events(self) -> None:
        """Count what has arrived."""
        self.frames_received += len(self.conn.events)
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """Refuse a message that comes in crumbs."""
        if self.close_sent:
            return
        if len(self.frames) < self.max_fragments:
            super().handle_cont(event)
            return
        self.frames = []
        self.conn.fail(1008, f"send a message in at most {self.max_fragments} fragments")
        self.handle_parser_exception()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that ends with the server."""
        return _spawn(self.loop, self.tasks, work)

    async def run_asgi(self) -> None:
        """Let the application open the socket or refuse it; an open one goes on without a task of its own."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except Exception:  # the edge: what the application did not catch
            self.logger.exception("WebSocket failed")
            self.send_500_response()
        finally:
            # Else the scope and this object would keep each other.
            cast(dict[str, Any], self.scope["extensions"]).pop(SOCKET, None)
        if self.listener is NOBODY or not self.handshake_complete:
            self.transport.close()

    async def send(self, message: Any) -> None:
        """Send an ASGI message; a refused handshake is done with, which uvicorn would log as an error."""
        try:
            await super().send(message)
        except ClientDisconnected:
            raise ClientLeft from None
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message to the listener, without uvicorn's pause after each."""
        data = b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self.listener.received(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.finish(1007, "text frames are UTF-8")
        else:
            self.listener.received(text)

    def handle_ping(self) -> None:
        """Answer, unless the peer does not read what it is sent: then answers would pile up."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_close(self, event: Frame) -> None:
        """Finish the closing handshake; a peer that does not read is cut off after a while."""
        super().handle_close(event)
        self._closed()

    def handle_parser_exception(self) -> None:
        """Close after a violation of the protocol (1002), or a frame that is too large (1009)."""
        super().handle_parser_exception()
        self._closed()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the listener, whatever the reason."""
        self.intake.end()
        super().connection_lost(exc)
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
        listener, self.listener = self.listener, NOBODY
        listener.closed()

    def shutdown(self) -> None:
        """Say that the hub restarts, and close."""
        self.finish(1012, "the hub is restarting")

    def pause_writing(self) -> None:
        """Tell the listener that it is behind."""
        super().pause_writing()
        self.listener.paused()

    def resume_writing(self) -> None:
        """Tell the listener that it may go on."""
        super().resume_writing()
        self.listener.resumed()

    def finish(self, code: int, reason: str) -> None:
        """Send a Close frame and close the transport, at the latest after a while; refuse what is not open yet."""
        if not self.handshake_complete:
            super().shutdown()
        elif not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.intake.resume_reading()
            self.close_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.close)
        self._closed()

    def _feed(self, data: bytes) -> int:
        """Parse some bytes and return how many frames were in them."""
        before = self.frames_received
        super().data_received(data)
        return self.frames_received - before

    def _closed(self) -> None:
        if self._abort_timer is None:
            self._abort_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)
        self.listener.closed()
