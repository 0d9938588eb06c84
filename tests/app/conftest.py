"""Homes and hubs for the tests of the app."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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


@pytest.fixture
async def daemon(home: Path) -> AsyncIterator[DaemonProcess]:
    """A running hub."""
    async with running_daemon(home) as found:
        yield found
