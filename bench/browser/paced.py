"""A plugin file for the hub under measurement: a provider that speaks at the pace of a fast model."""

import asyncio
from collections.abc import AsyncIterator

from atrium.sdk import Manifest, Plugin
from atrium.sdk.providers import ProviderEvent, ProviderInfo, TextDelta, TurnRequest
from atrium.testing.plain_provider import PlainProvider

SECONDS = 0.02
"""From one token to the next: 50 tokens a second."""


class Paced(PlainProvider):
    """Answers a number with so many tokens, one after another."""

    info = ProviderInfo(id="paced", name="Paced", version="1.0.0", capabilities={"streaming": True})

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
