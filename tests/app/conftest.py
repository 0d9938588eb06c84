"""Homes and hubs for the tests of the app."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from atrium.testing.daemon import DaemonProcess, running_daemon


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.startswith("ATRIUM_") and name != "ATRIUM_CHROMIUM"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ATRIUM_HOME", str(tmp_path / "home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lasting_daemon(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DaemonProcess]:
    """One hub for all tests that leave it running."""
    async with running_daemon(tmp_path_factory.mktemp("lasting") / "home") as found:
        yield found


@pytest.fixture
async def daemon(lasting_daemon: DaemonProcess) -> DaemonProcess:
    """A running hub without sessions, on which no screen has left anything; the test must leave it running."""
    async with lasting_daemon.attach() as client:
        while sessions := (await client.sessions.list()).sessions:
            for session in sessions:
                await client.sessions.delete(session.id)
    for path in (lasting_daemon.home / "core").iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    return lasting_daemon
