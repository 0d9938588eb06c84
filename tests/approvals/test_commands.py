"""`atrium approvals` against a hub in which a dropped-in plugin asks."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from atrium.app.cli.approvals import patch_of
from atrium.testing.daemon import running_daemon
from tests.app.running import run_atrium
from tests.approvals import asker


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATRIUM_HOME", raising=False)
    folder = tmp_path / "home"
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "asker.py").write_bytes(Path(asker.__file__).read_bytes())
    return folder


async def waiting(home: Path, count: int) -> list[str]:
    """Return the ids of the open questions once there are this many."""
    while True:
        code, out, err = await run_atrium("approvals", "list", "--json", home=home)
        assert code == 0, err
        ids = [str(one["id"]) for one in json.loads(out)]
        if len(ids) == count:
            return ids


async def test_questions_are_listed_shown_and_answered(home: Path) -> None:
    async with running_daemon(home) as daemon:
        token = (home / "run" / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=daemon.url, headers=headers, timeout=50) as http:
            assert (await run_atrium("approvals", "list", home=home))[1] == "Nothing waits for an answer.\n"
            first = asyncio.create_task(http.post("/api/v1/ask", json={"key": "a"}))
            [question] = await waiting(home, 1)
            _, out, _ = await run_atrium("approvals", "list", home=home)
            assert question in out
            assert re.search(r" high +\d+:\d\d +notes +Write a\.md", out)
            _, out, _ = await run_atrium("approvals", "show", question[:8], home=home)
            assert "hi\\\\u{202e}" in out
            assert "/home/ann/notes/a.md" in out
            assert "hidden characters" in out
            code, out, _ = await run_atrium(
                "approvals", "allow", question[:-1], "--within", "/home/ann/notes/**", "-m", "go", home=home
            )
            assert (code, out.splitlines()[-1]) == (0, "Allowed.")
            assert (await first).json() == {"allowed": True, "message": "go"}
            assert (await http.post("/api/v1/ask", json={"key": "b"})).json()["allowed"] is True

            code, _, err = await run_atrium("approvals", "reject", question[:-1], home=home)
            assert code == 1
            assert "allowed by" in err

            _, out, _ = await run_atrium("approvals", "permissions", "--json", home=home)
            [permission] = json.loads(out)
            assert permission["pattern"] == "/home/ann/notes/**"
            _, out, _ = await run_atrium("approvals", "take-back", permission["id"][:8], home=home)
            assert out == "Taken back.\n"

            second = asyncio.create_task(http.post("/api/v1/ask", json={"key": "c"}))
            [question] = await waiting(home, 1)
            await run_atrium("approvals", "reject", question, "-m", "another file", home=home)
            assert (await second).json() == {"allowed": False, "message": "another file"}
            _, out, _ = await run_atrium("approvals", "history", home=home)
            assert [word in out for word in ("rejected", "allowed")] == [True, True]


async def test_what_is_wrong_is_said_in_one_line(home: Path) -> None:
    async with running_daemon(home):
        for arguments in (["show", "none"], ["allow", "../x"], ["reject", "none"], ["take-back", "none"]):
            code, _, err = await run_atrium("approvals", *arguments, home=home)
            assert code == 1
            assert len(err.splitlines()) == 1
            assert err.startswith("Error: ")
        code, _, err = await run_atrium("approvals", "allow", "x", "--always", "--within", "/a", home=home)
        assert code == 2
        assert "not both" in err


def test_a_change_is_shown_as_a_patch() -> None:
    before = "".join(f"line {number}\n" for number in range(50))
    change = {"path": "/a.md", "oldText": before, "newText": before.replace("line 30\n", "new\n")}
    lines, others = patch_of({"path": "/a.md", "changes": [change, {"path": "/b.md", "oldText": None, "newText": "b"}]})
    assert [line for line in lines if line[0] in "+-"] == [
        *("--- /a.md", "+++ /a.md", "-line 30", "+new"),
        *("--- /b.md", "+++ /b.md", "+b"),
    ]
    assert len(lines) == 15
    assert others == {"path": "/a.md"}
    assert patch_of({"changes": [{"path": "/a.md", "mode": 777}]}) == (
        [],
        {"changes": [{"path": "/a.md", "mode": 777}]},
    )
