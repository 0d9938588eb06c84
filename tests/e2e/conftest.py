"""One browser and one hub for all tests that leave them as they were."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.screens import browser_at, hub_at
from tests.faults.daemon import Daemon


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser; each screen is a window with a profile of its own."""
    async with browser_at(chromium) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lasting_daemon(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Daemon]:
    """A hub with the provider that speaks on cue."""
    async with hub_at(tmp_path_factory.mktemp("lasting") / "home") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(lasting_daemon: Daemon) -> Daemon:
    """The hub without sessions. A test may kill it if it starts it again."""
    if not lasting_daemon.alive:
        lasting_daemon.start()
        await lasting_daemon.healthy()
    async with lasting_daemon.http() as http:
        for session in (await http.get("/sessions", params={"limit": "500"})).json()["data"]:
            # A page that was closed may be about to delete its own: what it held back is sent when it is left.
            assert (await http.delete(f"/sessions/{session['id']}")).status_code in {204, 404}
    for cue in (lasting_daemon.home / "cues").iterdir():
        cue.unlink()
    return lasting_daemon
