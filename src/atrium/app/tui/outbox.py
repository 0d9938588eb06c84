"""Messages on their way to the hub: in order, again and again until it has taken them, or taken back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from atrium.client import Client, ClientError
from atrium.contracts.sessions import MessageAccepted


@dataclass(slots=True, eq=False)
class Letter:
    """A message that is not yet acknowledged."""

    session_id: str
    content: str
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


class Outbox:
    """Sends one message after another. `changed` hears of every change, `refused` of what the hub does not take."""

    def __init__(
        self, client: Client, changed: Callable[[], None], refused: Callable[[Letter, ClientError], None]
    ) -> None:
        self._client = client
        self._changed = changed
        self._refused = refused
        self._letters: list[Letter] = []
        self._sending: tuple[Letter, asyncio.Task[MessageAccepted]] | None = None
        self._news = asyncio.Event()

    def waiting(self, session_id: str) -> list[Letter]:
        """Return what is on its way to a session."""
        return [letter for letter in self._letters if letter.session_id == session_id]

    def post(self, session_id: str, content: str) -> None:
        """Send a message when its turn comes."""
        self._letters.append(Letter(session_id, content))
        self._news.set()
        self._changed()

    def take_back(self, session_id: str) -> str | None:
        """Withdraw the last message on its way to a session and return it; one the hub has taken stays sent."""
        mine = self.waiting(session_id)
        if not mine:
            return None
        letter = mine[-1]
        self._letters.remove(letter)
        if self._sending is not None and self._sending[0] is letter:
            self._sending[1].cancel()
        self._changed()
        return letter.content

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._news.clear()
            while self._letters:
                await self._send(self._letters[0])
            await self._news.wait()

    async def _send(self, letter: Letter) -> None:
        sending = asyncio.create_task(
            self._client.sessions.send(letter.session_id, letter.content, client_token=letter.token)
        )
        self._sending = (letter, sending)
        try:
            await asyncio.wait({sending})
            if not sending.cancelled():
                self._settle(letter, sending.exception())
        finally:
            self._sending = None
            sending.cancel()

    def _settle(self, letter: Letter, error: BaseException | None) -> None:
        if letter in self._letters:
            self._letters.remove(letter)
        self._changed()
        if isinstance(error, ClientError):
            self._refused(letter, error)
        elif error is not None:
            raise error
