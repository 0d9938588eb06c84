"""The contract of `contracts/sync/scenarios.json` over WebSocket and HTTP, at a real gateway and kernel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from atrium.client import Pace, attach
from atrium.sync import SnapshotEnvelope
from atrium.testing.sync_scenarios import Scenario, load_scenarios, run_scenario
from tests.sync.hub_transport import SOON, House, HubTransport

SCENARIOS = Path(__file__).parents[2] / "contracts" / "sync" / "scenarios.json"


ASKED = {
    "carried-snapshot": (4, "two at the start, two for the event without one"),
    "carried-snapshot-late": (1, "at the start"),
    "carried-snapshot-stale": (2, "one for the event that it is older than"),
    "carried-snapshot-ahead": (1, "at the start"),
    "carried-snapshot-overtaken": (3, "one for the event that overtook it"),
    "carried-snapshot-kept": (2, "one after the restart"),
    "carried-snapshot-malformed": (2, "one in its place"),
}
"""How often HTTP is needed, and what for."""


def carries(scenario: Scenario) -> bool:
    return any("snapshot" in step for step in scenario.steps)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    running = House(tmp_path)
    await running.start()
    yield running
    await running.stop()


@pytest.mark.parametrize("scenario", load_scenarios(SCENARIOS), ids=str)
async def test_contract(scenario: Scenario, house: House) -> None:
    transport = HubTransport(house)
    await transport.open()
    await run_scenario(scenario, transport)


@pytest.mark.parametrize("scenario", [one for one in load_scenarios(SCENARIOS) if carries(one)], ids=str)
async def test_contract_where_snapshots_come_with_their_events(scenario: Scenario, house: House) -> None:
    transport = HubTransport(house, shared=True)
    await transport.open()
    await run_scenario(scenario, transport)
    fetches, believed = ASKED[scenario.id.partition("[")[0]]
    assert transport.asked == fetches, f"asked for {transport.asked} of them, {believed}"


async def test_the_hub_announces_what_it_stores(house: House) -> None:
    """Without scenarios and losses: ten windows follow by the hub's own announcements, through a restart of it."""
    last, arrived = {"n": 40}, asyncio.Event()
    seen: dict[int, list[int]] = {window: [] for window in range(10)}

    def note(window: int, snapshot: SnapshotEnvelope[object]) -> None:
        assert isinstance(snapshot.data, list)
        seen[window].append(snapshot.data[0]["value"]["n"])
        if all(numbers and numbers[-1] == last["n"] for numbers in seen.values()):
            arrived.set()

    async with AsyncExitStack() as windows:
        await house.settings.change("app-config", {"n": 0})
        for window in seen:
            client = await windows.enter_async_context(attach(house.home, pace=Pace(policy=SOON, restart_policy=SOON)))
            await windows.enter_async_context(client.topic("app-config", partial(note, window)))
        for number in range(1, 21):
            await house.settings.change("app-config", {"n": number})
        await house.stop()
        await house.start()
        for number in range(21, 41):
            await house.settings.change("app-config", {"n": number})
        async with asyncio.timeout(50):
            await arrived.wait()
    assert all(numbers == sorted(set(numbers)) for numbers in seen.values())
