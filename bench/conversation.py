"""A load's session: what it takes to send a message and see its answer end."""

from __future__ import annotations

import asyncio
import json
import time

from bench.wire import TOKENS, Answers, Follower, post, upgrade

SESSIONS = "/api/v1/sessions"
MESSAGE = json.dumps({"content": f"/tokens {TOKENS}"}).encode()


class Conversation:
    """One session with one follower, and a connection for its messages."""

    def __init__(self, session_id: str, answers: Answers, follower: Follower, message: bytes) -> None:
        self.session_id = session_id
        self._answers = answers
        self._follower = follower
        self._message = message

    async def say(self) -> float:
        """Send a message; return the seconds until the end of its turn was seen on the socket."""
        ended = self._follower.end()
        began = time.perf_counter()
        await asyncio.gather(self._answers.ask(self._message), ended)
        return time.perf_counter() - began

    @property
    def deltas(self) -> int:
        """Return how many deltas were seen."""
        return self._follower.deltas

    def close(self) -> None:
        """Close both connections."""
        self._answers.close()
        self._follower.close()


async def converse(port: int, token: str, provider: str = "echo") -> Conversation:
    """Create a session of a provider and follow it."""
    loop = asyncio.get_running_loop()
    _, answers = await loop.create_connection(Answers, "127.0.0.1", port)
    creation = json.dumps({"providerId": provider}).encode()
    created = json.loads(await answers.ask(post(port, token, SESSIONS, creation)))
    session_id = created["sessionId"]
    path = f"{SESSIONS}/{session_id}"
    transport, follower = await loop.create_connection(Follower, "127.0.0.1", port)
    transport.write(upgrade(port, token, f"{path}/stream"))
    await follower.opened
    return Conversation(session_id, answers, follower, post(port, token, f"{path}/messages", MESSAGE))
