"""The questions of agents in a chat: shown whole, and answered by what was shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal
from urllib.parse import quote

from atrium.app.cli.approvals import lines_of
from atrium.client import Client, ClientError, ConnectionLost, NotRunning
from atrium.contracts.approvals import Approval
from atrium.sync import SnapshotEnvelope

_PAUSE = 0.5
"""Seconds before the questions are asked for again when the hub did not answer."""


class Questions:
    """What waits for the person, live; `changed` is called after each change."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self._client = client
        self._changed = changed
        self._open: list[Approval] = []
        self._told: set[str] = set()

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow them for as long as the block lasts."""
        following = asyncio.create_task(self._follow(), name="chat questions")
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    def of(self, session_id: str | None) -> Approval | None:
        """Return the oldest question of a session."""
        return next((one for one in self._open if one.session_id == session_id), None)

    def tell(self, session_id: str | None, note: Callable[[str], None]) -> None:
        """Show the question of a session, once."""
        one = self.of(session_id)
        if session_id is None or one is None or one.id in self._told:
            return
        self._told.add(one.id)
        note("The agent waits for you: may it do this?")
        for line in lines_of(one):
            note(line)
        note("/allow lets it, once; /reject does not, and tells it what you write behind")

    async def answer(
        self, session_id: str | None, answer: Literal["allow", "reject"], message: str, note: Callable[[str], None]
    ) -> bool:
        """Answer the question that was shown; tell whether there was one."""
        one = self.of(session_id)
        if one is None or one.id not in self._told:
            note("Nothing waits for your answer here")
            return False
        body = {"answer": answer, "digest": one.digest, **({"message": message} if message else {})}
        try:
            await self._client.call("POST", f"/approvals/{quote(one.id, safe='')}/answer", body=body)
        finally:
            self._open = [other for other in self._open if other.id != one.id]
        return True

    async def _follow(self) -> None:
        while True:
            try:
                async with self._client.topic("approvals", self._take):
                    await asyncio.Event().wait()
            except (NotRunning, ConnectionLost):
                await asyncio.sleep(_PAUSE)
            except ClientError:  # a hub without approvals: nothing asks
                return

    def _take(self, snapshot: SnapshotEnvelope[Any]) -> None:
        # A newer hub may say more than this program knows.
        found = [Approval.model_validate(one, extra="ignore") for one in snapshot.data]
        self._open = sorted(found, key=lambda one: one.id)
        self._changed()
