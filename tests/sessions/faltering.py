"""A plugin for the `plugins/` folder of a home: the provider `faltering`, which fails as a message says.

`again` and `later` fail at each first attempt of a turn, `later` with a minute to wait; `never` fails as only a person
mends, and `bug` as nobody has foreseen.
"""

from collections.abc import AsyncIterator

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.errors import ProviderAuthFailed, ProviderUnreachable
from atrium.sdk.providers import ProviderEvent, ProviderInfo, TextDelta, TurnRequest
from atrium.testing.plain_provider import PlainProvider


class FalteringProvider(PlainProvider):
    """The provider."""

    info = ProviderInfo("faltering", "Faltering", "1", {"tools": True})

    def __init__(self) -> None:
        self.seen: set[str] = set()

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Fail, or answer."""
        if turn.content == "never":
            raise ProviderAuthFailed("the key is no good")
        if turn.content == "bug":
            raise KeyError("nobody has foreseen it")
        if turn.content in {"again", "later"} and turn.turn_id not in self.seen:
            self.seen.add(turn.turn_id)
            raise ProviderUnreachable("there is no route to it", retry_after=60 if turn.content == "later" else None)
        yield TextDelta(f"after {len(turn.history)} messages: {turn.content}")


class Faltering(Plugin[NoConfig]):
    """Offers the provider."""

    manifest = Manifest(name="faltering", version="1.0.0", description="A provider that fails")

    async def start(self) -> None:
        """Offer it."""
        self.context.extensions.contribute("providers.provider", FalteringProvider())
