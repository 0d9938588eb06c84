"""The secret store of a home, for commands that do not ask the hub."""

from __future__ import annotations

import os

from atrium.adapters.secrets import HomeSecretStore, open_store
from atrium.app.config import load
from atrium.app.home import Home
from atrium.app.sections import config_sections
from atrium.sdk.clock import SystemClock


def secret_store(home: Home) -> HomeSecretStore:
    """Return the store that the settings choose; raises `ConfigInvalid`."""
    section = load(home, config_sections(home), os.environ).section("secrets")
    return open_store(home.root, section.get("store", "auto"), SystemClock().now, os.environ)
