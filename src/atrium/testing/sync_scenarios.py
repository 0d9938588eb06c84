"""Run `contracts/sync/scenarios.json` against any sync transport.

The file says what its steps mean. Give `run_scenario` a fresh transport for each scenario:

    @pytest.mark.parametrize("scenario", load_scenarios(path), ids=str)
    async def test_contract(scenario: Scenario) -> None:
        await run_scenario(scenario, MyTransport())
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium.sync import InMemoryHub, InvalidationSubscriber, Revision, SnapshotProvider
from atrium.testing.sync_windows import Activity, Json, Restartable, Source, SyncTransport, Window, substitute

__all__ = [
    "InMemoryTransport",
    "Restartable",
    "Scenario",
    "SyncTransport",
    "load_scenarios",
    "load_vectors",
    "run_scenario",
]


class InMemoryTransport:
    """The in-memory hub under test."""

    def __init__(self) -> None:
        self.hub: InMemoryHub[object] = InMemoryHub()

    async def bump(self, topic: str, data: object) -> Revision:
        """Change the hub's topic."""
        return self.hub.bump(topic, data)

    async def emit(self, payload: object) -> None:
        """Deliver the payload at once."""
        self.hub.emit(payload)  # type: ignore[arg-type]  # malformed payloads are the point

    def subscriber(self) -> InvalidationSubscriber:
        """Return the hub's event side."""
        return self.hub.subscriber()

    def provider(self, topic: str) -> SnapshotProvider[object]:
        """Return the hub's snapshot side."""
        return self.hub.provider(topic)

    async def settle(self) -> None:
        """Return: delivery is immediate."""

    async def close(self) -> None:
        """Return: there is nothing to release."""


@dataclass(frozen=True)
class Scenario:
    """One scenario of the file, its `forEach` already resolved."""

    id: str
    title: str
    windows: Mapping[str, Mapping[str, Json]]
    steps: Sequence[Mapping[str, Json]]

    def __str__(self) -> str:
        return self.id


def load_scenarios(path: Path) -> list[Scenario]:
    """Read the scenarios of a file, one for each `forEach` value."""
    return [scenario for raw in json.loads(path.read_text("utf-8"))["scenarios"] for scenario in _expand(raw)]


def load_vectors(path: Path) -> dict[str, Json]:
    """Read the tables for the parts: `revisions`, `comparisons`, `retry`."""
    vectors: dict[str, Json] = json.loads(path.read_text("utf-8"))["vectors"]
    return vectors


async def run_scenario(scenario: Scenario, transport: SyncTransport) -> None:
    """Carry a scenario out and close the transport; raise `AssertionError` naming the step that fails."""
    stage = _Stage(scenario, transport)
    try:
        for number, step in enumerate(scenario.steps, 1):
            try:
                await stage.carry_out(step)
            except AssertionError as error:
                raise AssertionError(f"{scenario.id}, step {number} {json.dumps(step)}: {error}") from error
    finally:
        await stage.close()


class _Stage:
    """Carry out steps."""

    def __init__(self, scenario: Scenario, transport: SyncTransport) -> None:
        self._activity = Activity()
        self._transport = transport
        self._source = Source(transport)
        self._windows = {
            name: Window(self._source, options, self._activity) for name, options in scenario.windows.items()
        }
        self._verbs: dict[str, Callable[[Window, Mapping[str, Json]], Any]] = {
            "hold": lambda window, step: window.gates[step["what"]].hold(),
            "release": lambda window, step: window.gates[step["what"]].release(),
            "answer": lambda window, step: window.answers.append(step),
            "stop": lambda window, step: window.stop(),
            "start": lambda window, step: window.call("start"),
            "refresh": lambda window, step: window.call("refresh"),
        }

    async def carry_out(self, step: Mapping[str, Json]) -> None:
        """Do or expect one thing, then come to rest and check what must always hold."""
        window = self._windows[step.get("window", "A")]
        if "expect" in step:
            self._compare(window, self._source.resolve(step["expect"]))
            return
        for _ in range(step.get("times", 1)):
            await self._do(window, step)
        if step["do"] in ("start", "refresh", "finish"):
            await self._conclude(window, step.get("then", "resolves"))
        await self._rest()
        for each in self._windows.values():
            each.verify()

    async def close(self) -> None:
        """Let everything end."""
        for window in self._windows.values():
            for gate in window.gates.values():
                gate.release()
            window.stop()
            await asyncio.gather(*window.calls, return_exceptions=True)
        await self._rest()
        await self._transport.close()

    async def _do(self, window: Window, step: Mapping[str, Json]) -> None:
        verb = step["do"]
        topic = self._source.resolve(step.get("topic", "$topic"))
        if verb in ("bump", "publish"):
            await self._source.bump(topic, step)
        if verb in ("emit", "publish"):
            await self._transport.emit(self._payload(step, topic))
        if verb == "restart" and isinstance(self._transport, Restartable):
            await self._transport.restart(step.get("clockMs", 0))
        if verb == "fail":
            window.gates[step["what"]].failures += 1
        if verb in self._verbs:
            self._verbs[verb](window, step)

    def _payload(self, step: Mapping[str, Json], topic: str) -> Json:
        if "payload" in step:
            return self._source.resolve(step["payload"])
        revision = self._source.resolve(step.get("revision")) or self._source.newest(topic)
        source = {"sourceId": step["sourceId"]} if "sourceId" in step else {}
        carried = {"snapshot": self._source.carried(topic, step["snapshot"])} if "snapshot" in step else {}
        return {"topic": topic, "revision": revision, **source, **carried, **step.get("extra", {})}

    async def _conclude(self, window: Window, then: str) -> None:
        if then == "pending":
            return
        calls, window.calls = window.calls, []
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for outcome in outcomes:
            rejected = isinstance(outcome, BaseException)
            assert rejected == (then == "rejects"), f"expected a call that {then}, got {outcome!r}"

    async def _rest(self) -> None:
        while True:
            before = self._activity.changes
            await self._transport.settle()
            for _ in range(12):  # turns of the loop: more than any chain of callbacks between two activities
                await asyncio.sleep(0)
            if self._activity.under_way == 0 and self._activity.changes == before:
                return

    @staticmethod
    def _compare(window: Window, expected: Mapping[str, Json]) -> None:
        seen = window.seen()
        for key, value in expected.items():
            assert seen[key] == value, f"{key} is {seen[key]!r}, expected {value!r}"


def _expand(raw: Mapping[str, Json]) -> Iterator[Scenario]:
    ((name, values),) = raw.get("forEach", {"": [None]}).items()
    for index, value in enumerate(values):
        suffix = f"[{index}]" if name else ""
        windows = raw.get("windows", {"A": {}})
        yield Scenario(raw["id"] + suffix, raw["title"], windows, substitute(raw["steps"], {name: value}))
