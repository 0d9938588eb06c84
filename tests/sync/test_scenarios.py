"""The contract of `contracts/sync/scenarios.json` over the in-memory transport."""

import subprocess
import sys
from pathlib import Path

import pytest

from atrium.testing.sync_scenarios import InMemoryTransport, Scenario, load_scenarios, run_scenario

SCENARIOS = Path(__file__).parents[2] / "contracts" / "sync" / "scenarios.json"


@pytest.mark.parametrize("scenario", load_scenarios(SCENARIOS), ids=str)
async def test_contract(scenario: Scenario) -> None:
    await run_scenario(scenario, InMemoryTransport())


async def test_a_broken_expectation_names_its_step() -> None:
    scenario = Scenario("wrong", "", {"A": {}}, [{"do": "bump"}, {"do": "start"}, {"expect": {"fetches": 2}}])
    with pytest.raises(AssertionError, match=r"wrong, step 3 .*fetches is 1, expected 2"):
        await run_scenario(scenario, InMemoryTransport())


def test_importing_sync_is_cheap() -> None:
    """It loads the standard library and itself, nothing else."""
    code = (
        "import sys; import asyncio, atrium; before = set(sys.modules); import atrium.sync; "
        "print(*sorted(n for n in set(sys.modules) - before "
        "if n.partition('.')[0] not in sys.stdlib_module_names and not n.startswith('atrium.sync')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
