"""A plugin file for the hub under test: a provider that uses what the message says, `INPUT OUTPUT CACHED COST`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from atrium.sdk import Manifest, Plugin, ProviderError
from atrium.sdk.host import Host
from atrium.sdk.providers import (
    ProviderEvent,
    ProviderInfo,
    Quota,
    TextDelta,
    TurnRequest,
    Usage,
)
from atrium.testing.plain_provider import PlainProvider


class Spender(PlainProvider):
    """Says how much it used, twice: at first half of it."""

    def __init__(self, provider_id: str) -> None:
        self.info = ProviderInfo(provider_id, provider_id.title(), "1.0.0", retries=False)
        self.asked = 0

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Do as told: `limit NAME LIMIT REMAINING` tells a limit, `fail` fails behind the first half."""
        self.asked += 1
        verb, *rest = turn.content.split()
        if verb == "limit":
            yield Quota(rest[0], int(rest[1]), int(rest[2]), 1_900_000_000.0)
            yield TextDelta("told")
            return
        if verb == "free":
            yield Usage(5, 5)
            return
        fails = verb == "fail"
        given, answered, cached, cost = rest if fails else (verb, *rest)
        yield Usage(int(given), 0, 0.0, int(cached), "m-1")
        yield TextDelta("hello")
        if fails:
            raise ProviderError("as told")
        yield Usage(int(given), int(answered), float(cost), int(cached), "m-1")


class Spending(Plugin):
    """Offers two of them."""

    manifest = Manifest(name="spending", dependencies=("providers",))

    def __init__(self, host: Host | None = None) -> None:
        super().__init__(host)
        self.spenders = {name: Spender(name) for name in ("spender", "other")}

    async def start(self) -> None:
        """Offer them."""
        for spender in self.spenders.values():
            self.context.extensions.contribute("providers.provider", spender)
