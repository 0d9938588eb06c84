"""New sessions: empty ones, copies of others, and copies that go on with a message at once; each is one commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atrium.contracts.composing import Attachment
from atrium.contracts.events import Event
from atrium.contracts.sessions import MessageAccepted, SessionMetadata
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.attachments import Attachments, put_used
from atrium.plugins.sessions.documents import (
    ACTIVITY,
    CREATIONS,
    TURNS,
    ActivityRecord,
    CreationRecord,
    SessionRecord,
    as_json,
    find_session,
    stream_of,
)
from atrium.plugins.sessions.forking import copy_messages, extent
from atrium.plugins.sessions.ledger import Ledger
from atrium.plugins.sessions.sending import (
    NewMessage,
    accepted,
    check_images,
    check_target,
    entry_of,
    news_of,
    remember_token,
    turn_of,
)
from atrium.plugins.sessions.switching import shown_choice
from atrium.sdk import ABSENT, Batch, Context, InvalidInput, NewEntry, Principal
from atrium.sdk.clock import timestamp
from atrium.sdk.inputs import invalid


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a creation idempotent: under which key, in which field it came, and the digest of the request."""

    key: str
    field: str
    digest: str


@dataclass(frozen=True, slots=True)
class Created:
    """A session that is stored, and the message that was sent in it, if any."""

    session_id: str
    message: MessageAccepted | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """What is asked of a fork, not checked yet but for the message."""

    at: object = None
    before: object = None
    message: NewMessage | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """A session that is not stored yet, what was said in it elsewhere, and what is said in it now.

    `attachments` are all that its messages name, `own` those of the new one.
    """

    session: SessionRecord
    copied: Sequence[Event] = ()
    message: NewMessage | None = None
    attachments: Sequence[Attachment] = ()
    own: tuple[Attachment, ...] = ()


class Creator:
    """Stores new sessions; a request that is repeated under the same key creates nothing."""

    def __init__(self, context: Context, ledger: Ledger, attachments: Attachments) -> None:
        self._context = context
        self._ledger = ledger
        self._attachments = attachments

    def new_session(
        self,
        provider_id: str,
        settings: object,
        metadata: SessionMetadata | Mapping[str, Any] | None,
        fallback: Sequence[object] | None = None,
    ) -> SessionRecord:
        """Return a new session that is not stored yet, everything in it checked but the provider."""
        checked = inputs.settings(settings)
        return SessionRecord(
            id=self._context.new_id(),
            provider_id=inputs.name("providerId", provider_id),
            created_at=timestamp(self._context.clock.now()),
            metadata=inputs.metadata(metadata),
            settings=checked,
            fallback=inputs.fallback(fallback),
            model=shown_choice(checked)["model"],
            mode=shown_choice(checked)["mode"],
        )

    async def checked_fallback(self, fallback: Sequence[object] | None) -> tuple[str, ...] | None:
        """Return a chain of providers, each of which there is."""
        chain = inputs.fallback(fallback)
        for number, provider_id in enumerate(chain or ()):
            try:
                await self._context.services.call("providers.check", provider_id)
            except InvalidInput as error:
                raise invalid(f"fallback.{number}", error.detail) from None
        return chain

    async def create(self, caller: Principal, session: SessionRecord, key: str | None) -> Created:
        """Store a new session."""

        async def begin() -> Beginning:
            await self._context.services.call("providers.check", session.provider_id)
            await self.checked_fallback(session.fallback)
            return Beginning(session)

        chain = () if session.fallback is None else (session.fallback,)
        digest = inputs.digest(session.provider_id, session.settings, as_json(session.metadata), *chain)
        return await self._once(caller, None if key is None else Key(key, "Idempotency-Key", digest), begin)

    async def fork(self, caller: Principal, session_id: str, wanted: Fork, key: str | None) -> Created:
        """Store a copy of a session that begins with some of its messages, and send a message in it if there is one."""

        async def begin() -> Beginning:
            return await self._copy(caller, session_id, wanted)

        return await self._once(caller, _fork_key(session_id, wanted, key), begin)

    async def _copy(self, caller: Principal, session_id: str, wanted: Fork) -> Beginning:
        storage = self._context.storage.of(caller.space)
        _, session = await find_session(storage, session_id)
        part = await extent(storage, session_id, wanted.at, wanted.before)
        ids: Sequence[str] = ()
        if wanted.message is not None:
            await check_target(self._context, wanted.message)
            await check_images(self._context, session, wanted.message)
            ids = wanted.message.attachments
        own = [record.attachment for record in await self._attachments.find(storage, session_id, ids)]
        copied = await copy_messages(storage, session_id, part, self._context.new_id)
        different = {
            "id": self._context.new_id(),
            "created_at": timestamp(self._context.clock.now()),
            "creation": None,
            "forked_from": part.origin(session_id),
        }
        fork = session.model_copy(update=different)
        images = {**copied.attachments, **{one.attachment_id: one for one in own}}.values()
        await self._attachments.copy(storage, session_id, fork.id, images)
        return Beginning(fork, copied.entries, wanted.message, tuple(images), tuple(own))

    async def _once(self, caller: Principal, key: Key | None, begin: Callable[[], Awaitable[Beginning]]) -> Created:
        """Store what `begin` makes, unless it was stored under this key before."""
        if key is None:
            return await self._store(caller, await begin(), None)
        async with self._ledger.holding(f"{caller.space} {key.key}"):
            value = await self._context.storage.of(caller.space).get(key.key, collection=CREATIONS)
            if value is not None:
                return _created_before(CreationRecord.model_validate(value), key)
            return await self._store(caller, await begin(), key)

    async def _store(self, caller: Principal, new: Beginning, key: Key | None) -> Created:
        session = new.session if key is None else new.session.model_copy(update={"creation": key.key})
        async with self._context.storage.of(caller.space).batch() as batch:
            activity, answer, news = self._say(batch, caller, new)
            batch.set(session.id, as_json(session))
            batch.set(session.id, as_json(activity), collection=ACTIVITY)
            for one in new.attachments:
                put_used(batch, session.id, one, self._context.clock.now())
            if key is not None:
                record = CreationRecord(digest=key.digest, session_id=session.id, message=answer)
                batch.require(key.key, ABSENT, collection=CREATIONS)
                batch.set(key.key, as_json(record), collection=CREATIONS)
            batch.after(lambda: self._ledger.created(caller.space, session, activity, news))
        return Created(session.id, answer)

    def _say(
        self, batch: Batch, caller: Principal, new: Beginning
    ) -> tuple[ActivityRecord, MessageAccepted | None, Sequence[Event]]:
        """Put all messages of a new session into its batch; the new one's turn runs once that is stored."""
        session_id, message, copied = new.session.id, new.message, list(new.copied)
        activity = ActivityRecord(updated_at=new.session.created_at, message_count=len(copied))
        if message is None:
            _append(batch, session_id, copied)
            return activity, None, ()
        added = entry_of(self._context, caller, message, new.own)
        offset = _append(batch, session_id, [*copied, added])[-1]
        turn, answer = (
            turn_of(self._context, caller, session_id, added, offset, message.target),
            accepted(added, offset),
        )
        batch.set(turn.id, as_json(turn), collection=TURNS)
        remember_token(batch, session_id, message, answer)
        asked = {"status": "active", "message_count": len(copied) + 1, "queued": 1, "read_offset": answer.offset}
        return activity.model_copy(update=asked), answer, [news_of(caller.space, session_id, added)]


def _append(batch: Batch, session_id: str, entries: Sequence[Event]) -> list[int]:
    if not entries:
        return []
    return batch.append(stream_of(session_id), [NewEntry(entry.type, entry.to_wire()) for entry in entries])


def _fork_key(session_id: str, wanted: Fork, key: str | None) -> Key | None:
    """Return what makes a fork idempotent: the header, or the token of its message."""
    message = wanted.message
    places = [None if place is None else str(place) for place in (wanted.at, wanted.before)]
    digest = inputs.digest("fork", session_id, *places, None if message is None else message.digest)
    if key is not None:
        return Key(key, "Idempotency-Key", digest)
    if message is not None and message.token is not None:
        return Key(f"{session_id}\n{message.token}", "clientToken", digest)  # no header has a line end
    return None


def _created_before(record: CreationRecord, key: Key) -> Created:
    if record.digest != key.digest:
        raise invalid(key.field, "another request was made under this key; use a new one")
    return Created(record.session_id, record.message)
