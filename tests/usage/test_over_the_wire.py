"""`atrium usage` and `atrium budgets`, and the calls they are made of, against a hub that uses something."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from atrium.client import attach
from atrium.testing.daemon import running_daemon
from tests.app.running import run_atrium
from tests.usage import spender


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATRIUM_HOME", raising=False)
    folder = tmp_path / "home"
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "spending.py").write_bytes(Path(spender.__file__).read_bytes())
    (folder / "core").mkdir()
    (folder / "core" / "config.json").write_text('{"providers": {"discover": false}}')
    return folder


async def spend(home: Path, content: str) -> str:
    """Send a message, wait for the end of its turn, and return its session."""
    async with attach(str(home)) as client:
        created = await client.call("POST", "/sessions", body={"providerId": "spender"})
        session_id = str(created["sessionId"])
        await client.call("POST", f"/sessions/{session_id}/messages", body={"content": content})
        async with client.following(session_id) as entries:
            async for entry in entries:
                if entry.type in {"sessions.turn.completed.v1", "sessions.turn.failed.v1"}:
                    return session_id
    raise AssertionError("the turn did not end")


async def warned(url: str, session_id: str, headers: dict[str, str], http: httpx.AsyncClient) -> None:
    """Raise the budget a little, use nearly all of it, and see the frame that warns of that."""
    await http.put("/usage/budgets/spender", json={"period": "day", "unit": "cost", "limit": 2})
    address = f"{url.replace('http', 'ws', 1)}/api/v1/sessions/{session_id}/stream"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        await http.post(f"/sessions/{session_id}/messages", json={"content": "1 1 0 0.2"})
        async for frame in socket:
            told = json.loads(frame)
            if told["type"] == "workflow:event":
                assert told["payload"]["event"] == "usage:budget_warning"
                assert (told["payload"]["used"], told["payload"]["limit"]) == (1.7, 2)
                return


async def test_usage_budgets_and_what_they_stop(home: Path) -> None:
    async with running_daemon(home) as daemon:
        _, out, _ = await run_atrium("usage", home=home)
        assert out.startswith("No turn has used anything since ")
        assert (await run_atrium("budgets", "list", home=home))[1] == "There are no budgets.\n"

        session_id = await spend(home, "1000 200 500 1.5")
        _, out, _ = await run_atrium("usage", "--by", "day", home=home)
        assert "1,000" in out
        assert "$1.50" in out
        _, out, _ = await run_atrium("usage", "--json", home=home)
        assert json.loads(out)["total"]["inputTokens"] == 1000
        _, out, _ = await run_atrium("usage", "--csv", home=home)
        [row] = csv.DictReader(out.splitlines())
        assert (row["provider"], row["cachedTokens"], row["cost"]) == ("spender", "500", "1.500000")

        _, out, _ = await run_atrium("budgets", "set", "spender", "day", "1", home=home)
        assert "$1.50 of $1.00" in out
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d$", out.rstrip()), out
        _, out, _ = await run_atrium("budgets", "set", "*", "month", "5000", "--tokens", home=home)
        assert "1,200 tokens of 5,000 tokens" in out
        code, _, err = await run_atrium("budgets", "set", "nobody", "day", "1", home=home)
        assert code == 1
        assert "'nobody' is not a provider" in err
        await spend(home, "1 1 0 1")

        token = (home / "run" / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=f"{daemon.url}/api/v1", headers=headers, timeout=50) as http:
            total = (await http.get("/usage?days=1")).json()["total"]
            assert total["turns"] == 1, "the second turn was stopped before it started"
            assert (await http.get(f"/usage/sessions/{session_id}")).json()["turns"] == 1
            [turn] = (await http.get("/usage/turns")).json()["data"]
            assert turn["sessionId"] == session_id
            budgets = "/usage/budgets/"
            wrong = (await http.put(f"{budgets}spender", json={"period": "week", "unit": "cost", "limit": 1})).json()
            assert wrong["errors"][0]["field"] == "period"
            gone = await http.delete(f"{budgets}spender?period=month")
            assert gone.status_code == 404
            topic = (await http.get("/topics/usage")).json()["data"]
            assert {row["id"] for row in topic} == {"spender"}

            await warned(daemon.url, session_id, headers, http)

        assert (await run_atrium("budgets", "remove", "spender", "day", home=home))[1] == "Removed.\n"
        _, out, _ = await run_atrium("budgets", "list", "--json", home=home)
        assert [one["id"] for one in json.loads(out)] == ["*/month"]
        code, _, err = await run_atrium("usage", "--csv", "--json", home=home)
        assert code == 2
        assert "not both" in err
