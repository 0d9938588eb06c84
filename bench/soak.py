"""Hold a hub under mixed load and watch what grows: `python -m bench.soak --minutes 20`.

Echo sessions that talk, are renamed and deleted, followers that come and go, clients that do not read. Memory, open
files, threads, tasks and what lies in the home are sampled; after a warm-up a line is fitted through each. The run
fails if one of them grows by more than its limit, or is not back where it was when everybody has left.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, linear_regression
from typing import Protocol

import click
import httpx

from atrium.client import Client, attach
from bench.chart import Line, Panel, svg
from bench.disk import folder
from bench.loops import run_on
from bench.machine import this_machine
from bench.server import Server, hub
from bench.soak_load import Crowd

PLUGIN = Path(__file__).with_name("soak_plugin.py")
SAMPLES = 240
LEAST_SAMPLES = 4
"""However short it is: a line needs points, also those that are left after the warm-up."""

SHORTEST_INTERVAL = 1.0
WARM_UP = 0.3
"""Part of the time after which the line begins: caches fill, and pages of the database are used for the first time."""

SETTLE_SECONDS = 5.0
SEED = 16
LOG_SHOWN = 10_000


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that must not grow: by more than a part of its mean, or `floor`, over the time that is looked at.

    `left` says by how much it may be above its start when everybody has left; None if that is not asked.
    """

    name: str
    unit: str
    part: float
    floor: float
    left: float | None = None


QUANTITIES = (
    Quantity("memory", "MB", 0.05, 3.0),
    Quantity("SQLite of it", "MB", 0.0, 8.0),
    Quantity("objects", "", 0.02, 2000.0),
    Quantity("open files", "", 0.1, 8.0, left=6),
    Quantity("threads", "", 0.0, 3.0),
    Quantity("tasks", "", 0.1, 10.0, left=4),
    Quantity("home", "MB", 0.1, 8.0),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was there at a time, in the order of `QUANTITIES`."""

    seconds: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one quantity. `growth` is that of the fitted line from the end of the warm-up on."""

    name: str
    unit: str
    mean: float
    growth: float
    limit: float
    slope_an_hour: float
    before: float
    after: float
    passed: bool


def judged(quantity: Quantity, times: Sequence[float], values: Sequence[float], before: float, after: float) -> Verdict:
    """Fit a line through the values and hold its growth against the limit."""
    slope = linear_regression(times, values).slope
    growth, mean = slope * (times[-1] - times[0]), fmean(values)
    limit = max(quantity.part * mean, quantity.floor)
    back = quantity.left is None or after - before <= quantity.left
    passed = growth <= limit and back
    return Verdict(quantity.name, quantity.unit, mean, growth, limit, slope * 3600, before, after, passed)


def verdicts(samples: Sequence[Sample], before: Sample, after: Sample) -> list[Verdict]:
    """Judge every quantity by the samples after the warm-up."""
    warm = [one for one in samples if one.seconds >= samples[-1].seconds * WARM_UP]
    times = [one.seconds for one in warm]
    return [
        judged(quantity, times, [one.values[index] for one in warm], before.values[index], after.values[index])
        for index, quantity in enumerate(QUANTITIES)
    ]


async def _sample(server: Server, http: httpx.AsyncClient, home: Path, began: float) -> Sample:
    inside = (await http.get("/soak")).raise_for_status().json()
    memory = (server.memory_mb()[0], inside["sqlite"] / 1e6, inside["objects"])
    counted = (server.process.num_fds(), server.process.num_threads(), inside["tasks"])
    return Sample(time.monotonic() - began, (*memory, *counted, _size_mb(home)))


def _size_mb(home: Path) -> float:
    sizes = []
    for path in home.rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return sum(sizes) / 1e6


@dataclass(frozen=True, slots=True)
class Soaked:
    """A whole run."""

    samples: list[Sample]
    before: Sample
    after: Sample
    counts: dict[str, int]


class Load(Protocol):
    """What goes on at a hub while it is watched; `counts` says how often something was done, `messages` among it."""

    counts: dict[str, int]

    def at_work(self) -> AbstractAsyncContextManager[None]: ...

    async def leave(self) -> None: ...


async def soak(server: Server, home: Path, seconds: float, begin: Callable[[Client], Load]) -> Soaked:
    """Watch a hub for so long under a load, and when that has left."""
    interval = max(seconds / SAMPLES, SHORTEST_INTERVAL)
    headers = {"Authorization": f"Bearer {server.token}"}
    base = f"http://127.0.0.1:{server.port}/api/v1"
    began, samples = time.monotonic(), list[Sample]()
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=60) as http:
        before = await _sample(server, http, home, began)
        async with attach(home) as client:
            load = begin(client)
            async with load.at_work():
                while time.monotonic() - began < seconds or len(samples) < LEAST_SAMPLES:
                    await asyncio.sleep(interval)
                    samples.append(await _sample(server, http, home, began))
                    _progress(samples[-1], load.counts)
            await load.leave()
        await asyncio.sleep(SETTLE_SECONDS)
        return Soaked(samples, before, await _sample(server, http, home, began), load.counts)


def _progress(sample: Sample, counts: dict[str, int]) -> None:
    values = ", ".join(f"{one.name} {value:.0f}" for one, value in zip(QUANTITIES, sample.values, strict=True))
    click.echo(f"\r{sample.seconds / 60:5.1f} min: {values}; {counts['messages']:,} messages ", err=True, nl=False)


def picture(soaked: Soaked) -> str:
    """Return a chart of each quantity over the minutes."""
    panels = [
        Panel(
            f"{one.name}, {one.unit}" if one.unit else one.name,
            "minutes",
            [Line("", [(sample.seconds / 60, sample.values[index]) for sample in soaked.samples])],
            logarithmic=False,
        )
        for index, one in enumerate(QUANTITIES)
    ]
    return svg("A hub under mixed load: memory, open files, threads, tasks and its home over time", panels)


@contextmanager
def watched_hub(home: Path) -> Iterator[Server]:
    """Run a hub with the plugin that counts; if the block fails, tell how its logs end."""
    (home / "plugins").mkdir()
    shutil.copy(PLUGIN, home / "plugins" / "soak.py")
    log = home / "hub.log"
    try:
        with hub(home, log) as server:
            yield server
    except (RuntimeError, BaseExceptionGroup):
        for said in (home / "logs" / "atrium.log", log):
            click.echo(f"\n{said.name} ends with:\n{said.read_text('utf-8')[-LOG_SHOWN:]}", err=True)
        raise


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=20.0, show_default=True, help="How long.")
@click.option("--json", "wants_json", is_flag=True, help="Print everything sampled as JSON.")
@click.option("--picture", "path", type=click.Path(dir_okay=False, path_type=Path), help="Draw the samples as SVG.")
def main(minutes: float, wants_json: bool, path: Path | None) -> None:
    """Hold a hub under mixed load and fail if something grows."""
    machine = this_machine()
    click.echo(machine.description, err=True)
    with folder() as home, watched_hub(home) as server:
        begin = partial(Crowd, port=server.port, token=server.token, seed=SEED)
        soaked = run_on("uvloop", soak(server, home, minutes * 60, begin))
    click.echo(err=True)
    found = verdicts(soaked.samples, soaked.before, soaked.after)
    if wants_json:
        json.dump(
            {"machine": asdict(machine), "verdicts": [asdict(one) for one in found], **asdict(soaked)}, sys.stdout
        )
    else:
        click.echo(table(found))
        click.echo(", ".join(f"{count:,} {name}" for name, count in soaked.counts.items()))
    if path is not None:
        path.write_text(picture(soaked), "utf-8")
    sys.exit(not all(one.passed for one in found))


def table(found: Sequence[Verdict]) -> str:
    """Return the verdicts for a terminal."""
    head = f"{'':12}{'mean':>10}{'growth':>9}{'limit':>9}{'an hour':>10}{'before':>9}{'after':>9}"
    rows = [
        f"{one.name:12}{one.mean:10.1f}{one.growth:+9.2f}{one.limit:9.2f}{one.slope_an_hour:+10.1f}"
        f"{one.before:9.1f}{one.after:9.1f}  {'ok' if one.passed else 'GROWS'}"
        for one in found
    ]
    return "\n".join([head, *rows])


if __name__ == "__main__":
    main()
