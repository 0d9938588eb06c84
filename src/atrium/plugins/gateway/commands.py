"""What the frames of clients do: the gateway's own, and those that plugins contribute."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from atrium.plugins.gateway.connection import Connection
from atrium.plugins.gateway.errors import InternalError, PluginStopped, UnknownFrame
from atrium.plugins.gateway.frames import ClientFrame, FrameId, envelope, parse_frame
from atrium.plugins.gateway.hub import Hub
from atrium.plugins.gateway.problems import invalid_input, problem_reply
from atrium.plugins.gateway.rate_limits import RateLimits
from atrium.plugins.gateway.room import Follower
from atrium.sdk import AtriumError, Clock, Contribution, CursorReset, FieldError, InvalidInput, NotFound, tracing

log = logging.getLogger(__name__)

LARGEST_CURSOR = (1 << 63) - 1

NAMES_PER_TURN = 16
"""After so many topics or streams that a frame names it is the others' turn."""

N = TypeVar("N")


class Commands:
    """Handles one frame at a time; whatever goes wrong is answered, and the connection lives."""

    def __init__(
        self,
        hub: Hub,
        offered: Callable[[], list[Contribution]],
        clock: Clock,
        new_trace_id: Callable[[], str],
        limits: RateLimits,
    ) -> None:
        self._hub = hub
        self._offered = offered
        self._clock = clock
        self._new_trace_id = new_trace_id
        self._limits = limits
        self._contributed: dict[str, Contribution] | None = None
        self._addressed: frozenset[str] = frozenset()
        self._known: dict[str, str] = {}

    @property
    def types(self) -> dict[str, str]:
        """Return every type of frame that is answered now, with the plugin that answers it."""
        own = dict.fromkeys(("subscribe", "unsubscribe", "ping"), "gateway")
        return own | {name: offered.owner for name, offered in self._contributions().items()}

    def changed(self) -> None:
        """Look anew at what is contributed, and remember who offered what."""
        self._contributed = None
        self._known.update({str(offered.options["type"]): offered.owner for offered in self._offered()})

    async def handle(self, connection: Connection, message: str | bytes, hub_url: str | None = None) -> None:
        """Answer one message of a client; `hub_url` is the address at which it reaches the hub."""
        tracing.trace_id.set(self._new_trace_id())
        frame_id, frame = parse_frame(message)
        try:
            self._limits.frame(connection.principal)
            if isinstance(frame, AtriumError):
                raise frame
            await self._perform(connection, frame, hub_url)
        except AtriumError as error:
            self._refuse(connection, frame_id, frame, error)
        except ValidationError as error:
            found = [{**item, "loc": ("payload", *item["loc"])} for item in error.errors()]
            self._refuse(connection, frame_id, frame, invalid_input(found))
        except Exception:  # the edge: the client gets an answer, the log gets the reason
            log.exception("frame failed", extra={"frame": frame.type if isinstance(frame, ClientFrame) else None})
            self._refuse(connection, frame_id, frame, InternalError("see the log of the hub"))

    async def _perform(self, connection: Connection, frame: ClientFrame, hub_url: str | None) -> None:
        if frame.type == "ping":
            self._answer(connection, frame, "pong", {})
        elif frame.type == "subscribe":
            await self._subscribe(connection, frame)
        elif frame.type == "unsubscribe":
            self._unsubscribe(connection, frame)
        else:
            command = self._command(frame.type)
            session_id = frame.session_id or connection.session_id
            addressed = {"hub_url": hub_url} if frame.type in self._addressed else {}
            result = await command(connection.principal, session_id, frame.payload, **addressed)
            self._acknowledge(connection, frame, result)

    def _command(self, frame_type: str) -> Callable[..., Any]:
        contribution = self._contributions().get(frame_type)
        if contribution is not None:
            value: Callable[..., Any] = contribution.value
            return value
        if frame_type in self._known:
            owner = self._known[frame_type]
            raise PluginStopped(f"the plugin {owner!r} is stopped; start it to use {frame_type}")
        raise UnknownFrame(f"{frame_type!r} is none of {', '.join(sorted(self.types))}")

    def _contributions(self) -> Mapping[str, Contribution]:
        if self._contributed is None:
            contributed = {str(offered.options["type"]): offered for offered in self._offered()}
            self._addressed = frozenset(
                name
                for name, offered in contributed.items()
                if "hub_url" in inspect.signature(offered.value).parameters
            )
            self._contributed = contributed
        return self._contributed

    async def _subscribe(self, connection: Connection, frame: ClientFrame) -> None:
        """Subscribe to all that is named, or, if anything is wrong, to nothing; a cursor that is wrong is reset."""
        topics, streams = _names(frame.payload, "topics"), _streams(frame.payload)
        snapshots = _flag(frame.payload, "snapshots")
        self._hub.check_count(len(topics) + len(streams))
        new_topics = [topic for topic in topics if topic not in connection.topics]
        new_streams = [stream for stream in streams if stream not in connection.followers]
        followers: dict[str, Follower] = {}
        try:
            answer, resets = await self._subscribe_all(connection, topics, streams, followers)
        except Exception:
            self._leave(connection, new_topics, new_streams)
            self._hub.begin(followers.values())
            raise
        if snapshots is not None:
            for topic in topics:
                self._hub.carry(connection, topic, snapshots=snapshots)
        self._acknowledge(connection, frame, answer)
        for stream, error in resets.items():
            self.reset(connection, stream, error)
        self._hub.begin(followers.values())

    async def _subscribe_all(
        self,
        connection: Connection,
        topics: Iterable[str],
        streams: Mapping[str, int | None],
        followers: dict[str, Follower],
    ) -> tuple[dict[str, dict[str, str]], dict[str, CursorReset]]:
        """Return revisions and heads, and the cursors to reset; raises `NotFound` with all names that are wrong."""
        revisions: dict[str, str] = {}
        resets: dict[str, CursorReset] = {}
        wrong: list[FieldError] = []
        async for topic in _in_turns(connection, topics):
            try:
                revisions[topic] = str(await self._hub.subscribe(connection, topic))
            except NotFound:
                wrong.append(FieldError(f"topics.{topic}", "there is no such topic"))
        async for stream, cursor in _in_turns(connection, streams.items()):
            try:
                followers[stream] = await self._hub.follow(connection, stream, cursor)
            except NotFound:
                wrong.append(FieldError(f"streams.{stream}", "there is no such stream"))
            except CursorReset as reset:
                resets[stream] = reset
        if wrong:
            raise NotFound("; ".join(f"{field.field}: {field.message}" for field in wrong), fields=wrong)
        heads = {
            stream: str(await self._hub.head(connection.space, stream))
            async for stream in _in_turns(connection, streams)
        }
        return {"topics": revisions, "streams": heads}, resets

    def reset(self, connection: Connection, stream: str, reset: CursorReset) -> None:
        """Tell a client that its cursor does not belong to the stream: it has to fetch anew."""
        payload = {"stream": stream, "reason": reset.detail or reset.title(), "head": str(reset.head)}
        connection.write(envelope("stream:reset", payload, self._hub.now()))

    def _leave(self, connection: Connection, topics: Iterable[str], streams: Iterable[str]) -> None:
        for topic in topics:
            self._hub.unsubscribe(connection, topic)
        for stream in streams:
            self._hub.unfollow(connection, stream)

    def _unsubscribe(self, connection: Connection, frame: ClientFrame) -> None:
        topics, streams = _names(frame.payload, "topics"), _names(frame.payload, "streams")
        self._leave(connection, topics, streams)
        self._acknowledge(connection, frame, {"topics": topics, "streams": streams})

    def _acknowledge(self, connection: Connection, frame: ClientFrame, payload: Any) -> None:
        if frame.id is not None:
            self._answer(connection, frame, "ack", {} if payload is None else payload)

    def _answer(self, connection: Connection, frame: ClientFrame, answer: str, payload: Any) -> None:
        message = envelope(answer, payload, self._hub.now(), frame_id=frame.id, session_id=frame.session_id)
        connection.write(message)

    def _refuse(
        self, connection: Connection, frame_id: FrameId | None, frame: ClientFrame | AtriumError, error: AtriumError
    ) -> None:
        body = problem_reply(error, tracing.trace_id.get(), self._clock.now()).body
        session_id = frame.session_id if isinstance(frame, ClientFrame) else None
        payload = {**body, "message": body["detail"]}
        connection.write(envelope("error", payload, self._hub.now(), frame_id=frame_id, session_id=session_id))


async def _in_turns(connection: Connection, names: Iterable[N]) -> AsyncIterator[N]:
    """Go through what a frame names, a little in each turn of the loop, and no further once the client has left."""
    for number, name in enumerate(names, 1):
        if not connection.open:
            return
        yield name
        if number % NAMES_PER_TURN == 0:
            await asyncio.sleep(0)


def _names(payload: Mapping[str, Any], field: str) -> list[str]:
    names = payload.get(field)
    if names is None:
        return []
    if isinstance(names, dict) and field == "streams":
        names = list(names)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidInput(fields=[FieldError(field, "should be a list of names")], detail=f"{field} is not valid")
    return list(dict.fromkeys(names))


def _flag(payload: Mapping[str, Any], field: str) -> bool | None:
    value = payload.get(field)
    if not isinstance(value, bool | None):
        wrong = FieldError(field, "should be true or false")
        raise InvalidInput(f"{field} is not valid", fields=[wrong])
    return value


def _streams(payload: Mapping[str, Any]) -> dict[str, int | None]:
    """Return cursors by stream; None is from now on."""
    streams = payload.get("streams")
    if streams is None:
        return {}
    if not isinstance(streams, dict):
        wrong = FieldError("streams", "should be an object: the cursor (or null) for each stream")
        raise InvalidInput("streams is not valid", fields=[wrong])
    return {stream: cursor_of(cursor, f"streams.{stream}") for stream, cursor in streams.items()}


def cursor_of(value: Any, field: str) -> int | None:
    """Return a cursor from the wire: a decimal string (or a number), or None; raises `InvalidInput`."""
    if value is None:
        return None
    decimal = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19
    if decimal or (isinstance(value, int) and not isinstance(value, bool)):
        cursor = int(value)
        if 0 <= cursor <= LARGEST_CURSOR:
            return cursor
    wrong = FieldError(field, "should be an offset: a string of decimal digits")
    raise InvalidInput(f"{field} is not a cursor", fields=[wrong])
