"""Ten thousand clients hold, in a process of their own, and each gets every entry."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

import psutil
import pytest

from tests.network.hub import calls, history, hub_at, port_of, token_of

CLIENTS = 10_000
SPARE_FILES = 200
BYTES_EACH = 64 << 10


@pytest.mark.storm
@pytest.mark.timeout(200)
async def test_ten_thousand_clients_hold_and_get_every_entry(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < CLIENTS + SPARE_FILES:
        pytest.skip(f"a process may open {hard} files here; raise the hard limit (ulimit -Hn)")
    async with hub_at(tmp_path) as daemon, calls(daemon) as http:
        begun = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
        hub = psutil.Process(daemon.pid)
        before = hub.memory_info().rss
        where = (str(port_of(daemon)), "notes/n1", "/notes/n1/entries", begun, str(CLIENTS))
        load = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.network.holders", *where),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert load.stdin is not None
        assert load.stdout is not None
        try:
            load.stdin.write(f"{token_of(daemon)}\n".encode())
            assert await load.stdout.readline() == b"connected\n"
            assert (hub.memory_info().rss - before) / CLIENTS < BYTES_EACH
            for step in range(5):
                await http.post("/notes/n1/words", json={"words": [f"{step}.{number}" for number in range(4)]})
            told = await history(http, "/notes/n1/entries")
            load.stdin.write(f"{told[-1]['offset']}\n".encode())
            assert await load.stdout.readline() == b"%d\n" % CLIENTS
        finally:
            if load.returncode is None:
                load.stdin.close()
                await load.wait()
