"""The server beside ours, installed from the package index into an environment of its own: never a dependency."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.server import Server, free_port, running

AGNO = "3.1.10"
PACKAGES = (f"agno[openai,os,sqlite]=={AGNO}", "uvicorn[standard]")
PLACE = Path("build/agents") / f"agno-{AGNO}"
SCRIPT = Path(__file__).with_name("agentos.py")
NAME = f"Agno AgentOS {AGNO}"


class NotHere(Exception):
    """The server beside ours could not be installed."""


def installed() -> Path:
    """Return the interpreter that has the server, installed the first time; raises `NotHere`."""
    python, done = PLACE.absolute() / "bin" / "python", PLACE / "installed"
    if not done.exists():
        venv.create(PLACE, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode:
            raise NotHere(f"{NAME} (pip could not install it: {tried.stderr.strip().splitlines()[-1]})")
        done.touch()
    return python


@contextmanager
def agentos(folder: Path, endpoint: int) -> Iterator[Server]:
    """Run AgentOS with its database in a folder, and a model at the endpoint's port."""
    port = free_port()
    address = f"http://127.0.0.1:{endpoint}/v1"
    command = [str(installed()), str(SCRIPT), str(port), str(folder / "agentos.db"), address]
    with open(os.devnull, "wb") as output, running(NAME, command, {}, port, None, output) as server:
        yield server
