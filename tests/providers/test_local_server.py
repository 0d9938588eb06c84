"""The program of the local model's child process, run as its parent runs it: how it begins, and when it ends."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers import local_server
from atrium.adapters.providers.local_chat import ModelChat

ROOT = Path(__file__).parents[2]


def child(model: Path, folder: Path, **changes: int) -> subprocess.Popen[bytes]:
    """Start the program; what it runs counts as covered where coverage is measured."""
    arguments = {"model": str(model), "socket": str(folder / "model.sock"), "context": 512, "slots": 1}
    return subprocess.Popen(
        [sys.executable, "-P", local_server.__file__, json.dumps({**arguments, "parent": os.getpid(), **changes})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | ({"COVERAGE_PROCESS_START": "pyproject.toml"} if "coverage" in sys.modules else {}),
    )


def told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return the first line it writes."""
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


@pytest.mark.network
def test_it_serves_until_its_parent_lets_go_of_it(model_file: Path, tmp_path: Path) -> None:
    with child(model_file, tmp_path) as process:
        assert process.stdin is not None
        assert told(process) == {"ready": True}
        process.stdin.write(b"nothing that is meant for it")
        process.stdin.flush()
        assert asyncio.run(ModelChat(tmp_path / "model.sock").count_tokens("hi")) > 0
        process.stdin.close()
        assert process.wait(50) == 0


def test_a_model_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    with child(tmp_path / "none.gguf", tmp_path) as process:
        assert told(process)["error"]
        assert process.wait(50) == 1


def test_it_does_not_begin_without_its_parent(tmp_path: Path) -> None:
    with child(tmp_path / "none.gguf", tmp_path, parent=1) as process:
        assert process.wait(50) == 0
        assert process.stdout is not None
        assert process.stdout.read() == b""


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (64, 8)])
def test_one_core_is_left_to_everything_else(cores: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert local_server.threads() == threads
