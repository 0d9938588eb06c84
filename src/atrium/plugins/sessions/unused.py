"""Images that were uploaded and never sent: removed after a day, unless a draft still names them."""

from __future__ import annotations

import asyncio
import logging

from atrium.plugins.sessions.attachments import Attachments
from atrium.plugins.sessions.documents import (
    ATTACHMENTS,
    DRAFTS,
    AttachmentRecord,
    DraftRecord,
    as_json,
    attachment_key,
)
from atrium.plugins.sessions.ledger import Ledger
from atrium.sdk import AtriumError, Context, SpaceStorage

log = logging.getLogger(__name__)

KEPT_SECONDS = 86_400.0
"""How long an image waits to be sent."""

_LOOK_SECONDS = 3_600.0
"""How often, at least, the time is looked at: a machine may sleep, and its clock be set."""


class Unused:
    """Looks after each space that has such images, in a task that ends when there are none left."""

    def __init__(self, context: Context, ledger: Ledger, attachments: Attachments) -> None:
        self._context = context
        self._ledger = ledger
        self._attachments = attachments
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._fresh: set[str] = set()

    async def open(self) -> None:
        """Go on with what waited when the hub stopped."""
        for space in await self._context.storage.spaces(collection=ATTACHMENTS):
            self.watch(space)

    def watch(self, space: str) -> None:
        """Look after a space in which an image was uploaded."""
        self._fresh.add(space)
        if space not in self._tasks:
            self._tasks[space] = self._context.spawn(self._watch(space), "unused images")

    async def _watch(self, space: str) -> None:
        storage = self._context.storage.of(space)
        try:
            while (wait := await self._sweep(storage)) is not None:
                await self._context.clock.sleep(wait)
        finally:
            del self._tasks[space]

    async def _sweep(self, storage: SpaceStorage) -> float | None:
        """Remove what is due and return in how many seconds to look again; None if nothing waits any more."""
        try:
            while (oldest := await self._oldest(storage)) is not None:
                left = oldest.uploaded_at + KEPT_SECONDS - self._context.clock.now()
                if left > 0:
                    return min(left, _LOOK_SECONDS)
                await self._remove(storage, oldest)
        except (OSError, AtriumError) as error:
            log.warning("images that nobody sent could not be removed, which is tried again: %s", error)
            return _LOOK_SECONDS
        return None

    async def _oldest(self, storage: SpaceStorage) -> AttachmentRecord | None:
        while True:
            self._fresh.discard(storage.space)
            page = await storage.query({"used": False}, "uploadedAt", 1, collection=ATTACHMENTS)
            if page.documents:
                return AttachmentRecord.model_validate(page.documents[0].value)
            if storage.space not in self._fresh:
                return None

    async def _remove(self, storage: SpaceStorage, record: AttachmentRecord) -> None:
        session_id, attachment_id = record.session_id, record.attachment.attachment_id
        key = attachment_key(session_id, attachment_id)
        async with self._ledger.holding(session_id):
            if await storage.get(key, collection=ATTACHMENTS) != as_json(record):
                return  # sent, uploaded again, or gone with its session
            draft = await storage.get(session_id, collection=DRAFTS)
            named = () if draft is None else DraftRecord.model_validate(draft).attachments
            if any(one.attachment_id == attachment_id for one in named):
                later = record.model_copy(update={"uploaded_at": self._context.clock.now()})
                await storage.set(key, as_json(later), collection=ATTACHMENTS)
            else:
                await self._attachments.discard(storage, record)
