"""Hold a hub with five agents and watch what grows: `python -m bench.agents_soak --minutes 10`.

Five scripted agents, each a process with a child of its own, in two sessions each that talk and are deleted; one agent
is killed in the middle. What must not grow is sampled and judged as in `bench.soak`. The run fails as well if a process
of an agent is left when nobody talks or when the hub has ended, if a turn fails that was not the killed agent's, or if
that agent does not come back. An echo session is timed alone first, and then beside the agents.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
import psutil

from atrium.client import Client, Entry
from bench.agents.homes import COMMAND, configure, script
from bench.disk import folder
from bench.figures import Figure, Reference
from bench.load import run_load
from bench.loops import run_on
from bench.machine import this_machine
from bench.server import Server
from bench.soak import soak, table, verdicts, watched_hub
from bench.soak_load import ENDS, TURN_SECONDS
from bench.table import plain

AGENTS = tuple(f"agent{number}" for number in range(1, 6))
SESSIONS, MESSAGES = 2, 12
"""Sessions that each agent has at once, and the most messages after which one is deleted and another created."""

SEED = 17

PIECES, PAUSE_MS, REST_SECONDS = 50, 20.0, 0.2
IDLE_SECONDS = 2.0
"""Less than the time a soak waits until all is as before."""

BURST, BETWEEN_BURSTS = 100, 10.0
MOST_ALONE = 10
"""Bursts that are timed without agents: one for each tenth of a minute, and no more than this."""

POLL_SECONDS = 0.05
MARK = "ATRIUM_SOAK_HOME"
COUNTED = ("messages", "sessions", "failed turns", "echoes", "kills", "processes")
"""Processes are those of all agents, counted when one is killed."""


@dataclass(slots=True)
class Happened:
    """What became of the agents: turns completed by each, seconds of each echo, who was killed and had done what."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    turns: Counter[str] = field(default_factory=Counter)
    echoes: list[float] = field(default_factory=list)
    killed: str = ""
    turns_at_death: int = 0


class Agents:
    """The load: all agents at work, the death of one, and the echo session that is timed beside them."""

    def __init__(self, client: Client, home: Path, server: Server, seconds: float, happened: Happened) -> None:
        self.counts = happened.counts
        self._home = home
        self._client = client
        self._server = server
        self._seconds = seconds
        self._happened = happened
        self._dice = random.Random(SEED)
        self._over = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Go on for as long as the block lasts; an error of anybody ends the block with it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._talk(agent)) for agent in AGENTS for _ in range(SESSIONS)]
            tasks.append(group.create_task(self._kill()))
            _ = group.create_task(self._echo())
            try:
                yield
            finally:
                self._over.set()
                for task in tasks:
                    task.cancel()

    async def leave(self) -> None:
        """Delete what sessions there still are."""
        async for session in self._client.sessions.all():
            await self._client.sessions.delete(session.id)

    async def _talk(self, agent: str) -> None:
        """Live through one session after another."""
        while True:
            session = await self._client.sessions.create(agent)
            self.counts["sessions"] += 1
            async with self._client.following(session) as entries:
                for _ in range(self._dice.randint(1, MESSAGES)):
                    await self._client.sessions.send(session, script("work", PIECES, PAUSE_MS))
                    async with asyncio.timeout(TURN_SECONDS):
                        has_completed = await _end_of_turn(entries) == ENDS[0]
                    self.counts["messages"] += 1
                    self.counts["failed turns"] += not has_completed
                    self._happened.turns[agent] += has_completed
                    await asyncio.sleep(REST_SECONDS)
                await self._client.sessions.delete(session)

    async def _kill(self) -> None:
        """Kill one agent in the middle, and not its child."""
        await asyncio.sleep(self._seconds / 2)
        while not (victims := self._running()):  # noqa: ASYNC110  # other processes
            await asyncio.sleep(POLL_SECONDS)
        self.counts["processes"] = len(processes_of(self._home))
        victim = victims[0]
        killed = self._happened.killed = victim.cmdline()[-1]
        self._happened.turns_at_death = self._happened.turns[killed]
        victim.kill()
        self.counts["kills"] += 1

    def _running(self) -> list[psutil.Process]:
        return [one for one in self._server.process.children() if one.cmdline()[-1] in AGENTS]

    async def _echo(self) -> None:
        """Time an echo session now and then, and delete it: its entries are no growth."""
        while not await self._is_over(min(BETWEEN_BURSTS, self._seconds / 4)):
            self._happened.echoes += (await asyncio.to_thread(run_load, self._server, 1, BURST)).latencies
            self.counts["echoes"] += BURST
            async for session in self._client.sessions.all():
                if session.provider_id == "echo":
                    await self._client.sessions.delete(session.id)

    async def _is_over(self, within: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._over.wait()
        return self._over.is_set()


async def _end_of_turn(entries: AsyncIterator[Entry]) -> str:
    async for entry in entries:
        if entry.type in ENDS:
            return entry.type
    raise RuntimeError("the session ended before its turn did")


def sections(home: Path) -> dict[str, dict[str, Any]]:
    """Return the agents' sections; all their processes can be told by the home in their environment."""
    return {
        name: {
            "kind": "acp",
            "command": (*COMMAND, "--child", name),
            "env": {MARK: str(home)},
            "idleSeconds": IDLE_SECONDS,
        }
        for name in AGENTS
    }


def processes_of(home: Path) -> list[int]:
    """Return the ids of all processes that an agent of this home has begun, or one of its children."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def beside(alone: list[float], crowded: list[float]) -> Iterator[Figure]:
    """Yield what an echo session takes beside agents, with what it takes alone; both are in seconds."""
    for name, at in (("p50", median), ("p99", _p99)):
        reference = Reference("without agents", (at(alone) * 1000,))
        yield Figure(f"echo beside {len(AGENTS)} agents, {name}", "ms", (at(crowded) * 1000,), None, None, (reference,))


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def faults(happened: Happened, when_idle: Sequence[int], after: Sequence[int]) -> Iterator[str]:
    """Yield what went wrong besides growth; processes are those of agents that are left."""
    if happened.counts["processes"] < 2:
        yield "an agent and its child were not found when they had to be there"
    if when_idle:
        yield f"{len(when_idle)} processes are left when nobody talks: {when_idle}"
    if after:
        yield f"{len(after)} processes are left when the hub has ended: {after}"
    if happened.counts["failed turns"] > SESSIONS * happened.counts["kills"]:
        yield f"{happened.counts['failed turns']} turns failed, more than the killed agent had"
    if happened.turns[happened.killed] <= happened.turns_at_death:
        yield f"{happened.killed or 'an agent'} was killed and did not come back"


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="How long.")
@click.option("--json", "wants_json", is_flag=True, help="Print everything sampled as JSON.")
def main(minutes: float, wants_json: bool) -> None:
    """Hold a hub with five agents and fail if something grows or is left."""
    machine = this_machine()
    click.echo(machine.description, err=True)
    happened = Happened()
    with folder() as home:
        configure(home, sections(home))
        with watched_hub(home) as server:
            run_load(server, 1, BURST)
            bursts = min(MOST_ALONE, round(minutes * 10))
            alone = [each for _ in range(bursts) for each in run_load(server, 1, BURST).latencies]
            begin = partial(Agents, home=home, server=server, seconds=minutes * 60, happened=happened)
            soaked = run_on("uvloop", soak(server, home, minutes * 60, begin))
            when_idle = processes_of(home)
        wrong = list(faults(happened, when_idle, processes_of(home)))
    found = verdicts(soaked.samples, soaked.before, soaked.after)
    echo = list(beside(alone, happened.echoes))
    click.echo(err=True)
    if wants_json:
        told = {"verdicts": [asdict(one) for one in found], "echo": [asdict(one) for one in echo], "faults": wrong}
        json.dump({"machine": asdict(machine), **told, **asdict(soaked)}, sys.stdout)
    else:
        click.echo("\n".join([table(found), "", plain(echo), ""]))
        click.echo(", ".join(f"{count:,} {name}" for name, count in soaked.counts.items()))
        click.echo("\n".join(wrong) or "no process is left, and no turn failed but the killed agent's")
    sys.exit(bool(wrong) or not all(one.passed for one in found))


if __name__ == "__main__":
    main()
