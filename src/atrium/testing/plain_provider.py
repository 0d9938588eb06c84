"""What a provider of a test has when it needs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from atrium.sdk.providers import Availability, Command, Progress


class PlainProvider:
    """A provider without settings, files and memory: what is left to say is `info` and `stream_events`."""

    availability = Availability("active")

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take no settings."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Fetch nothing."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Keep nothing."""

    async def control(self, session_id: str, command: Command) -> None:
        """Take no commands."""

    async def stop_session(self, session_id: str) -> None:
        """Keep nothing."""
