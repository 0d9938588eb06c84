"""The hub as another process: started in the background, asked to stop, waited for."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from atrium.app.errors import CommandFailed, HomeHeld
from atrium.app.home import Home, open_private
from atrium.app.hub_request import request
from atrium.app.lock import holder
from atrium.app.options import Options

START_SECONDS = 60.0
STOP_SECONDS = 45.0
_POLL_SECONDS = 0.02
_MOMENT_SECONDS = 1.0


def start(home: Home, options: Options) -> int:
    """Start the hub in the background, wait until it answers, and return its process id.

    Raises `CommandFailed` with what the hub said if it ends instead, and `HomeHeld` if the home is in use.
    """
    if options.plugins is not None and "gateway" not in options.plugins:
        raise CommandFailed("in the background the hub is reached through its gateway: add it to --plugins")
    home.create()
    running = holder(home.lock)
    if running is not None:
        raise HomeHeld(f"{home.root} is in use by process {running}: Atrium already runs; `atrium status` shows it")
    said = home.logs / "start.log"
    process = _spawn([sys.executable, "-m", "atrium.app", "up", *arguments(home, options)], said)
    if not _wait(lambda: process.poll() is not None or _answers(home, process.pid), START_SECONDS):
        raise CommandFailed(f"the hub (process {process.pid}) does not answer yet; see `atrium logs` and {said}")
    if process.poll() is not None:
        lines = said.read_text("utf-8", "replace").strip().splitlines()
        silent = f"it ended with exit code {process.returncode} and without a word; `atrium doctor` may know why"
        reason = lines[-1].removeprefix("Error: ") if lines else silent
        failure = HomeHeld if process.returncode == HomeHeld.exit_code else CommandFailed
        raise failure(f"the hub did not start: {reason}")
    return process.pid


def stop(home: Home, *, graceful: bool = True, waiting: Callable[[], None]) -> bool:
    """Stop the hub and wait until its home is free; return whether there was one to stop.

    Calls `waiting` if running turns may finish, and take longer than a moment.
    """
    running = holder(home.lock)
    if running is None:
        return False
    if not _ask_to_stop(home, graceful) and running:
        # It does not answer (any more, or yet): the signal does the same.
        with suppress(ProcessLookupError):
            os.kill(running, signal.SIGTERM)
            if not graceful:
                os.kill(running, signal.SIGTERM)
    if graceful and not _wait(lambda: holder(home.lock) is None, _MOMENT_SECONDS):
        waiting()
    if not _wait(lambda: holder(home.lock) is None, STOP_SECONDS):
        raise CommandFailed(f"the hub (process {running}) has not stopped after {STOP_SECONDS:.0f} seconds")
    return True


def _spawn(command: list[str], said: Path) -> subprocess.Popen[bytes]:
    """Start a process of its own whose words go into a file."""
    with open(said, "wb", opener=open_private) as output:
        return subprocess.Popen(  # our own interpreter and arguments
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def arguments(home: Home, options: Options) -> Sequence[str]:
    """Return the command line of `atrium up` for these options."""
    line = ["--home", str(home.root)]
    if options.host is not None:
        line += ["--host", options.host]
    if options.port is not None:
        line += ["--port", str(options.port)]
    if options.plugins is not None:
        line += ["--plugins", ",".join(options.plugins)]
    return line


def last_options(home: Home) -> Options:
    """Return how the running hub was started."""
    try:
        stored = json.loads(home.options.read_text("utf-8"))
        plugins = stored.get("plugins")
        return Options(stored.get("host"), stored.get("port"), None if plugins is None else tuple(plugins))
    except (OSError, ValueError, AttributeError):
        return Options()


def _answers(home: Home, pid: int) -> bool:
    """Tell whether the process that we started is the one that answers."""
    if holder(home.lock) != pid:
        return False
    return _request(home, "GET", "/health") == http.client.OK


def _ask_to_stop(home: Home, graceful: bool) -> bool:
    return _request(home, "POST", "/api/v1/core/shutdown", {"graceful": graceful}) == http.client.ACCEPTED


def _request(home: Home, method: str, path: str, body: dict[str, Any] | None = None) -> int | None:
    """Send one request and return its status, None if no hub answers."""
    try:
        return request(home, method, path, body)[0]
    except (CommandFailed, OSError):
        return None


def _wait(ready: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
