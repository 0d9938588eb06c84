"""Run benchmarks and print a table: `python -m bench.run [NAME...] [--quick] [--json] [--write FILE] [--list]`."""

from __future__ import annotations

import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click

from bench.catalogue import BENCHES, find
from bench.figures import QUICK, Bench, Effort, Figure
from bench.machine import this_machine
from bench.table import as_json, page, plain


def measured(name: str, effort: Effort) -> list[Figure]:
    """Run one benchmark in this process."""
    return list(find(name).measure(effort))


def measured_apart(name: str, effort: Effort) -> list[Figure]:
    """Run one benchmark in a new process, so that none finds what another has left in memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measured, name, effort).result()


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="A tenth of the operations, twice: to see that all of it works.")
@click.option("--repetitions", type=click.IntRange(min=1), help="How often to measure each figure. [5]")
@click.option("--json", "wants_json", is_flag=True, help="Print everything measured as JSON.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the page of the documentation.")
@click.option("--list", "wants_list", is_flag=True, help="Say which benchmarks there are, and run none.")
def main(
    names: tuple[str, ...], quick: bool, repetitions: int | None, wants_json: bool, write: Path | None, wants_list: bool
) -> None:
    """Measure what the hub does, beside references that run on the same machine. All benchmarks, or those named."""
    if wants_list:
        for bench in BENCHES:
            click.echo(f"{bench.name:14}{bench.describes.strip().splitlines()[0]}")
        return
    chosen = [_find(name).name for name in names] or [bench.name for bench in BENCHES]
    effort = QUICK if quick else Effort()
    effort = Effort(repetitions or effort.repetitions, effort.part)
    machine = this_machine()
    click.echo(machine.description, err=True)
    if machine.warning:
        click.echo(f"warning: {machine.warning}", err=True)
    results = {}
    for name in chosen:
        results[name] = measured_apart(name, effort)
        if not wants_json:
            click.echo(f"\n{name}\n{plain(results[name])}")
    if wants_json:
        json.dump(as_json(machine, results), sys.stdout, indent=2)
    if write is not None:
        write.write_text(page(machine, results), "utf-8")
        click.echo(f"wrote {write}", err=True)


def _find(name: str) -> Bench:
    try:
        return find(name)
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None


if __name__ == "__main__":
    main()
