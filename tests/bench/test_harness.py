"""The harness: what it times, how it counts, what it prints. Nothing here depends on how fast anything is."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.catalogue import BENCHES, find
from bench.figures import QUICK, Bar, Effort, Figure, Reference
from bench.load import run_load
from bench.machine import this_machine
from bench.run import main
from bench.server import bare_app, hub
from bench.table import as_json, page, plain
from bench.timing import Load, in_turn
from bench.wire import DELTA, END, Follower

FAST = Figure(
    "reads", "reads/s", (90.0, 100.0, 130.0), 9.5, Bar(">=", 100), (Reference("a", (50.0,)), Reference("b", (200.0,)))
)
SLOW = Figure("message", "ms", (7.0,), None, Bar("<=", 5.0))


def test_a_figure_is_its_median_and_meets_its_bar_or_not() -> None:
    assert FAST.median == 100
    assert FAST.met is True
    assert SLOW.met is False
    assert Figure("x", "s", (1.0,)).met is None


def test_effort_never_comes_to_nothing() -> None:
    assert Effort().of(1_000) == 1_000
    assert QUICK.of(1_000) == 100
    assert QUICK.of(3) == 1


async def test_loads_are_warmed_up_once_and_then_timed_in_turn() -> None:
    ran: list[str] = []

    def load(name: str) -> Load:
        def prepare():  # type: ignore[no-untyped-def]
            ran.append(f"prepare {name}")

            async def work() -> None:
                ran.append(name)

            return work

        return Load(10, prepare)

    found = await in_turn(Effort(repetitions=2), {"ours": load("ours"), "theirs": load("theirs")})
    assert ran == ["prepare ours", "ours", "prepare theirs", "theirs"] * 3
    assert {name: (one.count, len(one.each)) for name, one in found.items()} == {"ours": (10, 2), "theirs": (10, 2)}
    assert all(rate > 0 for rate in found["ours"].rates)


def test_the_table_shows_bar_verdict_and_each_reference_with_its_ratio() -> None:
    lines = plain([FAST, SLOW]).splitlines()
    assert len(lines) == 4
    assert lines[1].split() == [
        "reads",
        "reads/s",
        "100",
        "90.0",
        "-",
        "130",
        "9.50",
        ">=",
        "100",
        "yes",
        "a:",
        "50.0",
        "2.00",
    ]
    assert lines[2].split() == ["b:", "200", "0.50"]
    assert lines[3].split() == ["message", "ms", "7.00", "7.00", "-", "7.00", "<=", "5.00", "no"]


def test_the_page_says_what_was_measured_where_and_what_limits_it() -> None:
    machine = this_machine()
    text = page(machine, {"reads": [FAST]})
    assert machine.description in text
    assert "## reads" in text
    assert "**What limits it.**" in text
    assert "| reads | reads/s | 100 | 90.0 - 130 | 9.50 | >= 100 | yes | a: 50.0 | 2.00 |" in text
    assert json.loads(json.dumps(as_json(machine, {"reads": [FAST]})))["benches"]["reads"][0]["met"] is True


def test_every_benchmark_says_what_it_measures_and_what_limits_it() -> None:
    names = [bench.name for bench in BENCHES]
    assert len(set(names)) == len(names)
    for bench in BENCHES:
        assert "eference" in bench.describes
        assert len(bench.limits) > 40
        assert find(bench.name) is bench


def test_a_follower_counts_what_is_cut_anywhere() -> None:
    wire = b"...".join([b"HTTP/1.1 101 Switching\r\n\r\n", DELTA, DELTA, END, DELTA, END, b"tail"])

    async def count(size: int) -> tuple[int, int]:
        follower = Follower()
        for start in range(0, len(wire), size):
            follower.data_received(wire[start : start + size])
        await follower.opened
        return follower.deltas, follower.ends

    assert {asyncio.run(count(size)) for size in (*range(1, 60), len(wire))} == {(3, 2)}


async def test_a_refused_socket_is_an_error() -> None:
    follower = Follower()
    follower.data_received(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
    with pytest.raises(RuntimeError, match="refused"):
        await follower.opened


@pytest.mark.slow
def test_the_same_load_runs_against_the_hub_and_the_bare_application(tmp_path: Path) -> None:
    with hub(tmp_path) as daemon, bare_app() as reference:
        for server in (daemon, reference):
            seen = run_load(server, 2, 3)
            assert len(seen.latencies) == 6
            assert server.memory_mb()[0] > 1
            assert server.cpu_seconds() > 0


def test_the_command_lists_measures_and_refuses_names_it_does_not_know(tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(main, ["--list"])
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [bench.name for bench in BENCHES]

    target = tmp_path / "page.md"
    ran = runner.invoke(main, ["service-call", "--quick", "--json", "--write", str(target)])
    assert ran.exit_code == 0, ran.output
    [figure] = json.loads(ran.stdout)["benches"]["service-call"]
    assert (figure["what"], len(figure["values"])) == ("service call", QUICK.repetitions)
    assert "## service-call" in target.read_text("utf-8")

    unknown = runner.invoke(main, ["speed"])
    assert unknown.exit_code == 2
    assert "there is no benchmark 'speed'" in unknown.stderr
