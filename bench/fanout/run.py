"""Fan out from one publisher to many clients, beside other servers: `python -m bench.fanout.run [PART...]`."""

from __future__ import annotations

import pickle
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from bench.disk import folder
from bench.fanout import comparison, growth, servers
from bench.fanout.behind import behind
from bench.fanout.changes import changes
from bench.fanout.client import compiled
from bench.fanout.growth import over_clients, over_streams
from bench.fanout.held import held
from bench.fanout.report import Results, table, write
from bench.fanout.servers import NotHere, Server
from bench.fanout.stalled import stalled
from bench.figures import QUICK, Effort, Figure
from bench.machine import this_machine
from bench.table import plain

KEPT = Path("build/fanout.pickle")
"""What the last run has measured so far: a run takes half an hour, and one that was cut short can go on."""

T = TypeVar("T")
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
GROWING: tuple[Start, ...] = (servers.hub, servers.nats, servers.redis)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a part needs: the load client, a folder, seconds for each run, and how much to do."""

    client: Path
    folder: Path
    seconds: float
    effort: Effort

    def each(self, starts: tuple[Start, ...], measure: Callable[[Server], Iterator[T]]) -> list[T]:
        """Measure one server after the other; one that is not installed or fails is told of and left out."""
        found: list[T] = []
        for start in starts:
            try:
                with self.running(start) as server:
                    found += measure(server)
            except NotHere as missing:
                click.echo(f"skipped, not installed: {missing}", err=True)
            except (RuntimeError, subprocess.SubprocessError) as failed:
                click.echo(f"failed: {failed}", err=True)
        return found

    def running(self, start: Start) -> AbstractContextManager[Server]:
        """Run a server in a folder of its own."""
        return start(Path(tempfile.mkdtemp(dir=self.folder)))


def _servers(bench: Bench, results: Results) -> None:
    click.echo(table(comparison.HEADINGS, []))
    results.lines = bench.each(SERVERS, partial(_line, bench))


def _line(bench: Bench, server: Server) -> Iterator[comparison.Line]:
    found = comparison.line(bench.client, server, bench.seconds)
    click.echo("| " + " | ".join(found.cells) + " |")
    yield found


def _clients(bench: Bench, results: Results) -> None:
    measure = partial(over_clients, bench.client, seconds=bench.seconds)
    results.clients = bench.each(GROWING, measure)
    click.echo(table(growth.HEADINGS, [one.cells for one in results.clients]))


def _streams(bench: Bench, results: Results) -> None:
    results.streams = []
    for each in (1, growth.EACH):
        measure = partial(over_streams, bench.client, seconds=bench.seconds, each=each)
        results.streams += bench.each(GROWING, measure)
    click.echo(table(growth.HEADINGS, [one.cells for one in results.streams]))


def _held(bench: Bench) -> Iterator[Figure]:
    with bench.running(servers.hub) as hub, bench.running(servers.nats) as rival:
        yield from held(bench.client, hub, rival, bench.effort)


def _stalled(bench: Bench) -> Iterator[Figure]:
    with bench.running(servers.hub) as hub:
        yield from stalled(bench.client, hub, bench.effort)


def _behind(bench: Bench) -> Iterator[Figure]:
    with ExitStack() as running:
        hub = running.enter_context(bench.running(servers.hub))
        yield from behind(hub, running.enter_context(bench.running(servers.redis)), bench.effort)


def _changes(bench: Bench) -> Iterator[Figure]:
    with bench.running(servers.hub) as hub:
        yield from changes(hub, bench.effort)


TABLES: Mapping[str, Callable[[Bench, Results], None]] = {"servers": _servers, "clients": _clients, "streams": _streams}
FIGURES: Mapping[str, Callable[[Bench], Iterator[Figure]]] = {
    "held": _held,
    "stalled": _stalled,
    "behind": _behind,
    "changes": _changes,
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*TABLES, *FIGURES]), metavar="[PART]...")
@click.option("--quick", is_flag=True, help="One second each, a tenth of the operations: to see that all of it works.")
@click.option("--go-on", is_flag=True, help="Take the parts that are not named from the last run, for the page.")
@click.option("--write", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write the page and pictures.")
def main(parts: tuple[str, ...], quick: bool, go_on: bool, path: Path | None) -> None:
    """Measure the fan-out path beside other servers: all parts, or those named. Only loopback, each run bounded.

    Parts: servers, clients, streams (tables), held, stalled, behind, changes (figures with bars).
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    results = Results(this_machine(), datetime.now(UTC).date())
    if go_on and KEPT.is_file():
        results = pickle.loads(KEPT.read_bytes())  # noqa: S301 - written by the last run, below
    click.echo(results.machine.description, err=True)
    if results.machine.warning:
        click.echo(f"warning: {results.machine.warning}", err=True)
    with folder() as place:
        bench = Bench(compiled(place), place, 1.0 if quick else 4.0, QUICK if quick else Effort())
        for name in parts or (*TABLES, *FIGURES):
            click.echo(f"\n{name}")
            _run(name, bench, results)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_bytes(pickle.dumps(results))
    if path is not None:
        write(results, path)
        click.echo(f"wrote {path} and its pictures", err=True)


def _run(name: str, bench: Bench, results: Results) -> None:
    if name in TABLES:
        TABLES[name](bench, results)
        return
    try:
        results.figures[name] = list(FIGURES[name](bench))
        click.echo(plain(results.figures[name]))
    except NotHere as missing:
        click.echo(f"skipped, not installed: {missing}", err=True)
    except (RuntimeError, subprocess.SubprocessError) as failed:
        click.echo(f"failed: {failed}", err=True)


if __name__ == "__main__":
    main()
