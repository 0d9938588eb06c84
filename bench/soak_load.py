"""Mixed load that goes on: people who talk, rename and delete, visitors who come and go, clients that do not read."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from atrium.client import Client, Entry, ProblemError
from bench.wire import upgrade

TALKERS, VISITORS, STALLED = 8, 12, 4
MESSAGES = 12
"""Messages of a session; then it is deleted and another one created."""

TURN_SECONDS = 60.0
NARROW = 4096
CONTENTS: tuple[Callable[[random.Random], str], ...] = (
    lambda dice: f"/tokens {dice.randint(1, 60)}",
    lambda dice: f"/tokens {dice.randint(500, 2000)}",
    lambda dice: " ".join(f"word{number}" for number in range(dice.randint(1, 20))),
    lambda dice: f"/think {dice.randint(1, 9)}",
    lambda dice: "/tool weather",
    lambda dice: "/fail auth",
    lambda dice: f"/big {dice.randint(1_000, 50_000)}",
)
WEIGHTS = (40, 3, 30, 8, 8, 5, 6)
ENDS = tuple(f"sessions.turn.{end}.v1" for end in ("completed", "failed", "cancelled", "interrupted"))


class Crowd:
    """Everybody, at one hub. `counts` says how often something was done."""

    def __init__(self, client: Client, port: int, token: str, seed: int) -> None:
        self.counts = {"messages": 0, "sessions": 0, "renames": 0, "visits": 0, "stalls": 0}
        self._client = client
        self._port = port
        self._token = token
        self._dice = random.Random(seed)
        self._sessions: set[str] = set()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Go on for as long as the block lasts; an error of anybody ends the block with it."""
        works = [self._talk] * TALKERS + [self._visit] * VISITORS + [self._stall] * STALLED
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._go_on(work)) for work in works]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def leave(self) -> None:
        """Delete what sessions there still are."""
        async for session in self._client.sessions.all():
            await self._client.sessions.delete(session.id)

    async def _go_on(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await work()
            await self._pause(0.2)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(self._dice.uniform(0, 2 * seconds))

    async def _talk(self) -> None:
        """Live through one session, and follow it: each message has to end its turn."""
        session = await self._client.sessions.create("echo")
        self.counts["sessions"] += 1
        async with self._client.following(session) as entries:
            self._sessions.add(session)
            for number in range(MESSAGES):
                [content] = self._dice.choices(CONTENTS, WEIGHTS)
                await self._client.sessions.send(session, content(self._dice))
                async with asyncio.timeout(TURN_SECONDS):
                    await _end_of_turn(entries)
                self.counts["messages"] += 1
                if number % 4 == 0:
                    await self._client.sessions.rename(session, f"title {number}")
                    self.counts["renames"] += 1
                await self._pause(0.1)
            self._sessions.discard(session)
            await self._client.sessions.delete(session)

    async def _visit(self) -> None:
        """Follow somebody's session from its beginning for a moment, by one of the three ways, and leave."""
        session = self._some_session()
        if session is None:
            return
        self.counts["visits"] += 1
        try:
            async with asyncio.timeout(self._dice.uniform(0.05, 3)):
                form = self._dice.choice(("websocket", "sse", "ndjson"))
                await self._follow(session, form)
        except TimeoutError:
            pass
        except ProblemError as problem:
            if problem.status != 404:  # it was deleted meanwhile
                raise

    async def _follow(self, session: str, form: str) -> None:
        if form == "websocket":
            async for _ in self._client.follow(session):
                pass
        else:
            async for _ in self._client.events(session, follow=True, form="sse" if form == "sse" else "ndjson"):
                pass

    async def _stall(self) -> None:
        """Follow a session, read nothing, and disappear without a word."""
        session = self._some_session()
        if session is None:
            return
        self.counts["stalls"] += 1
        with socket.socket() as narrow:
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
            narrow.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(narrow, ("127.0.0.1", self._port))
            path = f"/api/v1/sessions/{session}/stream?after=0"
            await loop.sock_sendall(narrow, upgrade(self._port, self._token, path))
            await self._pause(5)

    def _some_session(self) -> str | None:
        return self._dice.choice(sorted(self._sessions)) if self._sessions else None


async def _end_of_turn(entries: AsyncIterator[Entry]) -> None:
    async for entry in entries:
        if entry.type in ENDS:
            return
    raise RuntimeError("the session ended before its turn did")
