"""Frames that are answered: each has an id, and waits for the `ack` or `error` that carries it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from atrium.client.errors import ConnectionLost, ProblemError


class Calls:
    """The frames sent over one connection that wait for their answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[str, tuple[asyncio.Future[Any], Callable[[Any], None] | None]] = {}

    async def ask(
        self,
        frame_type: str,
        payload: Mapping[str, Any],
        *,
        session_id: str | None = None,
        ready: Callable[[Any], None] | None = None,
    ) -> Any:
        """Send a frame and return the payload of its `ack`; raises `ProblemError` or `ConnectionLost`.

        `ready` gets that payload as the `ack` arrives, before any frame behind it is looked at.
        """
        name = str(next(self._ids))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[name] = (answer, ready)
        frame: dict[str, Any] = {"type": frame_type, "id": name, "payload": payload}
        if session_id is not None:
            frame["sessionId"] = session_id
        try:
            await self._socket.send(json.dumps(frame))
            return await answer
        except ConnectionClosed:
            raise ConnectionLost("the connection to the hub was lost before it answered") from None
        finally:
            self._waiting.pop(name, None)

    def answer(self, frame: Mapping[str, Any]) -> None:
        """Take an `ack` or an `error`; one that nobody waits for is ignored."""
        answer, ready = self._waiting.pop(str(frame.get("id")), (None, None))
        if answer is None or answer.done():
            return
        if frame["type"] == "error":
            problem = frame.get("payload")
            answer.set_exception(ProblemError.from_wire(problem if isinstance(problem, dict) else {}))
            return
        if ready is not None:
            ready(frame.get("payload"))
        answer.set_result(frame.get("payload"))

    def lose(self) -> None:
        """Tell all who wait that no answer will come."""
        for answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLost("the connection to the hub was lost before it answered"))
                answer.exception()  # whoever waits gets it, and nobody may be waiting any more
