"""A newcomer: a fresh clone, an empty home folder, the commands of the README, and a first answer."""

import asyncio
import os
import signal
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.faults.daemon import HANG_SECONDS, until

pytestmark = [pytest.mark.faults, pytest.mark.network, pytest.mark.timeout(1800)]

OURS = ("ATRIUM_", "COVERAGE_", "PYTEST_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH")


def newcomer(folder: Path) -> dict[str, str]:
    """Return the environment of somebody who has never run any of this; where packages come from stays as it is."""
    home = folder / "person"
    home.mkdir()
    packages = {"NPM_CONFIG_USERCONFIG": str(Path.home() / ".npmrc")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "XDG_"))}
    return {**packages, **kept, "HOME": str(home), "ATRIUM_PROVIDERS__ECHO__ENABLED": "true"}


def run(*command: str, folder: Path, environment: dict[str, str], seconds: float = HANG_SECONDS) -> str:
    """Run a command to its good end and return what it printed."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


async def test_a_fresh_clone_runs(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the sources are not a git repository")
    environment, clone = newcomer(tmp_path), tmp_path / "clone"
    run("git", "clone", "--quiet", f"file://{ROOT}", str(clone), folder=tmp_path, environment=environment)
    assert "make run" in (clone / "README.md").read_text("utf-8")
    await asyncio.to_thread(run, "make", "setup", "web", folder=clone, environment=environment, seconds=1500)
    changed = run("git", "status", "--porcelain", folder=clone, environment=environment)
    assert changed == "", f"setting up changes or leaves files that git sees:\n{changed}"

    atrium, home = str(clone / ".venv/bin/atrium"), Path(environment["HOME"]) / ".atrium"
    with (tmp_path / "said").open("wb") as said:
        hub = subprocess.Popen(
            [atrium, "up", "--port", "0", "--print-login"], env=environment, stdout=said, stderr=said
        )
        try:
            await until(lambda: (home / "run/address").exists() or hub.poll() is not None, "the hub to start")
            assert hub.poll() is None, (tmp_path / "said").read_text()
            url = (home / "run/address").read_text().strip()
            async with httpx.AsyncClient(trust_env=False) as http:
                assert (await http.get(f"{url}/health")).status_code == 200
                page = (await http.get(f"{url}/")).text
                assert "/assets/" in page, "the page was not built"
            answer = await asyncio.to_thread(
                run, atrium, "chat", "-p", "echo", "-m", "first words", folder=tmp_path, environment=environment
            )
            assert answer.strip() == "first words"
            await until(lambda: f"{url}/#code=" in (tmp_path / "said").read_text(), "the login link")
        finally:
            hub.send_signal(signal.SIGTERM)
            assert hub.wait(60) == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
