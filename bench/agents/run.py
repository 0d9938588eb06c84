"""Measure what the hub adds to agents and models: `python -m bench.agents.run [NAME...] [--quick] [--write FILE]`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.agents.report import BENCHES, page
from bench.figures import QUICK, Effort
from bench.machine import this_machine
from bench.table import as_json, plain


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([bench.name for bench in BENCHES]), metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="A tenth of the operations, twice: to see that all of it works.")
@click.option("--repetitions", type=click.IntRange(min=1), help="How often to measure each figure. [5]")
@click.option("--json", "wants_json", is_flag=True, help="Print everything measured as JSON.")
@click.option("--write", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write the page.")
def main(names: tuple[str, ...], quick: bool, repetitions: int | None, wants_json: bool, path: Path | None) -> None:
    """Measure what the hub adds to agents and models: updates, models, or both. Only loopback.

    The server beside it is installed from the package index the first time, below build/.
    """
    effort = QUICK if quick else Effort()
    effort = Effort(repetitions or effort.repetitions, effort.part)
    machine = this_machine()
    click.echo(machine.description, err=True)
    if machine.warning:
        click.echo(f"warning: {machine.warning}", err=True)
    results = {}
    for bench in BENCHES:
        if not names or bench.name in names:
            results[bench.name] = list(bench.measure(effort))
            if not wants_json:
                click.echo(f"\n{bench.name}\n{plain(results[bench.name])}")
    if wants_json:
        json.dump(as_json(machine, results), sys.stdout, indent=2)
    if path is not None:
        path.write_text(page(machine, datetime.now(UTC).date(), results), "utf-8")
        click.echo(f"wrote {path}", err=True)


if __name__ == "__main__":
    main()
