"""One open session: its history from the end, and what goes on in it from now on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from atrium.app.history import History
from atrium.app.reading import ENDINGS, mark_read
from atrium.app.tui.timeline import Item, Timeline
from atrium.client import Client, ClientError, ConnectionLost, ConnectionState, NotRunning, ProblemError, StreamReset

_PAUSE = 0.2
"""Seconds before a hub that answers on one connection and not on the other is asked again."""


class RoomListener(Protocol):
    """What hears of an open session."""

    async def opened(self, timeline: Timeline) -> None:
        """Show a conversation from its end."""

    def changed(self, items: Iterable[Item]) -> None:
        """Show items that are new or changed."""

    def gone(self, problem: ClientError | None) -> None:
        """Show that nothing more comes: the session was deleted (None), or cannot be read."""


class Room:
    """Reads and follows one session, over reconnects and restarts of the hub, until it is cancelled."""

    def __init__(self, client: Client, session_id: str, listener: RoomListener) -> None:
        self._client = client
        self._listener = listener
        self._history: History | None = None
        self._earlier = asyncio.Lock()
        self.session_id = session_id
        self.timeline = Timeline()

    async def run(self) -> None:
        """Open the session and follow it; a history that was reset is read again."""
        while True:
            try:
                await self._follow()
                return self._listener.gone(None)
            except StreamReset:
                continue
            except (NotRunning, ConnectionLost):
                await self._online()
            except ProblemError as problem:
                return self._listener.gone(None if problem.code == "NOT_FOUND" else problem)

    async def read_earlier(self, *, everything: bool = False) -> bool:
        """Take in one more page of what was before, or all; tell whether there was any. Raises as the client does."""
        async with self._earlier:
            history = self._history
            if history is None or history.whole:
                return False
            await (history.read_all() if everything else history.read_earlier())
            self.timeline = Timeline(history.entries)
            return True

    @property
    def reading(self) -> bool:
        """Tell whether an earlier page is being read."""
        return self._earlier.locked()

    async def _follow(self) -> None:
        follower = self._client.connection.follow(f"sessions/{self.session_id}", None)
        try:
            await follower.started.wait()
            self._history = History(self._client, self.session_id, (follower.cursor or 0) + 1)
            await self._history.read_earlier()
            self.timeline = Timeline(self._history.entries)
            await self._listener.opened(self.timeline)
            await mark_read(self._client, self.session_id, self.timeline.cursor)
            async for entry in follower:
                self._history.add(entry)
                self._listener.changed(self.timeline.apply(entry))
                if entry.type in ENDINGS:
                    await mark_read(self._client, self.session_id, entry.offset)
        finally:
            self._client.connection.unfollow(follower)

    async def _online(self) -> None:
        """Wait until there is a connection again."""
        again = asyncio.Event()
        forget = self._client.connection.on_state(lambda state: _set_if_online(again, state))
        try:
            if self._client.connection.state is not ConnectionState.ONLINE:
                await again.wait()
            else:
                await asyncio.sleep(_PAUSE)
        finally:
            forget()


def _set_if_online(event: asyncio.Event, state: ConnectionState) -> None:
    if state is ConnectionState.ONLINE:
        event.set()
