"""What an agent's request for permission is made of, and how dangerous it is: by what it does, not by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp_permissions import question
from atrium.contracts.approvals import ApprovalRequest


def asked(cwd: Path, **call: Any) -> ApprovalRequest:
    return question({"toolCallId": "call-1", **call}, session_id="s", cwd=str(cwd))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a link that leads out of it."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "out").symlink_to(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("call", "risk"),
    [
        pytest.param({"kind": "read", "rawInput": {"file_path": "src/a.py"}}, "low", id="in the project"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "x", "path": "src"}}, "low", id="search in it"),
        pytest.param({"kind": "think"}, "low", id="a thought"),
        pytest.param({"kind": "read", "rawInput": {"path": "/home/ann/.ssh/id_rsa"}}, "medium", id="elsewhere"),
        pytest.param({"kind": "read", "locations": [{"path": "/etc/passwd"}]}, "medium", id="a location elsewhere"),
        pytest.param({"kind": "read", "rawInput": {"path": "src/../../a"}}, "medium", id="it climbs"),
        pytest.param({"kind": "read", "rawInput": {"path": "out/a"}}, "medium", id="a link leads out"),
        pytest.param({"kind": "read", "rawInput": {"path": "~/.netrc"}}, "medium", id="at home"),
        pytest.param({"kind": "read", "rawInput": {"url": "file:///etc/passwd"}}, "medium", id="as an address"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "/etc/*"}}, "medium", id="a pattern elsewhere"),
        pytest.param({"kind": "think", "rawInput": {"path": "/etc/passwd"}}, "medium", id="a thought about a file"),
        pytest.param({"kind": "read"}, "medium", id="nobody knows what"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "x"}}, "medium", id="nobody knows where"),
        pytest.param({"kind": "think", "rawInput": {"command": "ls"}}, "high", id="a thought with a command"),
        pytest.param({"kind": "search", "rawInput": {"command": ["bash", "-lc", "rg --pre ./x ."]}}, "high", id="argv"),
        pytest.param({"kind": "whatever"}, "high", id="unknown"),
    ],
)
def test_risk_is_of_what_is_done(call: dict[str, Any], risk: str, project: Path) -> None:
    assert asked(project, **call).risk == risk


def test_all_paths_of_a_move_are_told_absolute(project: Path) -> None:
    moved = {"source": "a.md", "destination": "/srv/b.md", "files": [{"move_path": "c.md"}], "content": "/not/a/path"}
    paths = asked(project, kind="move", rawInput=moved, locations=[{"path": "src"}]).act.paths
    assert paths == (f"{project}/src", f"{project}/a.md", "/srv/b.md", f"{project}/c.md")
