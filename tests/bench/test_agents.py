"""The agents' benchmarks and their soak: what they count, what the page says, what a soak finds wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench.agents.direct import direct
from bench.agents.homes import COMMAND, configure
from bench.agents.models import endpoint
from bench.agents.report import BENCHES, page
from bench.agents.runs import Runs
from bench.agents.seen import Watch
from bench.agents.through import PROVIDER, through
from bench.agents_soak import AGENTS, Happened, beside, faults
from bench.figures import Figure
from bench.load import run_load
from bench.machine import this_machine
from bench.server import hub

EVENTS = b"event: RunContent\ndata: {}\n\n" * 3 + b"event: RunContentCompleted\ndata: {}\n\n"
OVER = b"data: {}\n\n\r\n0\r\n\r\n"


class Sink(asyncio.Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Let the request go nowhere."""


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_run_is_counted_when_it_is_whole_however_it_is_cut(size: int) -> None:
    runs = Runs(b"")
    runs.connection_made(Sink())

    def send(wire: bytes) -> None:
        for start in range(0, len(wire), size):
            runs.data_received(wire[start : start + size])

    async def answered(wire: bytes) -> float:
        asyncio.get_running_loop().call_soon(send, wire)
        return await runs.say()

    for _ in range(2):
        assert await answered(EVENTS + b"event: RunCompleted\n" + OVER) > 0
    assert runs.deltas == 6
    with pytest.raises(RuntimeError, match="did not complete"):
        await answered(EVENTS + b"event: RunError\n" + OVER)


def test_updates_that_did_not_come_are_an_error() -> None:
    watch = Watch([(0, 1_000_000), (1_000_000, 4_000_000)])
    seen = watch.seen(2, 0.001)
    assert (seen.p50_ms, seen.rate, seen.cpu_us) == (2.0, 500.0, 500.0)
    with pytest.raises(RuntimeError, match="2 updates came of 3"):
        watch.seen(3, 0.001)


def test_the_page_has_what_was_measured_and_says_what_limits_it() -> None:
    machine = this_machine()
    text = page(machine, date(2026, 11, 21), {"updates": [Figure("update", "ms", (1.0,))]})
    assert f"Measured on 2026-11-21 on {machine.description}" in text
    assert "| update | ms | 1.00 |" in text
    assert "## A model's answers" not in text
    for bench in BENCHES:
        assert "eference" in bench.describes
        assert len(bench.limits) > 40


def test_a_soak_of_agents_fails_for_what_is_left_or_does_not_come_back() -> None:
    happened = Happened(killed=AGENTS[0], turns_at_death=3)
    happened.counts.update({"kills": 1, "failed turns": 2, "processes": 10})
    happened.turns[AGENTS[0]] = 4
    assert list(faults(happened, [], [])) == []
    assert len(list(faults(happened, [1], [1, 2]))) == 2
    happened.counts.update({"failed turns": 3, "processes": 1})
    happened.turns_at_death = 4
    assert len(list(faults(happened, [], []))) == 3
    p50, p99 = beside([0.001] * 100, [0.002] * 100)
    assert (p50.median, p99.references[0].median) == (2.0, 1.0)


@pytest.mark.slow
async def test_every_update_of_the_agent_is_seen_directly_and_through_a_hub(tmp_path: Path) -> None:
    assert (await direct(2, 20, 0)).rate > 0
    configure(tmp_path, {PROVIDER: {"kind": "acp", "command": COMMAND}})
    with hub(tmp_path) as server:
        assert (await through(server, 2, 20, 0)).rate > 0


@pytest.mark.slow
def test_a_hub_that_asks_the_endpoint_streams_all_of_its_answer(tmp_path: Path) -> None:
    with endpoint() as port:
        configure(tmp_path, {"model": {"kind": "model", "baseUrl": f"http://127.0.0.1:{port}/v1", "model": "bench"}})
        with hub(tmp_path) as server:
            assert len(run_load(server, 2, 2, ("bench.agents.load", "hub")).latencies) == 4
        assert "HTTP Request" not in (tmp_path / "logs" / "atrium.log").read_text("utf-8")


@pytest.mark.slow
def test_a_soak_of_seconds_runs_and_leaves_no_process() -> None:
    command = [sys.executable, "-m", "bench.agents_soak", "--minutes", "0.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert "1 kills" in done.stdout
    assert "are left" not in done.stdout
    assert "were not found" not in done.stdout
