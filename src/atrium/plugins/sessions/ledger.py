"""The ledger: every change of an existing session is one batch, made while nobody else changes that session."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from weakref import WeakValueDictionary

from atrium.contracts.sessions import SessionDeleted, SessionUpdated, TurnFinished, TurnStatus, TurnSummary
from atrium.plugins.sessions.documents import (
    ACTIVITY,
    CREATIONS,
    DELETIONS,
    DRAFTS,
    TURNS,
    ActivityRecord,
    SessionRecord,
    TurnRecord,
    as_json,
    find_activity,
    find_session,
    stream_of,
)
from atrium.sdk import EXISTS, Batch, Clock, Context, Event, NewEntry, SpaceStorage
from atrium.sdk.clock import timestamp

Follow = Callable[[str, str], None]
"""What is told of a session after a commit: its space and id."""


_REMEMBERED = 1024
"""Sessions whose records are kept in memory."""


@dataclass(frozen=True, slots=True)
class Records:
    """A session's two documents and their revisions, as they were last read or stored."""

    session: SessionRecord
    session_revision: int
    activity: ActivityRecord
    activity_revision: int


class Change:
    """One change of a session, in the making. Do not wait after `append`: offsets hold until the block ends."""

    def __init__(self, storage: SpaceStorage, batch: Batch, before: Records, clock: Clock) -> None:
        self.storage = storage
        self.batch = batch
        self.before = before
        self.session = before.session
        self.activity = before.activity
        self.stream = stream_of(self.session.id)
        self.news: list[Event] = []
        self.undo: list[Callable[[], None]] = []
        """What is called if the change is not stored."""
        self.deleted = False
        self.used = False
        self._clock = clock

    @property
    def after(self) -> Records:
        """Return the records as they are once the change is stored."""
        before, stored = self.before, self.batch.revision
        return Records(
            self.session,
            before.session_revision if self.session == before.session else stored,
            self.activity,
            before.activity_revision if self.activity == before.activity else stored,
        )

    def append(self, *entries: Event, trims: Sequence[str] = ()) -> list[int]:
        """Append entries to the session's stream and return their offsets."""
        self.used = True
        return self.batch.append(self.stream, [NewEntry(e.type, e.to_wire()) for e in entries], trims=trims)

    def put_turn(self, turn: TurnRecord) -> None:
        """Store a turn."""
        self.used = True
        self.batch.set(turn.id, as_json(turn), collection=TURNS)

    def say(self, **fields: object) -> None:
        """Change what people say about the session."""
        self.session = self.session.model_copy(update=fields)

    def happen(self, **fields: object) -> None:
        """Change what happens in the session."""
        self.activity = self.activity.model_copy(update=fields)

    def touch(self) -> None:
        """Note that something was said in the session now."""
        self.happen(updated_at=timestamp(self._clock.now()))

    def occupy(self, turn: TurnRecord | None) -> None:
        """Say which turn the session is busy with, or stuck behind."""
        self.happen(turn=None if turn is None else TurnSummary(id=turn.id, status=turn.status))

    def finished(self, turn: TurnRecord, status: TurnStatus, answer_id: str | None = None) -> None:
        """Tell other plugins, once this is stored, that a turn has ended."""
        space, session_id = self.storage.space, self.session.id
        news = TurnFinished(space=space, session_id=session_id, turn_id=turn.id, status=status, answer_id=answer_id)
        self.news.append(news)

    def delete(self, by: str) -> None:
        """Delete the session; its turns and tokens are left to a sweep that this schedules."""
        self.deleted = self.used = True
        self.batch.delete(self.session.id)
        self.batch.delete(self.session.id, collection=ACTIVITY)
        self.batch.delete(self.session.id, collection=DRAFTS)
        if self.session.creation is not None:
            self.batch.delete(self.session.creation, collection=CREATIONS)
        self.batch.set(self.session.id, {"providers": sorted(self.session.providers)}, collection=DELETIONS)
        last = SessionDeleted(by=by)
        self.batch.end_stream(self.stream, [NewEntry(last.type, last.to_wire())])


class Ledger:
    """Changes sessions, and does what follows each stored change: events, the number of active ones, followers.

    Followers are told of new entries, of queued turns that may run now, and of deletions. Nobody else writes these
    documents, so those of the sessions in use are remembered; a revision that is wrong all the same fails the batch,
    and the next change reads anew.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._remembered: OrderedDict[tuple[str, str], Records] = OrderedDict()
        self.on_entries: list[Follow] = []
        self.on_queued: list[Follow] = []
        self.on_deleted: list[Follow] = []
        self.active = 0

    @asynccontextmanager
    async def change(self, space: str, session_id: str) -> AsyncIterator[Change]:
        """Change a session; stored when the block ends without an error. `NotFound` if there is none."""
        storage = self._context.storage.of(space)
        async with self.holding(session_id):
            before = self._remembered.pop((space, session_id), None) or await _read(storage, session_id)
            batch = storage.batch()
            change = Change(storage, batch, before, self._context.clock)
            try:
                async with batch:
                    yield change
                    self._complete(change)
            except BaseException:
                for undo in change.undo:
                    undo()
                raise
            if not change.deleted:
                self._remember(space, change.after)

    async def has_work(self, space: str, session_id: str) -> bool:
        """Tell whether a session has queued turns and nothing that they wait behind. `NotFound` if there is none."""
        activity = await self.activity(space, session_id)
        return activity.queued > 0 and not activity.blocked

    async def activity(self, space: str, session_id: str) -> ActivityRecord:
        """Return what happens in a session. `NotFound` if there is none."""
        records = self._remembered.get((space, session_id)) or await _read(self._context.storage.of(space), session_id)
        return records.activity

    @asynccontextmanager
    async def holding(self, key: str) -> AsyncIterator[None]:
        """Keep others from changing a session (or using a key) meanwhile."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield

    def created(self, space: str, session: SessionRecord, activity: ActivityRecord, news: Sequence[Event]) -> None:
        """Do what follows a new session that was stored."""
        self.active += activity.status == "active"
        for one in (*news, updated(space, session, activity)):
            self._context.events.emit(one)
        self.stored(space, session.id)
        if activity.queued:
            _tell(self.on_queued, space, session.id)

    def stored(self, space: str, session_id: str) -> None:
        """Do what follows entries that were stored without a change of documents."""
        _tell(self.on_entries, space, session_id)

    def _complete(self, change: Change) -> None:
        if change.deleted:
            change.batch.require(change.session.id, EXISTS)
        else:
            _write(change)
        if change.used:
            change.batch.after(partial(self._follow, change))

    def _remember(self, space: str, records: Records) -> None:
        self._remembered[space, records.session.id] = records
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)

    def _follow(self, change: Change) -> None:
        space, session_id = change.storage.space, change.session.id
        before, after = change.before.activity, change.activity
        self.active += (after.status == "active" and not change.deleted) - (before.status == "active")
        for news in change.news:
            self._context.events.emit(news)
        if change.deleted:
            _tell(self.on_deleted, space, session_id)
            return
        if _shown(change.session, after) != _shown(change.before.session, before):
            self._context.events.emit(updated(space, change.session, after))
        self.stored(space, session_id)
        if after.queued > before.queued or (before.blocked and not after.blocked):
            _tell(self.on_queued, space, session_id)


async def _read(storage: SpaceStorage, session_id: str) -> Records:
    said, session = await find_session(storage, session_id)
    happened, activity = await find_activity(storage, session_id)
    return Records(session, said.revision, activity, happened.revision)


def _write(change: Change) -> None:
    """Put the records that changed into the batch, on condition that they are still what they were."""
    before, session_id = change.before, change.session.id
    if change.session != before.session:
        change.used = True
        change.batch.require(session_id, before.session_revision)
        change.batch.set(session_id, as_json(change.session))
    elif change.used or change.activity != before.activity:
        change.batch.require(session_id, EXISTS)
    if change.activity != before.activity:
        change.used = True
        change.batch.require(session_id, before.activity_revision, collection=ACTIVITY)
        change.batch.set(session_id, as_json(change.activity), collection=ACTIVITY)


def updated(space: str, session: SessionRecord, activity: ActivityRecord) -> SessionUpdated:
    """Return what `session:update` frames tell."""
    return SessionUpdated(
        space=space,
        stream=stream_of(session.id),
        session_id=session.id,
        status=activity.status,
        message_count=activity.message_count,
        title=session.metadata.title,
    )


def _shown(session: SessionRecord, activity: ActivityRecord) -> tuple[str, str, int]:
    return session.metadata.title, activity.status, activity.message_count


def _tell(followers: list[Follow], space: str, session_id: str) -> None:
    for follow in followers:
        follow(space, session_id)
