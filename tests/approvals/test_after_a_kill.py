"""The hub dies around an answer: no question and no answer is lost, and nothing is done twice (THREATS R02)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.approvals import asker
from tests.faults.crash_points import APPROVAL_POINTS
from tests.faults.daemon import Daemon, daemon_at

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def ask(http: httpx.AsyncClient) -> dict[str, Any] | None:
    """Ask as an agent would; None if the hub went away meanwhile."""
    try:
        return dict((await http.post("/ask", json={"key": "k"}, timeout=60)).json())
    except httpx.TransportError:
        return None


async def question(daemon: Daemon, http: httpx.AsyncClient) -> str | None:
    """Return the id of the open question once there is one; None if the hub went away meanwhile."""
    try:
        while not (found := (await http.get("/approvals")).json()["data"]):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.01)
    except httpx.TransportError:
        return None
    assert len(found) == 1
    return str(found[0]["id"])


async def allow(http: httpx.AsyncClient, approval_id: str) -> None:
    try:
        await http.post(f"/approvals/{approval_id}/answer", json={"answer": "allow"})
    except httpx.TransportError:
        return  # it died with the answer in hand: whether it counts is seen after the start


@pytest.mark.parametrize("point", APPROVAL_POINTS)
async def test_what_is_allowed_happens_once_at_most(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "asker.py").write_bytes(Path(asker.__file__).read_bytes())
    async with daemon_at(home) as daemon:
        daemon.kill()
        daemon.start(ATRIUM_CRASH_AT=point)
        await daemon.healthy()
        async with daemon.http() as http:
            asking = asyncio.create_task(ask(http))
            asked = await question(daemon, http)
            if asked is not None:
                await allow(http, asked)
            assert await asking is None
        await daemon.ended()

        daemon.start()
        await daemon.healthy()
        async with daemon.http() as http:
            asking = asyncio.create_task(ask(http))
            if point != "approvals.closed":  # there its answer was stored, and nobody had taken it
                asked = await question(daemon, http)
                assert asked is not None
                await allow(http, asked)
            assert await asking == {"allowed": True, "message": None}
        assert (home / "acts").read_text() == "k\n"
