"""Providers that nobody has configured: looked for now and then, offered once they are there."""

from __future__ import annotations

from atrium.sdk import Context
from atrium.sdk.providers import Provider

FINDER_POINT = "providers.finder"
"""The extension point at which implementations of `ProviderFinder` are offered."""

LOOK_SECONDS = 60.0


async def look_for_providers(context: Context, point: str) -> None:
    """Offer what the finders find at a point, for as long as the plugin runs and there are any."""
    offered: list[Provider] = []
    while finders := context.extensions.at(FINDER_POINT):
        for finder in finders:
            for provider in await finder.value.find():
                if not any(provider is known for known in offered):
                    offered.append(provider)
                    context.extensions.contribute(point, provider)
        await context.clock.sleep(LOOK_SECONDS)
