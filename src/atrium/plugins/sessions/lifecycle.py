"""A session's life: created, copied, renamed, stopped, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atrium.contracts.events import Event
from atrium.contracts.sessions import MetadataChange, SessionMetadata, SessionRenamed, SessionStopped, SessionTagged
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.control import cancel_waiting
from atrium.plugins.sessions.documents import (
    ACTIVITY,
    CREATIONS,
    PAGE,
    TURNS,
    ActivityRecord,
    CreationRecord,
    SessionRecord,
    TurnRecord,
    as_json,
    find_session,
    find_turn,
    stream_of,
    timestamp,
)
from atrium.plugins.sessions.forking import copy_messages, fork_title
from atrium.plugins.sessions.ledger import Change, Ledger, updated
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.marks import pin
from atrium.plugins.sessions.sweeping import Sweeper
from atrium.sdk import ABSENT, Context, NewEntry, Principal
from atrium.sdk.crash_points import crash_point


class Lifecycle:
    """Creates, copies, renames, stops and deletes sessions."""

    def __init__(self, context: Context, ledger: Ledger, mailboxes: Mailboxes, sweeper: Sweeper) -> None:
        self._context = context
        self._ledger = ledger
        self._mailboxes = mailboxes
        self._sweeper = sweeper

    def new_session(
        self, provider_id: str, settings: object, metadata: SessionMetadata | Mapping[str, Any] | None
    ) -> SessionRecord:
        """Return a new session that is not stored yet, everything in it checked but the provider."""
        return SessionRecord(
            id=self._context.new_id(),
            provider_id=inputs.name("providerId", provider_id),
            created_at=timestamp(self._context.clock.now()),
            metadata=inputs.metadata(metadata),
            settings=inputs.settings(settings),
        )

    async def create(self, caller: Principal, session: SessionRecord, key: str | None) -> str:
        """Store a new session and return its id; a key that is known already gives the session it gave before."""
        if key is None:
            await self._context.services.call("providers.check", session.provider_id)
            await self._store(caller.space, session)
            return session.id
        async with self._ledger.holding(f"{caller.space} {key}"):
            wanted = inputs.digest(session.provider_id, session.settings, as_json(session.metadata))
            value = await self._context.storage.of(caller.space).get(key, collection=CREATIONS)
            if value is not None:
                return _created_before(CreationRecord.model_validate(value), wanted)
            await self._context.services.call("providers.check", session.provider_id)
            record = CreationRecord(digest=wanted, session_id=session.id)
            await self._store(caller.space, session.model_copy(update={"creation": key}), creation=record)
        return session.id

    async def fork(self, caller: Principal, session_id: str, at: object) -> str:
        """Store a copy of a session that begins with its messages up to an offset, and return the copy's id."""
        storage = self._context.storage.of(caller.space)
        _, session = await find_session(storage, session_id)
        entries = await copy_messages(storage, session_id, at, self._context.new_id)
        metadata = session.metadata.model_copy(update={"title": fork_title(session.metadata.title)})
        copy = session.model_copy(
            update={
                "id": self._context.new_id(),
                "created_at": timestamp(self._context.clock.now()),
                "metadata": metadata,
                "creation": None,
            }
        )
        await self._store(caller.space, copy, entries)
        return copy.id

    async def update(
        self,
        caller: Principal,
        session_id: str,
        metadata: MetadataChange | Mapping[str, Any],
        pinned: bool | None,
        if_match: str | None,
    ) -> None:
        """Rename, tag or pin a session; nothing is stored when nothing changes."""
        async with self._ledger.change(caller.space, session_id) as change:
            inputs.matches(if_match, change.before.session_revision)
            after = inputs.metadata_change(metadata, change.session.metadata)
            if pinned is not None:
                await pin(change, pinned=pinned)
            _describe(change, after, caller.user)

    async def stop(self, caller: Principal, session_id: str) -> None:
        """Cancel all turns of a session and take no more messages; its history stays."""
        async with self._mailboxes.halted(caller.space, session_id):
            async with self._ledger.change(caller.space, session_id) as change:
                if change.activity.status == "stopped":
                    return
                for turn in await _unfinished(change):
                    cancel_waiting(change, turn)
                change.happen(status="stopped")
                change.append(SessionStopped(by=caller.user))
            await self._sweeper.release(session_id, {change.session.provider_id})

    async def delete(self, caller: Principal, session_id: str) -> None:
        """Delete a session and everything of it; its followers see a last entry."""
        async with self._mailboxes.halted(caller.space, session_id):
            async with self._ledger.change(caller.space, session_id) as change:
                change.delete(caller.user)
            crash_point("deletion.stored")
            await self._sweeper.sweep(change.storage, session_id, {change.session.provider_id})

    async def _store(
        self,
        space: str,
        session: SessionRecord,
        entries: Sequence[Event] = (),
        creation: CreationRecord | None = None,
    ) -> None:
        activity = ActivityRecord(updated_at=session.created_at, message_count=len(entries))
        async with self._context.storage.of(space).batch() as batch:
            batch.set(session.id, as_json(session))
            batch.set(session.id, as_json(activity), collection=ACTIVITY)
            if session.creation is not None and creation is not None:
                batch.require(session.creation, ABSENT, collection=CREATIONS)
                batch.set(session.creation, as_json(creation), collection=CREATIONS)
            if entries:
                batch.append(stream_of(session.id), [NewEntry(e.type, e.to_wire()) for e in entries])
            batch.after(lambda: self._stored(space, session, activity))

    def _stored(self, space: str, session: SessionRecord, activity: ActivityRecord) -> None:
        self._context.events.emit(updated(space, session, activity))
        self._ledger.stored(space, session.id)


def _describe(change: Change, after: SessionMetadata, by: str) -> None:
    """Put other metadata into a change, with the entries that say what is new."""
    before = change.session.metadata
    entries: list[Event] = []
    if after.title != before.title:
        entries.append(SessionRenamed(title=after.title, by=by))
    if after.tags != before.tags:
        entries.append(SessionTagged(tags=after.tags, by=by))
    if entries:
        change.say(metadata=after)
        change.append(*entries)


def _created_before(record: CreationRecord, wanted: str) -> str:
    if record.digest != wanted:
        raise inputs.invalid("Idempotency-Key", "another request was made under this key; use a new one")
    return record.session_id


async def _unfinished(change: Change) -> list[TurnRecord]:
    """Return a session's interrupted turn, if others wait behind it, and all queued ones."""
    session_id, turns = change.session.id, []
    if change.activity.turn is not None:
        turns.append(await find_turn(change.storage, session_id, change.activity.turn.id))
    where = {"sessionId": session_id, "status": "queued"}
    page = await change.storage.query(where, "offset", PAGE, collection=TURNS)
    turns.extend(TurnRecord.model_validate(document.value) for document in page.documents)
    while page.next is not None:
        page = await change.storage.query(where, "offset", PAGE, page.next, collection=TURNS)
        turns.extend(TurnRecord.model_validate(document.value) for document in page.documents)
    return turns
