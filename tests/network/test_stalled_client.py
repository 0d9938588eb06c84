"""R07: a client that does not read, beside healthy ones, while a hundred thousand entries flow."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import psutil
import pytest

from atrium.testing.history import stream_violations
from tests.network.hub import calls, hub_at, note_at
from tests.network.screens import TRANSPORTS, Screen

WORD = "x" * 1000
AT_ONCE = 500
NARROW = 4096
GROWTH = 48 << 20
"""Bytes by which the hub may grow: less than half of what would wait for the stalled client if all of it did."""


class Drain(asyncio.Protocol):
    """Reads as fast as it can, and looks for one text only."""

    def __init__(self, sought: bytes) -> None:
        self.found = asyncio.get_running_loop().create_future()
        self._sought = sought
        self._rest = b""
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Look for the text, also across two reads."""
        data = self._rest + data
        if not self.found.done() and self._sought in data:
            self.found.set_result(True)
        self._rest = data[-len(self._sought) :]

    def connection_lost(self, error: Exception | None) -> None:
        """Say that it was cut before the text came."""
        if not self.found.done():
            self.found.set_result(False)

    def close(self) -> None:
        """Leave."""
        assert self._transport is not None
        self._transport.close()


async def flow(http: httpx.AsyncClient, rounds: int) -> None:
    for _ in range(rounds):
        answer = await http.post("/notes/n1/words", json={"words": [WORD] * AT_ONCE})
        assert answer.status_code == httpx.codes.ACCEPTED


@pytest.mark.parametrize(
    ("entries", "healthy"),
    [(10_000, 5), pytest.param(100_000, 100, marks=[pytest.mark.storm, pytest.mark.timeout(300)])],
)
async def test_a_stalled_client_costs_no_memory_and_catches_up_with_everything(
    tmp_path: Path, entries: int, healthy: int
) -> None:
    async with hub_at(tmp_path) as daemon, calls(daemon) as http:
        await http.post("/notes", json={"noteId": "n1"})
        find = note_at(daemon, "n1")
        stalled = Screen(find, "websocket")
        await stalled.connect(narrow=NARROW)
        drains = [await _drain(find().port, Screen(find, "ndjson").question(find())) for _ in range(healthy)]
        await flow(http, entries // AT_ONCE // 5)
        before = psutil.Process(daemon.pid).memory_info().rss
        await flow(http, entries // AT_ONCE * 4 // 5)
        await http.post("/notes/n1/words", json={"words": ["the very last word"]})
        assert all(await asyncio.gather(*(drain.found for drain in drains)))
        assert psutil.Process(daemon.pid).memory_info().rss - before < GROWTH

        whole = Screen(find, "ndjson")
        last = int((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])
        await asyncio.gather(stalled.read(last), whole.follow(last))
        assert (stalled.connections, len(stalled.seen)) == (1, 1 + entries + 2)
        assert stream_violations(stalled.seen) == []
        assert stalled.seen == whole.seen
        for end in (stalled.cut, *(drain.close for drain in drains)):
            end()


async def _drain(port: int, question: bytes) -> Drain:
    loop = asyncio.get_running_loop()
    transport, drain = await loop.create_connection(lambda: Drain(b"the very last word"), "127.0.0.1", port)
    transport.write(question)
    return drain


@pytest.mark.slow
async def test_a_client_that_reads_nothing_for_long_is_slow_and_not_gone(tmp_path: Path) -> None:
    interval, long = 0.5, 9.0
    async with hub_at(tmp_path, ping_interval=interval, heartbeat=interval) as daemon, calls(daemon) as http:
        await http.post("/notes", json={"noteId": "n1"})
        stalled = [Screen(note_at(daemon, "n1"), transport) for transport in TRANSPORTS]
        for screen in stalled:
            await screen.connect(narrow=NARROW)
        await flow(http, 6)
        # The kernel looks ever more rarely whether there is room again: after three seconds, then six.
        await asyncio.sleep(long)
        last = int((await http.post("/notes", json={"noteId": "n1"})).json()["offset"])
        await asyncio.gather(*(screen.read(last) for screen in stalled))
        for screen in stalled:
            assert (screen.connections, len(screen.seen)) == (1, 2 + 6 * AT_ONCE)
            assert stream_violations(screen.seen) == []
            screen.cut()
