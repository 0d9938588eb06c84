"""Fan-out and soak: what the load client counts, what the pages and pictures say, how a soak judges."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from bench.chart import Line, Panel, svg
from bench.fanout.behind import behind
from bench.fanout.changes import WAYS
from bench.fanout.client import compiled, load
from bench.fanout.comparison import HEADINGS, OURS, RIVAL, against_bars
from bench.fanout.comparison import Line as ServerLine
from bench.fanout.growth import Point
from bench.fanout.plugin import Fanout
from bench.fanout.report import Results, page, pictures, table, write
from bench.fanout.screens import Load, measure
from bench.fanout.servers import hub
from bench.figures import Effort
from bench.machine import this_machine
from bench.soak import QUANTITIES, Quantity, Sample, Verdict, judged, picture, verdicts
from bench.soak import Soaked as SoakRun
from bench.wire import text_frame, texts
from tests.gateway.house import house_with

FAST = ServerLine(OURS, 6.8, 3.8, 8.0, 785_693, 1.0, 685_654, 19, 22)
SLOW = ServerLine(RIVAL, 13.0, 7.5, 16.3, 374_713, 2.6, 275_129, 28, 24)
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
SVG = "{http://www.w3.org/2000/svg}"


def test_our_line_is_held_against_the_bars_and_the_rival() -> None:
    figures = list(against_bars([FAST, SLOW]))
    assert [figure.met for figure in figures[:4]] == [True, True, True, None]
    assert all(figure.references[0].name == RIVAL for figure in figures)
    assert list(against_bars([SLOW])) == []
    assert not next(against_bars([FAST])).references


def test_the_page_has_what_was_measured_and_names_its_pictures(tmp_path: Path) -> None:
    points = [Point("atrium", size, 1, size * 100.0, 1.0, 1.0, 2.0, 0.1, 20) for size in (10, 100)]
    results = Results(this_machine(), date(2026, 11, 21), [FAST, SLOW], points)
    target = tmp_path / "reference" / "fanout.md"
    target.parent.mkdir()
    write(results, target)
    text = target.read_text("utf-8")
    assert "Measured on 2026-11-21 on " in text
    assert table(HEADINGS, [FAST.cells, SLOW.cells]) in text
    assert "../images/fanout-clients.svg" in text
    assert "## More streams" not in text
    assert [name for name, _ in pictures(results)] == [path.name for path in (tmp_path / "images").iterdir()]
    assert page(results) == text


@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_chart_draws_every_point_inside_the_picture_and_names_each_line(logarithmic: bool) -> None:
    lines = [Line("ours", [(10, 1), (100, 2000)]), Line("<theirs>", [(10 + x, 7) for x in range(90)])]
    root = ET.fromstring(svg("A & B", [Panel("speed", "clients", lines, logarithmic)]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert root.attrib["aria-label"] == "A & B"
    names = [text.text for text in root.iter(f"{SVG}text") if "name" in text.attrib.get("class", "")]
    assert names == ["ours", "<theirs>"]
    for line in root.iter(f"{SVG}polyline"):
        for place in line.attrib["points"].split():
            x, y = map(float, place.split(","))
            assert 0 < x < width
            assert 0 < y < height


def test_a_chart_of_what_never_changes_is_drawn_all_the_same() -> None:
    for value in (0.0, 3.0):
        ET.fromstring(svg("flat", [Panel("flat", "minutes", [Line("", [(0, value), (1, value)])], logarithmic=False)]))


def test_growth_beyond_the_limit_fails_and_so_does_what_is_left() -> None:
    files = Quantity("files", "", 0.1, 5, left=3)
    times = [float(second) for second in range(100)]
    flat, leaking = [40.0 + second % 2 for second in range(100)], [40.0 + second / 4 for second in range(100)]
    assert judged(files, times, flat, 20, 20).passed
    grown = judged(files, times, leaking, 20, 20)
    assert not grown.passed
    assert grown.growth == pytest.approx(24.75)
    assert grown.slope_an_hour == pytest.approx(900)
    assert not judged(files, times, flat, 20, 24).passed


def test_a_soak_is_judged_after_its_warm_up_and_drawn() -> None:
    start = tuple(10.0 for _ in QUANTITIES)
    warm = [Sample(second, tuple(min(second, 30.0) for _ in QUANTITIES)) for second in map(float, range(1, 101))]
    found = verdicts(warm, Sample(0, start), Sample(101, start))
    assert [one.name for one in found] == [one.name for one in QUANTITIES]
    assert all(isinstance(one, Verdict) and one.passed for one in found)
    ET.fromstring(picture(SoakRun(warm, warm[0], warm[-1], {})))


def test_frames_are_cut_out_of_what_came_however_it_came() -> None:
    sent = [b"a", b"b" * 200, b"c" * 70_000]
    heads = [b"\x81\x01", b"\x81\x7e" + (200).to_bytes(2, "big"), b"\x81\x7f" + (70_000).to_bytes(8, "big")]
    wire = b"".join(head + text for head, text in zip(heads, sent, strict=True))
    for size in (1, 3, 1000, len(wire)):
        found, rest = [], b""
        for start in range(0, len(wire), size):
            whole, rest = texts(rest + wire[start : start + size])
            found += whole
        assert (found, rest) == (sent, b"")
    assert text_frame(b"x" * 300)[:4] == b"\x81\xfe\x01\x2c"


@needs_compiler
@pytest.mark.slow
def test_the_load_client_follows_one_stream_and_many_and_a_client_catches_up(tmp_path: Path) -> None:
    client = compiled(tmp_path)
    with hub(tmp_path) as server:
        for options in ({"clients": 4}, {"clients": 6, "streams": 3}, {"clients": 2, "stalled": 1, "durable": True}):
            found = load(client, server, messages=40, warm_up=0, **options)
            assert (found["whole"], found["gaps"], found["missing"]) == (True, 0, 0)
            assert found["deliveries"] == 40 * options["clients"] / options.get("streams", 1)
        figures = list(behind(server, None, Effort(1, 0.01)))
        assert [figure.unit for figure in figures] == ["ms"] * 3


@pytest.mark.parametrize("way", WAYS)
async def test_every_screen_shows_every_change_whichever_way_it_comes(way: str) -> None:
    async with house_with(Fanout) as house:
        for topics in (1, 3):
            times = await measure(house.port, house.gateway.token, Load(6, topics, 9, 200.0, way))
            assert len(times) == 9 * 6 // topics


@needs_compiler
def test_the_load_client_says_what_it_cannot_do(tmp_path: Path) -> None:
    client = compiled(tmp_path)
    for options, said in (
        (["--protocol", "atrium", "--port", "1", "--streams", "3"], b"a multiple of --streams"),
        (["--protocol", "mqtt", "--port", "1", "--streams", "10"], b"with atrium, nats and redis"),
        (["--protocol", "none", "--port", "1"], b"there is no none"),
    ):
        done = subprocess.run([client, *options], capture_output=True, check=False)
        assert done.returncode == 1
        assert said in done.stderr


@pytest.mark.slow
def test_a_soak_of_seconds_runs_and_says_what_it_saw(tmp_path: Path) -> None:
    target = tmp_path / "soak.svg"
    command = [sys.executable, "-m", "bench.soak", "--minutes", "0.1", "--picture", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert "memory" in done.stdout
    assert "sessions" in done.stdout
    ET.parse(target)
