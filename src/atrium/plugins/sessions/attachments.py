"""Images that people attach to messages: files named by what is in them, and what is known of each.

`<home>/sessions/attachments/<session>/<SHA-256>` is written aside, synced and renamed before its upload is
acknowledged. Whatever is there has its record stored before, so that one that nobody names in a day is found.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from atrium.contracts.composing import Attachment
from atrium.plugins.sessions import incoming, inputs
from atrium.plugins.sessions.documents import (
    ATTACHMENTS,
    PAGE,
    AttachmentRecord,
    as_json,
    attachment_key,
    find_session,
)
from atrium.plugins.sessions.errors import AttachmentTooLarge, NoImageType
from atrium.plugins.sessions.image_header import MEDIA_TYPES, size_of_image
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.sdk import Batch, Context, FileReply, NotFound, SpaceStorage, StorageFailed, Unavailable, Upload
from atrium.sdk.crash_points import crash_point
from atrium.sdk.inputs import invalid
from atrium.sdk.providers import Image, ReadImage

_HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
}
_ID = re.compile(r"[0-9a-f]{64}")


class Attachments:
    """Keeps the attachments of all sessions, each session's apart from the others'."""

    def __init__(self, context: Context, ledger: Ledger, longest: int) -> None:
        self._context = context
        self._ledger = ledger
        self._longest = longest
        self._place = None if context.home is None else context.home / "sessions" / "attachments"

    async def open(self) -> None:
        """Remove what was arriving when the hub stopped."""
        if self._place is not None:
            await asyncio.to_thread(incoming.clear, self._place / "incoming")

    async def take(self, storage: SpaceStorage, session_id: str, name: object, upload: Upload) -> Attachment:
        """Store an image and return what is known of it; it is there for good then, whatever happens."""
        await find_session(storage, session_id)
        name = inputs.file_name(name)
        self._check(upload)
        aside = self._folder("incoming") / self._context.new_id()
        try:
            async with _failures():
                found = await self._receive(aside, name, upload)
                await self._keep(storage, session_id, found, aside)
        finally:
            await asyncio.to_thread(aside.unlink, missing_ok=True)
        return found

    async def send(self, storage: SpaceStorage, session_id: str, attachment_id: str) -> FileReply:
        """Return an attachment's bytes as they are sent."""
        await find_session(storage, session_id)
        record = await self._find(storage, session_id, attachment_id)
        if record is None:
            raise NotFound("this session has no such attachment")
        found = record.attachment
        return FileReply(self._path(session_id, attachment_id), found.media_type, found.name, _HEADERS)

    async def find(self, storage: SpaceStorage, session_id: str, ids: Sequence[str]) -> list[AttachmentRecord]:
        """Return attachments of a session; raises `InvalidInput`, which names the one that there is not."""
        records = []
        for number, one in enumerate(ids):
            record = await self._find(storage, session_id, one)
            if record is None:
                raise invalid(f"attachments.{number}", "this session has no such attachment: upload the image first")
            records.append(record)
        return records

    async def claim(self, change: Change, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """Return the attachments of a message that a change stores, which keeps them from being swept."""
        records = await self.find(change.storage, change.session.id, ids)
        for record in records:
            if not record.used:
                put_used(change.batch, record.session_id, record.attachment, record.uploaded_at)
        return tuple(record.attachment for record in records)

    async def copy(self, storage: SpaceStorage, source: str, target: str, copied: Iterable[Attachment]) -> None:
        """Let a session that is about to be stored have attachments of another; swept if it never is."""
        wanted = {one.attachment_id: one for one in copied}
        if not wanted:
            return
        async with storage.batch() as batch:
            for one in wanted.values():
                record = AttachmentRecord(session_id=target, attachment=one, uploaded_at=self._context.clock.now())
                batch.set(attachment_key(target, one.attachment_id), as_json(record), collection=ATTACHMENTS)
        async with _failures():
            for attachment_id in wanted:
                path, copy = self._path(source, attachment_id), self._path(target, attachment_id)
                await asyncio.to_thread(incoming.link_into, path, copy)

    async def remove(self, storage: SpaceStorage, session_id: str) -> None:
        """Remove all attachments of a session that is deleted."""
        if self._place is None:
            return
        await asyncio.to_thread(incoming.remove, self._folder(session_id))
        where = {"sessionId": session_id}
        while documents := (await storage.query(where, limit=PAGE, collection=ATTACHMENTS)).documents:
            async with storage.batch() as batch:
                for document in documents:
                    batch.delete(document.key, collection=ATTACHMENTS)

    async def discard(self, storage: SpaceStorage, record: AttachmentRecord) -> None:
        """Remove one attachment. To be called while nobody else changes its session."""
        session_id, attachment_id = record.session_id, record.attachment.attachment_id
        # The file first: one without a record would be found by nobody.
        await asyncio.to_thread(self._path(session_id, attachment_id).unlink, missing_ok=True)
        await storage.delete(attachment_key(session_id, attachment_id), collection=ATTACHMENTS)

    def reader(self, session_id: str) -> ReadImage:
        """Return what gives a provider the bytes of a session's images."""

        async def read(image: Image) -> bytes:
            try:
                return await asyncio.to_thread(self._path(session_id, image.id).read_bytes)
            except OSError as error:
                raise NotFound(f"the file of the image {image.name} is gone") from error

        return read

    async def _receive(self, aside: Path, name: str, upload: Upload) -> Attachment:
        """Write an upload aside and look at it."""
        try:
            digest, size = await incoming.write_aside(aside, upload.pieces, self._longest)
        except incoming.TooLong:
            raise self._too_large() from None
        width, height = await asyncio.to_thread(size_of_image, aside, upload.media_type)
        return Attachment(
            attachment_id=digest,
            name=name,
            media_type=upload.media_type,
            size_bytes=size,
            width=width,
            height=height,
        )

    async def _keep(self, storage: SpaceStorage, session_id: str, found: Attachment, aside: Path) -> None:
        """Store the record, then let the file have its name; the session cannot be deleted meanwhile."""
        key = attachment_key(session_id, found.attachment_id)
        async with self._ledger.holding(session_id):
            await find_session(storage, session_id)
            known = await storage.get(key, collection=ATTACHMENTS)
            used = known is not None and AttachmentRecord.model_validate(known).used
            now = self._context.clock.now()
            record = AttachmentRecord(session_id=session_id, attachment=found, uploaded_at=now, used=used)
            await storage.set(key, as_json(record), collection=ATTACHMENTS)
            crash_point("attachment.stored")
            await asyncio.to_thread(incoming.move_into, aside, self._path(session_id, found.attachment_id))

    async def _find(self, storage: SpaceStorage, session_id: str, attachment_id: str) -> AttachmentRecord | None:
        """Return an attachment whose file is there as well: one that a crash has cut off is none."""
        if not _ID.fullmatch(attachment_id):
            return None
        value = await storage.get(attachment_key(session_id, attachment_id), collection=ATTACHMENTS)
        if value is None or not await asyncio.to_thread(self._path(session_id, attachment_id).is_file):
            return None
        return AttachmentRecord.model_validate(value)

    def _check(self, upload: Upload) -> None:
        """Refuse what need not be read to be refused."""
        if upload.media_type not in MEDIA_TYPES:
            kinds = f"{', '.join(MEDIA_TYPES[:-1])} or {MEDIA_TYPES[-1]}"
            raise NoImageType(f"send {kinds}, not {upload.media_type or 'a body without a Content-Type'}")
        if upload.size is not None and upload.size > self._longest:
            raise self._too_large()

    def _too_large(self) -> AttachmentTooLarge:
        return AttachmentTooLarge(f"at most {self._longest} bytes: send a smaller image, or one of another type")

    def _folder(self, name: str) -> Path:
        if self._place is None:
            raise Unavailable("a hub without a home keeps no images")
        return self._place / name

    def _path(self, session_id: str, attachment_id: str) -> Path:
        return self._folder(session_id) / attachment_id


def put_used(batch: Batch, session_id: str, attachment: Attachment, uploaded_at: float) -> None:
    """Put into a batch that a message names an attachment."""
    record = AttachmentRecord(session_id=session_id, attachment=attachment, uploaded_at=uploaded_at, used=True)
    batch.set(attachment_key(session_id, attachment.attachment_id), as_json(record), collection=ATTACHMENTS)


def image_of(attachment: Attachment) -> Image:
    """Return an attachment as providers know it."""
    return Image(
        attachment.attachment_id,
        attachment.name,
        attachment.media_type,
        attachment.size_bytes,
        attachment.width,
        attachment.height,
    )


def attachments_of(data: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Return the attachments of a message's entry."""
    return tuple(Attachment.model_validate(one) for one in data.get("attachments", ()))


@asynccontextmanager
async def _failures() -> AsyncIterator[None]:
    """Tell a full or broken disk from a fault of ours."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"the image could not be stored: {error.strerror or error}") from error
