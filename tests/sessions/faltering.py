"""A plugin for the `plugins/` folder of a home: the provider `faltering`, which fails as a message says.

`again` and `later` fail at each first attempt of a turn, `later` with a minute to wait; `never` fails as only a person
mends, and `bug` as nobody has foreseen.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.errors import ProviderAuthFailed, ProviderUnreachable
from atrium.sdk.providers import Availability, Command, Progress, ProviderEvent, ProviderInfo, TextDelta, TurnRequest


class FalteringProvider:
    """The provider."""

    info = ProviderInfo("faltering", "Faltering", "1", {"tools": True})
    availability = Availability("active")

    def __init__(self) -> None:
        self.seen: set[str] = set()

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Do nothing."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Do nothing."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Do nothing."""

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

    async def control(self, session_id: str, command: Command) -> None:
        """Do nothing."""

    async def stop_session(self, session_id: str) -> None:
        """Do nothing."""


class Faltering(Plugin[NoConfig]):
    """Offers the provider."""

    manifest = Manifest(name="faltering", version="1.0.0", description="A provider that fails")

    async def start(self) -> None:
        """Offer it."""
        self.context.extensions.contribute("providers.provider", FalteringProvider())
