"""A plugin for the `plugins/` folder of a home: the provider `forgetful`, which reads little, and summarises the rest.

A conversation with the word `dawdle` in its older part is not done with until somebody has had enough.
"""

import asyncio
from collections.abc import AsyncIterator

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.providers import ProviderEvent, ProviderInfo, TextDelta, TurnRequest
from atrium.testing.plain_provider import PlainProvider


class ForgetfulProvider(PlainProvider):
    """The provider."""

    info = ProviderInfo(
        "forgetful", "Forgetful", "1", {"tools": True, "summaries": True}, {"historyCharacters": 400}, retries=False
    )

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Summarise, or answer."""
        if turn.text_only and "dawdle" in turn.content:
            await asyncio.Event().wait()
        if turn.text_only:
            yield TextDelta("In brief: there were questions.")
            return
        knows = "a summary" if turn.history and turn.history[0].is_summary else "no summary"
        yield TextDelta(f"I know {knows} and {len(turn.history)} messages.")


class Forgetful(Plugin[NoConfig]):
    """Offers the provider."""

    manifest = Manifest(name="forgetful", version="1.0.0", description="A provider that reads little")

    async def start(self) -> None:
        """Offer it."""
        self.context.extensions.contribute("providers.provider", ForgetfulProvider())
