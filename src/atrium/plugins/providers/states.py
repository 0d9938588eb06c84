"""How the providers are and what their sessions may choose: live on the screens of those who have asked for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from atrium.sdk import AtriumError, Context, Topic

log = logging.getLogger(__name__)

COLLECTION = "states"
STATES = Topic("providers/states", collection=COLLECTION)

LOOK_SECONDS = 10.0
"""Between two looks for what nobody tells of: a file that was put there, a program that was installed elsewhere."""

Shown = Mapping[str, Mapping[str, Any]]
"""Documents by the id of the provider."""


class States:
    """Keeps a document for each provider, in each space from which somebody has asked; writes what has changed."""

    def __init__(self, context: Context, read: Callable[[], Shown]) -> None:
        self._context = context
        self._read = read
        self._stored: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()
        self._is_looking = False

    async def open(self) -> None:
        """Take up what was stored, and keep it true from now on."""
        for space in await self._context.storage.spaces(collection=COLLECTION):
            storage = self._context.storage.of(space)
            keys = await storage.list_keys(collection=COLLECTION)
            self._stored[space] = {key: await storage.get(key, collection=COLLECTION) for key in keys}
        _ = self._context.spawn(self._write(), "how the providers are")
        self._begin_to_look()

    def show_to(self, space: str) -> None:
        """Keep the documents in a space as well."""
        if space not in self._stored:
            self._stored[space] = {}
            self.changed()
            self._begin_to_look()

    def changed(self) -> None:
        """Look again: something may have changed. Waits for nothing."""
        self._changed.set()

    def _begin_to_look(self) -> None:
        """Look now and then, once there is somebody to be told."""
        if self._stored and not self._is_looking:
            self._is_looking = True
            _ = self._context.spawn(self._look(), "look at the providers")

    async def _look(self) -> None:
        while True:
            self.changed()
            await self._context.clock.sleep(LOOK_SECONDS)

    async def _write(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._stored:
                continue
            shown = {key: dict(document) for key, document in self._read().items()}
            for space, before in list(self._stored.items()):
                if before != shown:
                    await self._store(space, before, shown)

    async def _store(self, space: str, before: Mapping[str, Any], shown: dict[str, Any]) -> None:
        try:
            async with self._context.storage.of(space).batch() as batch:
                for key in before.keys() - shown.keys():
                    batch.delete(key, collection=COLLECTION)
                for key, document in shown.items():
                    if before.get(key) != document:
                        batch.set(key, document, collection=COLLECTION)
        except AtriumError:
            log.exception("how the providers are could not be shown to %s", space)
            return
        self._stored[space] = shown
