"""A browser test without a browser is skipped, and continuous integration does not let that pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROWSER_TEST = (
    "import pytest\n\n@pytest.mark.browser\ndef test_page(chromium):\n    pass\n\ndef test_other():\n    pass\n"
)


@pytest.mark.parametrize(
    ("ci", "status", "outcome"), [("", 0, "1 passed, 1 skipped"), ("true", 1, "must not be skipped")]
)
def test_a_skipped_browser_test_fails_in_ci_only(tmp_path: Path, ci: str, status: int, outcome: str) -> None:
    (tmp_path / "test_page.py").write_text(BROWSER_TEST)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
    ]
    # An empty folder as the path of programs: there is no browser in it.
    environ = os.environ | {"CI": ci, "PATH": str(tmp_path), "ATRIUM_CHROMIUM": "", "PYTEST_ADDOPTS": ""}
    command += ["-c", str(ROOT / "pyproject.toml"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout
    assert outcome in done.stdout
    assert "no Chromium: apt-get install chromium" in done.stdout
