"""One WebSocket to the hub that is kept open: streams and topics over it survive reconnects and restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from atrium.client.calls import Calls
from atrium.client.entries import Entry
from atrium.client.errors import ClientError, ConnectionLost, NotRunning, ProblemError, StreamReset, UnexpectedAnswer
from atrium.client.follower import Follower, Verdict
from atrium.client.location import Locator
from atrium.client.pace import Pace
from atrium.client.presence import user_agent
from atrium.sync import CarriedSnapshots, InvalidationHandler

_PING_SECONDS = 10
"""Half of what the hub takes between two of its own: a dead link is noticed within one of those, 20 seconds."""
_REFUSED = frozenset({401, 403, 421})
_REFUSALS = 4
_RESTART_TRIES = 200
"""Tries, about a minute of them, after which a hub that said it restarts counts as one that is gone."""


class ConnectionState(Enum):
    """How the connection is."""

    IDLE = "idle"
    ONLINE = "online"
    OFFLINE = "offline"
    RESTARTING = "restarting"
    CLOSED = "closed"


StateHandler = Callable[[ConnectionState], None]


class Connection:
    """Multiplexes streams, topics and calls over one WebSocket, opened when first needed.

    `on_state` handlers hear of every change of `state`, on the loop. After a loss every stream goes on from its cursor.
    `carried` has the snapshots that came with the invalidations.
    """

    def __init__(self, locator: Locator, pace: Pace) -> None:
        self.state = ConnectionState.IDLE
        self.carried = CarriedSnapshots()
        self._locator = locator
        self._pace = pace
        self._followers: dict[str, list[Follower]] = {}
        self._topics: dict[str, list[InvalidationHandler]] = {}
        self._state_handlers: list[StateHandler] = []
        self._calls: Calls | None = None
        self._task: asyncio.Task[None] | None = None
        self._children: set[asyncio.Task[None]] = set()
        self._online = asyncio.Event()
        self._refusals = 0
        self._fatal: Exception | None = None

    # ---- what others use

    def on_state(self, handler: StateHandler) -> Callable[[], None]:
        """Call back with each new state; returns what ends it."""
        self._state_handlers.append(handler)
        return lambda: self._state_handlers.remove(handler) if handler in self._state_handlers else None

    def follow(self, stream: str, after: int | None) -> Follower:
        """Follow a stream from beyond a cursor (None: from now on) until it ends or `unfollow`."""
        follower = Follower(stream, after, self._attach_soon)
        self._followers.setdefault(stream, []).append(follower)
        self._start()
        if self._calls is not None:
            self._attach_soon(follower)
        return follower

    def unfollow(self, follower: Follower) -> None:
        """Stop following."""
        follower.close()
        others = self._followers.get(follower.stream, [])
        if follower in others:
            others.remove(follower)
        if not others and self._followers.pop(follower.stream, None) is not None:
            self._send_soon("unsubscribe", {"streams": {follower.stream: None}})

    async def watch(self, topic: str, handler: InvalidationHandler) -> Callable[[], None]:
        """Hand each invalidation of a topic to the handler; returns once that is so, with what ends it."""
        self._start()
        while True:
            await self._reachable()
            self._topics.setdefault(topic, []).append(handler)
            try:
                await self._ask("subscribe", {"topics": [topic], "snapshots": True})
                break
            except ConnectionLost:
                self._drop(topic, handler)
            except BaseException:
                self._forget(topic, handler)
                raise
        self.carried.forget(topic)  # it may be of a subscription before, and older than what nobody told us since
        return lambda: self._forget(topic, handler)

    async def call(self, frame_type: str, payload: Mapping[str, Any], session_id: str | None = None) -> Any:
        """Send a frame and return the payload of its `ack`; raises `ProblemError` or `ConnectionLost`."""
        self._start()
        await self._reachable()
        return await self._ask(frame_type, payload, session_id=session_id)

    async def close(self) -> None:
        """End all followers and the connection."""
        for follower in [one for many in self._followers.values() for one in many]:
            follower.close()
        tasks = [*self._children, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._enter(ConnectionState.CLOSED)

    # ---- the connection's life

    def _start(self) -> None:
        if self.state is ConnectionState.CLOSED:
            raise ClientError("the client is closed")
        if self._fatal is not None:
            raise self._fatal
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="atrium-client")

    async def _run(self) -> None:
        try:
            await self._reconnect_for_ever()
        except ClientError as error:
            self._give_up(error)

    async def _reconnect_for_ever(self) -> None:
        attempt, lost_at = 0, self._pace.monotonic()
        while True:
            if await self._connect_once():
                attempt, lost_at = 0, self._pace.monotonic()
            restarting = self.state is ConnectionState.RESTARTING and attempt < _RESTART_TRIES
            if not restarting:
                self._enter(ConnectionState.OFFLINE)
            if self._pace.given_up(lost_at):
                raise NotRunning
            attempt += 1
            await self._pace.wait(attempt, restarting=restarting)

    async def _connect_once(self) -> bool:
        """Connect and serve until the connection is lost; tell whether it ever was online."""
        try:
            place = self._locator.find()
            async with connect(
                place.stream,
                additional_headers={"Authorization": f"Bearer {place.token}"},
                user_agent_header=user_agent(),
                compression=None,
                max_size=None,  # the hub bounds what it stores; an entry is sent whole
                proxy=None,
                ping_interval=_PING_SECONDS,
                ping_timeout=_PING_SECONDS,
                close_timeout=1,
            ) as socket:
                self._refusals = 0
                await self._serve(socket)
                return True
        except InvalidStatus as error:
            self._refused(error)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, NotRunning, EOFError):
            pass  # whatever it is, trying again is the answer; the state says that there is no connection
        return False

    def _refused(self, error: InvalidStatus) -> None:
        status = error.response.status_code
        if status not in _REFUSED:
            return
        # A hub that starts may answer just before its new token is where we read it.
        self._refusals += 1
        if self._refusals >= _REFUSALS:
            raise _problem_of(error)

    async def _serve(self, socket: ClientConnection) -> None:
        calls = self._calls = Calls(socket)
        try:
            self._resubscribe()
            self._online.set()
            self._enter(ConnectionState.ONLINE)
            async for text in socket:
                self._receive(calls, _frame(text))
        finally:
            self._calls = None
            self._online.clear()
            self.carried.forget()
            calls.lose()
            for follower in self._all_followers():
                follower.detach()

    def _give_up(self, error: Exception) -> None:
        self._fatal = error
        self._enter(ConnectionState.OFFLINE)
        for follower in self._all_followers():
            follower.fail(error)
        self._online.set()  # wakes whoever waits to be told

    def _enter(self, state: ConnectionState) -> None:
        if state is self.state:
            return
        self.state = state
        for handler in list(self._state_handlers):
            handler(state)

    async def _reachable(self) -> None:
        await self._online.wait()
        if self._fatal is not None:
            raise self._fatal

    # ---- frames

    def _resubscribe(self) -> None:
        for follower in self._all_followers():
            self._attach_soon(follower)
        for topic in self._topics:
            self._spawn(self._renew_topic(topic))

    async def _renew_topic(self, topic: str) -> None:
        try:
            await self._ask("subscribe", {"topics": [topic], "snapshots": True})
        except ConnectionLost:
            return  # the next connection subscribes again
        except ProblemError:
            # The topic is not there at the moment (its plugin is stopped): its sync learns that from its next refresh.
            return

    def _attach_soon(self, follower: Follower) -> None:
        if self._calls is not None and not follower.ended:
            self._spawn(self._attach(follower))

    async def _attach(self, follower: Follower) -> None:
        def ready(payload: Any) -> None:
            follower.attach(_head(payload, follower.stream))

        cursor = None if follower.cursor is None else str(follower.cursor)
        try:
            await self._ask("subscribe", {"streams": {follower.stream: cursor}}, ready=ready)
        except ConnectionLost:
            return  # the next connection attaches it
        except ProblemError as error:
            follower.fail(_stream_error(follower, error))

    async def _ask(
        self,
        frame_type: str,
        payload: Mapping[str, Any],
        *,
        session_id: str | None = None,
        ready: Callable[[Any], None] | None = None,
    ) -> Any:
        if self._calls is None:
            raise ConnectionLost("there is no connection to the hub at the moment")
        return await self._calls.ask(frame_type, payload, session_id=session_id, ready=ready)

    def _send_soon(self, frame_type: str, payload: Mapping[str, Any]) -> None:
        async def send() -> None:
            with suppress(ConnectionLost, ProblemError):  # nothing depends on it: a new connection begins without it
                await self._ask(frame_type, payload)

        if self._calls is not None:
            self._spawn(send())

    def _receive(self, calls: Calls, frame: Mapping[str, Any]) -> None:
        kind, payload = frame.get("type"), frame.get("payload") or {}
        if kind == "stream:chunk":
            self._chunk(payload)
        elif kind == "sync:invalidate":
            self._invalidated(frame.get("payload"))
        elif kind in {"ack", "error"}:
            calls.answer(frame)
        elif kind == "stream:reset" and isinstance(payload, dict):
            self._reset(str(payload.get("stream")), str(payload.get("reason", "reset")))
        elif kind == "core:restarting":
            self._enter(ConnectionState.RESTARTING)

    def _invalidated(self, payload: Any) -> None:
        """Hand an event to its topic's handlers; one that is malformed to everybody, who will report it."""
        topic = payload.get("topic") if isinstance(payload, dict) else None
        if isinstance(topic, str) and topic.strip():
            handlers = list(self._topics.get(topic, ()))
        else:
            handlers = list(dict.fromkeys(handler for several in self._topics.values() for handler in several))
        if handlers:
            self.carried.note(payload)
        for handler in handlers:
            handler(payload)

    def _chunk(self, payload: Mapping[str, Any]) -> None:
        entry = Entry.from_wire(payload)
        stream = str(payload.get("source", "")).removeprefix("/")
        for follower in list(self._followers.get(stream, ())):
            if not follower.attached:
                continue
            if follower.feed(entry) is Verdict.GAP:
                self._attach_soon(follower)

    def _reset(self, stream: str, reason: str) -> None:
        for follower in self._followers.get(stream, ()):
            follower.fail(StreamReset(stream, reason))

    # ---- small things

    def _all_followers(self) -> list[Follower]:
        return [follower for many in self._followers.values() for follower in many]

    def _forget(self, topic: str, handler: InvalidationHandler) -> None:
        if self._drop(topic, handler):
            self._send_soon("unsubscribe", {"topics": [topic]})

    def _drop(self, topic: str, handler: InvalidationHandler) -> bool:
        """Take a handler out; tell whether it was the topic's last."""
        handlers = self._topics.get(topic, [])
        if handler in handlers:
            handlers.remove(handler)
        if handlers or self._topics.pop(topic, None) is None:
            return False
        self.carried.forget(topic)
        return True

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._children.add(task)
        task.add_done_callback(self._children.discard)


def _frame(text: str | bytes) -> Mapping[str, Any]:
    try:
        frame = json.loads(text)
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise UnexpectedAnswer(f"the hub sent a frame that is no JSON object: {str(text)[:200]}")
    return frame


def _head(payload: Any, stream: str) -> int:
    """Return where a stream ends, from the `ack` of its subscription."""
    try:
        return int(payload["streams"][stream])
    except (KeyError, TypeError, ValueError):
        raise UnexpectedAnswer(f"the hub did not say where {stream} ends: {str(payload)[:200]}") from None


def _stream_error(follower: Follower, error: ProblemError) -> ClientError:
    if error.code == "CURSOR_RESET":
        return StreamReset(follower.stream, error.detail or "cursor")
    return error


def _problem_of(error: InvalidStatus) -> ProblemError:
    try:
        data = json.loads(error.response.body or b"{}")
    except ValueError:
        data = {}
    return ProblemError.from_wire(data if isinstance(data, dict) else {}, status=error.response.status_code)
