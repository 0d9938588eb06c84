"""The hub dies around the counting of a turn: what was stored is counted, once; a turn that runs again is another."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.crash_points import USAGE_POINTS
from tests.faults.daemon import daemon_at
from tests.usage import spender

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.mark.parametrize("point", USAGE_POINTS)
async def test_a_turn_is_counted_once_or_not_at_all(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "spending.py").write_bytes(Path(spender.__file__).read_bytes())
    async with daemon_at(home) as daemon:
        daemon.kill()
        daemon.start(ATRIUM_CRASH_AT=f"{point}:2")  # the first time is the half that is told before the answer
        await daemon.healthy()
        async with daemon.http() as http:
            session_id = (await http.post("/sessions", json={"providerId": "spender"})).json()["sessionId"]
            with suppress(httpx.TransportError):  # it may die before it can answer; the message is stored
                await http.post(f"/sessions/{session_id}/messages", json={"content": "100 20 50 0.25"})
        await daemon.ended()

        daemon.start()
        await daemon.healthy()
        async with daemon.http() as http:
            total = (await http.get("/usage")).json()["total"]
            whole = point == "usage.counted"
            assert (total["turns"], total["outputTokens"], total["cost"]) == (1, 20 * whole, 0.25 * whole)
            await http.post(f"/sessions/{session_id}/retry")
            while (total := (await http.get("/usage")).json()["total"])["outputTokens"] < 20 * (1 + whole):
                pass
            assert (total["turns"], total["inputTokens"]) == (2, 200)
