"""The same key a hundred times at once, and a crash between the effect and its acknowledgement: one effect."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.crash_points import Trial
from tests.faults.verdict import read_history

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

TIMES = 100


async def together(http: httpx.AsyncClient, path: str, body: Any, **headers: str) -> set[tuple[int, str]]:
    """Send the same request many times at once; return the different answers, but those that did not come."""
    requests = [http.post(path, json=body, headers=headers) for _ in range(TIMES)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    return {(answer.status_code, answer.text) for answer in answers if isinstance(answer, httpx.Response)}


@pytest.mark.parametrize("point", ["storage.written", "storage.committed"])
async def test_what_is_sent_a_hundred_times_over_a_crash_happens_once(tmp_path: Path, point: str) -> None:
    trial = Trial(tmp_path / "home")
    key, created = {"Idempotency-Key": "k"}, {"providerId": "echo"}
    message = {"content": "/tokens 3", "clientToken": "t"}
    async with trial.running():
        await trial.start()
        async with trial.daemon.http() as http:
            other = (await http.post("/sessions", json=created)).json()["sessionId"]
        trial.daemon.kill()
        crashes, time = 0, 14
        while crashes < 2:  # the first two writes after those with which it starts
            time += 1
            trial.daemon.start(ATRIUM_CRASH_AT=f"{point}:{time}")
            if not await trial.comes_up():
                await trial.died()
                continue
            crashes += 1
            async with trial.daemon.http() as http:
                answers = await together(http, "/sessions", created, **key)
                answers |= await together(http, f"/sessions/{other}/messages", message)
            assert {status for status, _ in answers} <= {201, 202}
            if trial.daemon.alive:
                trial.daemon.kill()
            else:
                await trial.died()
        await trial.start()
        async with trial.daemon.http() as http:
            assert len(await together(http, "/sessions", created, **key)) == 1
            assert len(await together(http, f"/sessions/{other}/messages", message)) == 1
            assert len((await http.get("/sessions")).json()["data"]) == 2
            history = await read_history(http, other)
            added = [entry for entry in history if entry["type"] == "sessions.message.added.v1"]
            assert [entry["data"]["clientToken"] for entry in added] == ["t"]
            starts = [entry for entry in history if entry["type"] == "sessions.turn.started.v1"]
            assert len(starts) <= 1
            changed = await http.post("/sessions", json=created | {"settings": {"a": 1}}, headers=key)
            assert changed.status_code == 422
            changed = await http.post(f"/sessions/{other}/messages", json=message | {"content": "other"})
            assert changed.status_code == 422
