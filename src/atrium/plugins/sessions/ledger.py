"""The ledger: every change of an existing session is one batch, made while nobody else changes that session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from weakref import WeakValueDictionary

from atrium.contracts.sessions import SessionDeleted, SessionUpdated, TurnFinished, TurnStatus, TurnSummary
from atrium.plugins.sessions.documents import (
    ACTIVITY,
    CREATIONS,
    DELETIONS,
    TURNS,
    ActivityRecord,
    SessionRecord,
    TurnRecord,
    as_json,
    find_activity,
    find_session,
    stream_of,
    timestamp,
)
from atrium.sdk import EXISTS, Batch, Clock, Context, Event, NewEntry, SpaceStorage

Follow = Callable[[str, str], None]
"""What is told of a session after a commit: its space and id."""


class Change:
    """One change of a session, in the making. Do not wait after `append`: offsets hold until the block ends."""

    def __init__(
        self,
        storage: SpaceStorage,
        batch: Batch,
        session: SessionRecord,
        revision: int,
        activity: ActivityRecord,
        clock: Clock,
    ) -> None:
        self.storage = storage
        self.batch = batch
        self.revision = revision
        self.session = session
        self.activity = activity
        self.stream = stream_of(session.id)
        self.news: list[Event] = []
        self.deleted = False
        self.used = False
        self._clock = clock

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
        if self.session.creation is not None:
            self.batch.delete(self.session.creation, collection=CREATIONS)
        self.batch.set(self.session.id, {"providerId": self.session.provider_id}, collection=DELETIONS)
        last = SessionDeleted(by=by)
        self.batch.end_stream(self.stream, [NewEntry(last.type, last.to_wire())])


class Ledger:
    """Changes sessions, and does what follows each stored change: events, the number of active ones, followers.

    Followers are told of new entries, of queued turns that may run now, and of deletions.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.on_entries: list[Follow] = []
        self.on_queued: list[Follow] = []
        self.on_deleted: list[Follow] = []
        self.active = 0

    @asynccontextmanager
    async def change(self, space: str, session_id: str) -> AsyncIterator[Change]:
        """Change a session; stored when the block ends without an error. `NotFound` if there is none."""
        storage = self._context.storage.of(space)
        async with self.holding(session_id):
            said, session = await find_session(storage, session_id)
            happened, activity = await find_activity(storage, session_id)
            async with storage.batch() as batch:
                change = Change(storage, batch, session, said.revision, activity, self._context.clock)
                yield change
                if change.deleted:
                    batch.require(session_id, EXISTS)
                else:
                    self._write(change, (session, said.revision), (activity, happened.revision))
                if change.used:
                    batch.after(partial(self._follow, change, session, activity))

    @asynccontextmanager
    async def holding(self, key: str) -> AsyncIterator[None]:
        """Keep others from changing a session (or using a key) meanwhile."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield

    def stored(self, space: str, session_id: str) -> None:
        """Do what follows entries that were stored without a change of documents."""
        _tell(self.on_entries, space, session_id)

    def _write(self, change: Change, said: tuple[SessionRecord, int], happened: tuple[ActivityRecord, int]) -> None:
        session_id = change.session.id
        if change.session != said[0]:
            change.used = True
            change.batch.require(session_id, said[1])
            change.batch.set(session_id, as_json(change.session))
        elif change.used or change.activity != happened[0]:
            change.batch.require(session_id, EXISTS)
        if change.activity != happened[0]:
            change.used = True
            change.batch.require(session_id, happened[1], collection=ACTIVITY)
            change.batch.set(session_id, as_json(change.activity), collection=ACTIVITY)

    def _follow(self, change: Change, session: SessionRecord, activity: ActivityRecord) -> None:
        space, after = change.storage.space, change.activity
        self.active += (after.status == "active" and not change.deleted) - (activity.status == "active")
        for news in change.news:
            self._context.events.emit(news)
        if change.deleted:
            _tell(self.on_deleted, space, session.id)
            return
        if _shown(change.session, after) != _shown(session, activity):
            self._context.events.emit(updated(space, change.session, after))
        self.stored(space, session.id)
        if after.queued > activity.queued or (activity.blocked and not after.blocked):
            _tell(self.on_queued, space, session.id)


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
