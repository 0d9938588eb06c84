"""Death at every named step of writing: the next start reaches a legal state, and nothing acknowledged is lost."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.crash_points import (
    APPROVAL_POINTS,
    MODEL_POINTS,
    PROVIDER_POINTS,
    ROWS,
    SECRET_POINTS,
    SOURCES,
    SUMMARY_POINTS,
    USAGE_POINTS,
    endure,
    points_in_source,
)
from tests.models.sources import CONTENT

PAGE = SOURCES.parents[1] / "docs" / "reference" / "crash-points.md"
QUICK = {("storage.committed", 62), ("deletion.swept", 1), ("transcript.torn", 1)}
CASES = [
    pytest.param(point, time, marks=pytest.mark.slow if (point, time) in QUICK else pytest.mark.faults)
    for point, row in sorted(ROWS.items())
    for time in row.times
]


def test_every_point_of_the_source_is_tried_and_described() -> None:
    known = {*ROWS, *MODEL_POINTS, *APPROVAL_POINTS, *PROVIDER_POINTS, *SECRET_POINTS, *SUMMARY_POINTS, *USAGE_POINTS}
    assert points_in_source() == known
    described = re.findall(r"^\| `([a-z_.]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(described) == sorted(known)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("point", "time"), CASES)
async def test_nothing_acknowledged_is_lost_by_death_at(tmp_path: Path, point: str, time: int) -> None:
    await endure(tmp_path / "home", point, time)


def pull(home: Path, source: Path, **environment: str) -> int:
    """Pull a model in a process of its own and return its exit code."""
    program = [sys.executable, str(Path(__file__).with_name("pull_model.py")), str(home), str(source)]
    path = os.pathsep.join([str(SOURCES.parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(program, env=os.environ | {"PYTHONPATH": path} | environment, timeout=60, check=False)
    return done.returncode


@pytest.mark.parametrize(("point", "time"), [(point, 1) for point in MODEL_POINTS] + [("model.written", 3)])
def test_a_model_is_there_whole_or_not_at_all_after_death_at(tmp_path: Path, point: str, time: int) -> None:
    source, model = tmp_path / "source", tmp_path / "home" / "models" / "small.gguf"
    source.write_bytes(CONTENT)
    assert pull(tmp_path / "home", source, ATRIUM_CRASH_AT=f"{point}:{time}") == -signal.SIGKILL
    assert model.exists() == (point == "model.renamed")
    assert pull(tmp_path / "home", source) == 0
    assert model.read_bytes() == CONTENT
    assert [path.name for path in model.parent.iterdir() if path.name != ".lock"] == ["small.gguf"]
