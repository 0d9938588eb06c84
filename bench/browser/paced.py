"""A plugin file for the hub under measurement: a provider that speaks at the pace of a fast model."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from atrium.sdk import Manifest, Plugin
from atrium.sdk.providers import Availability, Command, Progress, ProviderEvent, ProviderInfo, TextDelta, TurnRequest

SECONDS = 0.02
"""From one token to the next: 50 tokens a second."""


class Paced:
    """Answers a number with so many tokens, one after another."""

    info = ProviderInfo(id="paced", name="Paced", version="1.0.0", capabilities={"streaming": True})
    availability = Availability("active")

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Need no settings."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Need no files."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Keep nothing."""

    async def stop_session(self, session_id: str) -> None:
        """Keep nothing."""

    async def control(self, session_id: str, command: Command) -> None:
        """Take no commands."""

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Speak."""
        for number in range(1, int(turn.content) + 1):
            yield TextDelta(f"tok-{number} ")
            await asyncio.sleep(SECONDS)


class PacedPlugin(Plugin):
    """Offers the provider."""

    manifest = Manifest(name="paced", version="1.0.0", description="A provider for measurements.")

    async def start(self) -> None:
        """Offer it."""
        self.context.extensions.contribute("providers.provider", Paced())
