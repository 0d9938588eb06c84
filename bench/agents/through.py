"""An agent driven through a hub, whose clients follow its sessions on WebSockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bench.agents.direct import WARM_UP
from bench.agents.homes import script
from bench.agents.seen import Seen, Watch
from bench.conversation import SESSIONS
from bench.fanout.screens import Socket
from bench.server import Server
from bench.soak_load import ENDS
from bench.wire import Answers, post, upgrade

PROVIDER = "scripted"
CREATE = json.dumps({"providerId": PROVIDER}).encode()


class _Follower(Socket):
    """A client of one session, which sends its messages as well."""

    def __init__(self, watch: Watch, server: Server, path: str, answers: Answers) -> None:
        super().__init__()
        self._watch = watch
        self._server = server
        self._path = path
        self._http = answers
        self._ended: asyncio.Future[None] | None = None

    def take(self, frame: dict[str, Any]) -> None:
        """Take down an update, or the end of a turn."""
        event = frame.get("payload") or {}
        if event.get("type") == "sessions.message.delta.v1":
            self._watch.saw(event["data"]["content"])
        elif event.get("type") in ENDS and self._ended is not None:
            ended, self._ended = self._ended, None
            if event["type"] == ENDS[0]:
                ended.set_result(None)
            else:
                ended.set_exception(RuntimeError(f"a turn did not complete: {event}"))

    async def say(self, content: str) -> None:
        """Send a message and wait for the end of its turn."""
        ended = self._ended = asyncio.get_running_loop().create_future()
        body = json.dumps({"content": content}).encode()
        await self._http.ask(post(self._server.port, self._server.token, f"{self._path}/messages", body))
        await ended

    def close(self) -> None:
        """Cut both connections."""
        super().close()
        self._http.close()


async def through(server: Server, sessions: int, updates: int, pause_ms: float) -> Seen:
    """Let an agent send so many updates in each of so many sessions at once."""
    watch = Watch()
    followers = [await _follow(server, watch) for _ in range(sessions)]
    await _say(followers, script("stream", WARM_UP, 0))
    watch.times.clear()
    cpu = server.cpu_seconds()
    await _say(followers, script("stream", updates, pause_ms))
    used = server.cpu_seconds() - cpu
    for one in followers:
        one.close()
    return watch.seen(sessions * updates, used)


async def _say(followers: list[_Follower], content: str) -> None:
    await asyncio.gather(*(one.say(content) for one in followers))


async def _follow(server: Server, watch: Watch) -> _Follower:
    loop = asyncio.get_running_loop()
    _, answers = await loop.create_connection(Answers, "127.0.0.1", server.port)
    created = json.loads(await answers.ask(post(server.port, server.token, SESSIONS, CREATE)))
    path = f"{SESSIONS}/{created['sessionId']}"
    transport, follower = await loop.create_connection(
        lambda: _Follower(watch, server, path, answers), "127.0.0.1", server.port
    )
    transport.write(upgrade(server.port, server.token, f"{path}/stream"))
    await follower.opened
    return follower
