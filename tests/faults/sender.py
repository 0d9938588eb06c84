"""Someone who sends messages while the disk fails, and holds the hub to what it acknowledged."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx

from atrium.testing.history import Fold, durable, history_violations
from tests.faults.daemon import HANG_SECONDS, Daemon, until
from tests.faults.verdict import read_history


class Sender:
    """Sends messages to one session under tokens of their own and keeps what was acknowledged and what was not.

    A message has `size` bytes, unless it says otherwise. `http` is a client of the hub's run.
    """

    def __init__(self, daemon: Daemon, http: httpx.AsyncClient, session_id: str, size: int) -> None:
        self.acknowledged: dict[str, str] = {}
        self.refused: dict[str, httpx.Response] = {}
        self._daemon = daemon
        self._http = http
        self.session_id = session_id
        self._size = size

    async def send(self, token: str | None = None, size: int | None = None) -> httpx.Response:
        """Send a message, or one again: the same token gets the same answer for ever."""
        token = token or f"token-{len(self.acknowledged) + len(self.refused)}"
        body = {"content": f"/tokens 3 {'x' * (size or self._size)}", "clientToken": token}
        answer = await self._http.post(f"/sessions/{self.session_id}/messages", json=body)
        if answer.status_code == httpx.codes.ACCEPTED:
            self.refused.pop(token, None)
            assert self.acknowledged.setdefault(token, answer.json()["messageId"]) == answer.json()["messageId"]
        else:
            self.refused[token] = answer
        return answer

    async def refusals(self, words: str, count: int = 3) -> None:
        """Send until so many messages are refused; check that they are as they should be, and what the hub says."""
        async with asyncio.timeout(HANG_SECONDS):
            while len(self.refused) < count:
                await self.send()
        for answer in self.refused.values():
            assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
            problem = answer.json()
            assert (problem["code"], problem["recoverable"]) == ("STORAGE_FAILED", True)
            assert words in problem["detail"]
        ready = await self._http.get("/ready")
        assert ready.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert words in ready.json()["detail"]
        assert (await self._http.get("/health")).status_code == httpx.codes.OK
        assert (await self._http.get(f"/sessions/{self.session_id}")).status_code == httpx.codes.OK

    async def recovers(self) -> None:
        """Check that all goes on without a restart, and that a kill then loses nothing."""
        for token in list(self.refused):
            assert (await self.send(token)).status_code == httpx.codes.ACCEPTED
        assert (await self._http.get("/ready")).status_code == httpx.codes.OK
        await self.rests()
        await self._written(await read_history(self._http, self.session_id))
        self._daemon.kill()
        await self.kept()

    async def kept(self) -> None:
        """Start the hub again; check that it has all it acknowledged, runs it, and writes it to the transcript."""
        self._daemon.start()
        await self._daemon.healthy()
        async with self._daemon.http() as self._http:
            await self.rests(retry=True)
            history = await read_history(self._http, self.session_id)
            assert answered(history) == self.acknowledged
            await self._written(history)

    async def rests(self, *, retry: bool = False) -> None:
        """Wait until no turn runs or waits; `retry` what a kill has interrupted."""
        async with asyncio.timeout(HANG_SECONDS):
            while True:
                session = (await self._http.get(f"/sessions/{self.session_id}")).json()["data"]
                if session["turn"] is None and not session["queued"]:
                    return
                if retry and session["turn"] is not None and session["turn"]["status"] == "interrupted":
                    await self._http.post(f"/sessions/{self.session_id}/retry", json={})
                await asyncio.sleep(0.05)

    async def _written(self, history: list[dict[str, Any]]) -> None:
        """Wait until the transcript has what is durable of a history."""
        path = self._daemon.home / "sessions" / f"{self.session_id}.jsonl"
        wanted = [entry["offset"] for entry in durable(history)]
        await until(lambda: path.exists() and _offsets(path) == wanted, "the transcript")


async def begin(daemon: Daemon, http: httpx.AsyncClient, size: int = 10, messages: int = 3) -> Sender:
    """Create a session with a few messages in it."""
    session_id = (await http.post("/sessions", json={"providerId": "echo"})).json()["sessionId"]
    sender = Sender(daemon, http, session_id, size)
    for _ in range(messages):
        assert (await sender.send()).status_code == httpx.codes.ACCEPTED
    await sender.rests()
    return sender


def answered(history: list[dict[str, Any]]) -> dict[str, str]:
    """Return the message of each token in a history."""
    assert history_violations(history) == []
    return {token: entry["data"]["messageId"] for token, entry in Fold().apply_all(history).tokens.items()}


def _offsets(path: Path) -> list[str]:
    """Return the offsets of the whole lines: the last one may be on its way into the file."""
    *lines, _ = path.read_bytes().split(b"\n")
    return [json.loads(line)["offset"] for line in lines]
