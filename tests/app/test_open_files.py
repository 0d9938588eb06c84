"""How many clients the system lets connect: the hub takes all it may, and the doctor says when that is little."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from atrium.app import open_files
from atrium.app.checks import examine
from atrium.app.home import Home
from atrium.testing.daemon import DaemonProcess

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are only known on Linux")


@on_linux
async def test_the_hub_may_open_as_many_files_as_the_system_allows(daemon: DaemonProcess) -> None:
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    assert soft == hard == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert open_files.limit_of(daemon.pid) == (sys.maxsize if hard == resource.RLIM_INFINITY else hard)


def test_the_doctor_says_when_few_clients_can_connect(home: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from atrium.app.checks import examine\n"
        "from atrium.app.home import Home\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))\n"
        "print(*[f'{one.level} {one.message}' for one in examine(Home(Path(sys.argv[1]))) if one.check == 'files'])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout == "warn only 300 may be open: that many clients at most\n"


def test_a_system_that_refuses_keeps_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files.raise_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_no_limit_is_enough(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: unlimited)
    assert open_files.limit_of(None) == sys.maxsize
    assert [one.level for one in examine(Home(home)) if one.check == "files"] == ["ok"]
