"""Which providers are left alone, and until when: live on the screens of those whose turns have met it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from atrium.plugins.providers.circuit import Circuit
from atrium.sdk import AtriumError, Context, Topic
from atrium.sdk.clock import timestamp

log = logging.getLogger(__name__)

COLLECTION = "circuits"
CIRCUITS = Topic("providers/circuits", collection=COLLECTION)


class Circuits:
    """Keeps a document for each circuit that is not closed, in each space whose turns have met it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._met: dict[str, set[str]] = {}
        self._storing = asyncio.Lock()

    async def open(self) -> None:
        """Forget what the last run has shown: a hub that starts anew trusts every provider."""
        for space in await self._context.storage.spaces(collection=COLLECTION):
            storage = self._context.storage.of(space)
            for provider_id in await storage.list_keys(collection=COLLECTION):
                await storage.delete(provider_id, collection=COLLECTION)

    def show(self, circuit: Circuit, space: str) -> None:
        """Show a circuit as an attempt has left it; a turn does not wait for that."""
        spaces = self._met.pop(circuit.provider_id, set())
        if circuit.state == "closed" and not spaces:
            return
        spaces.add(space)
        if circuit.state != "closed":
            self._met[circuit.provider_id] = spaces
        storing = self._store(circuit.provider_id, self._shown(circuit), frozenset(spaces))
        _ = self._context.spawn(storing, f"show the circuit of {circuit.provider_id}")

    def _shown(self, circuit: Circuit) -> dict[str, Any] | None:
        """Return `{id, state, failures, until}`, None for a closed circuit; `until` is when it is asked again."""
        if circuit.state == "closed":
            return None
        until = timestamp(self._context.clock.now() + circuit.retry_after)
        return {"id": circuit.provider_id, "state": circuit.state, "failures": circuit.failures, "until": until}

    async def _store(self, provider_id: str, shown: dict[str, Any] | None, spaces: Collection[str]) -> None:
        async with self._storing:  # in the order in which it happened
            for space in spaces:
                storage = self._context.storage.of(space)
                try:
                    if shown is None:
                        await storage.delete(provider_id, collection=COLLECTION)
                    else:
                        await storage.set(provider_id, shown, collection=COLLECTION)
                except AtriumError:
                    log.exception("the circuit of %s could not be shown to %s", provider_id, space)
