"""The load client: compiled from C, so that the client is not what is measured, on a core of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.fanout.servers import Server

SOURCE = Path(__file__).with_name("load_client.c")
CLIENT_CORE = 1
TIMEOUT_SECONDS = 900

Seen = dict[str, Any]
"""What the load client prints; times of deliveries are milliseconds."""

pinned = partial(os.sched_setaffinity, 0, {CLIENT_CORE})


def compiled(folder: Path) -> Path:
    """Compile the load client."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise click.ClickException("there is no C compiler; on Debian: apt-get install gcc")
    client = folder / "load_client"
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(client), str(SOURCE)], check=True)
    return client


def load(client: Path, server: Server, **options: object) -> Seen:
    """Run the load client against a server. An option that is True stands alone."""
    begun = server.begin(int(str(options.get("streams", 1))))
    known = ("--protocol", server.protocol, "--port", str(server.port), "--server", str(server.pid), *begun)
    wanted = [
        part
        for name, value in options.items()
        for part in (f"--{name.replace('_', '-')}", *(() if value is True else (str(value),)))
    ]
    done = subprocess.run(
        [str(client), *known, *wanted], capture_output=True, timeout=TIMEOUT_SECONDS, preexec_fn=pinned, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{server.name}: {done.stderr.decode().strip()}")
    found: Seen = json.loads(done.stdout)
    if not found["whole"] or found["gaps"]:
        click.echo(f"warning: {server.name}: {found['gaps']} gaps, {found['missing']} missing, {options}", err=True)
    return found


def micros(found: Seen) -> float:
    """Return the server's CPU microseconds for each delivery."""
    return float(found["cpuSeconds"] / max(found["deliveries"], 1) * 1e6)


def speed(found: Seen) -> float:
    """Return deliveries a second."""
    return float(found["deliveries"] / found["seconds"])
