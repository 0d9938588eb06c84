"""A plugin for the `plugins/` folder of a home: the provider `forgetful`, which reads little, and summarises the rest.

A conversation with the word `dawdle` in its older part is not done with until somebody has had enough.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.providers import Availability, Command, Progress, ProviderEvent, ProviderInfo, TextDelta, TurnRequest


class ForgetfulProvider:
    """The provider."""

    info = ProviderInfo(
        "forgetful", "Forgetful", "1", {"tools": True, "summaries": True}, {"historyCharacters": 400}, retries=False
    )
    availability = Availability("active")

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Do nothing."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Do nothing."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Do nothing."""

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Summarise, or answer."""
        if turn.text_only and "dawdle" in turn.content:
            await asyncio.Event().wait()
        if turn.text_only:
            yield TextDelta("In brief: there were questions.")
            return
        knows = "a summary" if turn.history and turn.history[0].is_summary else "no summary"
        yield TextDelta(f"I know {knows} and {len(turn.history)} messages.")

    async def control(self, session_id: str, command: Command) -> None:
        """Do nothing."""

    async def stop_session(self, session_id: str) -> None:
        """Do nothing."""


class Forgetful(Plugin[NoConfig]):
    """Offers the provider."""

    manifest = Manifest(name="forgetful", version="1.0.0", description="A provider that reads little")

    async def start(self) -> None:
        """Offer it."""
        self.context.extensions.contribute("providers.provider", ForgetfulProvider())
