"""Fan out from one publisher to many clients, beside other servers: `python -m bench.fanout.run`.

Text of 200 bytes. Each server is pinned to one core, the load client to another. *rate*: 1,000 clients, 20 messages a
second. *saturated*: as fast as it goes with 4 broadcasts outstanding. CPU is the server's, of all its threads. The hub
publishes through a plugin in its home: a frame, the sequencer of one stream, its followers; on the wire its messages
are about 800 bytes, since an entry is a whole CloudEvent and a delta carries its text twice; theirs are about 210.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.fanout import servers
from bench.fanout.servers import NotHere, Server
from bench.machine import this_machine

SOURCE = Path(__file__).with_name("load_client.c")
CLIENT_CORE = 1
TIMEOUT_SECONDS = 240
Start = Callable[[Path], AbstractContextManager[Server]]

SERVERS: tuple[Start, ...] = (
    servers.hub,
    servers.nats,
    servers.redis,
    servers.mosquitto,
    servers.websockets,
    servers.socketio,
    partial(servers.hub, protocol="sse"),
    partial(servers.hub, protocol="ndjson"),
)
HEADINGS = ("server", "rate: CPU us", "p50 ms", "p99 ms", "sat 1,000: deliveries/s", "CPU us", "5,000", "kB/connection")


def compiled(folder: Path) -> Path:
    """Compile the load client."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise click.ClickException("there is no C compiler; on Debian: apt-get install gcc")
    client = folder / "load_client"
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(client), str(SOURCE)], check=True)
    return client


def load(client: Path, server: Server, **options: object) -> dict[str, Any]:
    """Run the load client against a server and return what it saw."""
    known = ("--protocol", server.protocol, "--port", str(server.port), "--server", str(server.pid), *server.begin())
    wanted = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    done = subprocess.run(
        [str(client), *known, *wanted],
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=partial(os.sched_setaffinity, 0, {CLIENT_CORE}),
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{server.name}: {done.stderr.decode().strip()}")
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["whole"] or found["gaps"]:
        click.echo(f"warning: {server.name}: {found['gaps']} gaps, {found['missing']} missing, {options}", err=True)
    return found


def row(client: Path, server: Server, seconds: float) -> tuple[str, ...]:
    """Measure one line of the table."""
    rate = load(client, server, clients=1000, rate=20, seconds=seconds)
    fast = load(client, server, clients=1000, seconds=seconds)
    wide = load(client, server, clients=5000, seconds=seconds)
    memory = (rate["connectedKb"] - rate["beforeKb"]) / 1000
    wide_memory = (wide["connectedKb"] - rate["beforeKb"]) / 5000
    return (
        server.name,
        f"{micros(rate):.1f}",
        f"{rate['p50']:.1f}",
        f"{rate['p99']:.1f}",
        f"{fast['deliveries'] / seconds:,.0f}",
        f"{micros(fast):.1f}",
        f"{wide['deliveries'] / seconds:,.0f}",
        f"{memory:.0f}, {wide_memory:.0f}",
    )


def micros(found: dict[str, Any]) -> float:
    """Return the server's CPU microseconds for each delivery."""
    return float(found["cpuSeconds"] / max(found["deliveries"], 1) * 1e6)


def growth(client: Path, server: Server, seconds: float) -> Iterator[tuple[str, ...]]:
    """Measure how it grows with the clients."""
    yield ("clients", "deliveries/s", "CPU us", "p50 ms", "p99 ms", "opened in s", "kB/connection")
    first = None
    for clients in (10, 100, 1000, 10_000):
        found = load(client, server, clients=clients, seconds=seconds)
        first = first or found["beforeKb"]
        kb = (found["connectedKb"] - first) / clients
        speed, cpu = f"{found['deliveries'] / seconds:,.0f}", f"{micros(found):.1f}"
        times = (f"{found['p50']:.1f}", f"{found['p99']:.1f}", f"{found['openSeconds']:.1f}")
        yield (f"{clients:,}", speed, cpu, *times, f"{kb:.0f}")


def show(cells: tuple[str, ...]) -> None:
    click.echo("| " + " | ".join(cells) + " |")


@click.command()
@click.option("--quick", is_flag=True, help="One second each: to see that all of it works.")
@click.option("--only", default="", help="Only servers whose name has this in it.")
@click.option("--no-growth", is_flag=True, help="Leave out 10 to 10,000 clients.")
def main(quick: bool, only: str, no_growth: bool) -> None:
    """Measure the fan-out path beside other servers. Only loopback, each run bounded."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = 1.0 if quick else 4.0
    machine = this_machine()
    click.echo(machine.description, err=True)
    if machine.warning:
        click.echo(f"warning: {machine.warning}", err=True)
    with tempfile.TemporaryDirectory() as folder:
        client = compiled(Path(folder))
        show(HEADINGS)
        show(("---", *["---:"] * (len(HEADINGS) - 1)))
        for number, start in enumerate(SERVERS):
            own = Path(folder, str(number))
            own.mkdir()
            try:
                with start(own) as server:
                    if only in server.name:
                        show(row(client, server, seconds))
            except NotHere as missing:
                click.echo(f"skipped, not installed: {missing}", err=True)
            except (RuntimeError, subprocess.TimeoutExpired) as failed:
                click.echo(f"failed: {failed}", err=True)
        if not no_growth:
            own = Path(folder, "growth")
            own.mkdir()
            with servers.hub(own) as server:
                for cells in growth(client, server, seconds):
                    show(cells)


if __name__ == "__main__":
    main()
