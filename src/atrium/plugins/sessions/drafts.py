"""Drafts: what a person has begun to write in a session, the same on each of their screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atrium.contracts.composing import Attachment, Draft
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.attachments import Attachments
from atrium.plugins.sessions.documents import DRAFTS, DraftRecord, as_json, check_id, draft_topic
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.sdk import EXISTS, Context, Principal, Resource, SpaceStorage
from atrium.sdk.clock import timestamp


class Drafts:
    """Keeps one draft for each session of a person. The last writer wins, unless it says which draft it replaces."""

    def __init__(self, context: Context, ledger: Ledger, attachments: Attachments, longest: int) -> None:
        self._context = context
        self._ledger = ledger
        self._attachments = attachments
        self._longest = longest

    async def put(
        self,
        caller: Principal,
        session_id: str,
        text: object,
        if_match: str | None,
        attachments: Sequence[object] | None = None,
    ) -> Resource:
        """Store a draft and return it; an empty one is removed, and the same one again stores nothing."""
        written, ids = inputs.draft_text(text, self._longest), inputs.attachments(attachments)
        async with self._ledger.change(caller.space, check_id(session_id)) as change:
            before = await get_draft(change.storage, session_id)
            inputs.matches(if_match, before.revision, "draft")
            if (written, ids) != (before.data["text"], tuple(map(_id, before.data["attachments"]))):
                named = [one.attachment for one in await self._attachments.find(change.storage, session_id, ids)]
                self._replace(change, caller.client, written, named)
        return await get_draft(change.storage, session_id)

    def _replace(self, change: Change, client: str, text: str, attachments: Sequence[Attachment]) -> None:
        session_id = change.session.id
        change.batch.require(session_id, EXISTS)
        if text or attachments:
            now = timestamp(self._context.clock.now())
            draft = DraftRecord(text=text, attachments=tuple(attachments), updated_at=now, client=client)
            change.batch.set(session_id, as_json(draft), collection=DRAFTS)
        else:
            change.batch.delete(session_id, collection=DRAFTS)


def _id(attachment: Mapping[str, Any]) -> str:
    return str(attachment["attachmentId"])


async def get_draft(storage: SpaceStorage, session_id: str) -> Resource:
    """Return a session's draft, an empty one if there is none; `NotFound` if there is no such session."""
    snapshot = await storage.snapshot(draft_topic(check_id(session_id)))
    draft = Draft.model_validate(snapshot.data)
    return Resource(snapshot.revision, draft.model_dump(mode="json", by_alias=True))


async def clear_sent_draft(change: Change, revision: int) -> None:
    """Remove, together with the change, the draft that a message was sent from, unless it has changed since then."""
    found = await change.storage.find(change.session.id, collection=DRAFTS)
    if found is not None and found.revision <= revision:
        change.batch.delete(change.session.id, collection=DRAFTS)
