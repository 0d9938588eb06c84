"""Copies of conversations: what a fork begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from atrium.contracts.composing import Attachment
from atrium.contracts.events import Event
from atrium.contracts.sessions import ForkOrigin, MessageAdded, MessageCompleted
from atrium.plugins.sessions.attachments import attachments_of
from atrium.plugins.sessions.conversation import MESSAGES, Conversation, decode, entries_after
from atrium.plugins.sessions.documents import stream_of
from atrium.plugins.sessions.history import last_offset
from atrium.plugins.sessions.inputs import offset
from atrium.plugins.sessions.limits import MAX_FORKED_BYTES, MAX_FORKED_MESSAGES
from atrium.sdk import Entry, SpaceStorage
from atrium.sdk.inputs import invalid


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a conversation a fork has: what was said up to an entry, or what was asked before a message."""

    last: int
    before: int | None = None

    @property
    def field(self) -> str:
        """Return the name under which it was asked for."""
        return "at" if self.before is None else "before"

    def origin(self, session_id: str) -> ForkOrigin:
        """Return what a fork remembers of where it comes from."""
        at, before = (str(self.last), None) if self.before is None else (None, str(self.before))
        return ForkOrigin(session_id=session_id, at=at, before=before)


class Copy:
    """The messages of a conversation under new ids, each answer with its question's turn; the images they name."""

    def __init__(self, extent: Extent, new_id: Callable[[], str]) -> None:
        self.entries: list[Event] = []
        self.attachments: dict[str, Attachment] = {}
        self._extent = extent
        self._new_id = new_id
        self._conversation = Conversation()
        self._turns: dict[str, str] = {}
        self._size = 0

    def add(self, entry: Entry) -> None:
        """Copy an entry if it is a message that the fork has."""
        self._conversation.add(entry)
        if entry.type not in MESSAGES:
            return
        data = decode(entry)["data"]
        question = self._conversation.message_of(data["turnId"]) or data["messageId"]
        if self._is_left_out(entry, question):
            return
        self._check_size(entry)
        turn_id = self._turns.setdefault(question, self._new_id())
        same = {"message_id": self._new_id(), "turn_id": turn_id, "content": data["content"]}
        if entry.type == MessageAdded.type:
            attachments = attachments_of(data)
            self.attachments.update((one.attachment_id, one) for one in attachments)
            self.entries.append(MessageAdded(**same, attachments=attachments, by=data["by"]))
        else:
            self.entries.append(MessageCompleted(**same))

    def _is_left_out(self, entry: Entry, question: str) -> bool:
        before = self._extent.before
        if before is None:
            return False
        return entry.offset >= before if entry.type == MessageAdded.type else question not in self._turns

    def _check_size(self, entry: Entry) -> None:
        self._size += len(entry.encoded)
        if len(self.entries) >= MAX_FORKED_MESSAGES or self._size > MAX_FORKED_BYTES:
            field = self._extent.field
            raise invalid(field, f"a fork copies at most {MAX_FORKED_MESSAGES} messages: give an earlier offset")


async def extent(storage: SpaceStorage, session_id: str, at: object, before: object) -> Extent:
    """Return how much of a session is to be copied, checked; by default all of it."""
    stream = stream_of(session_id)
    head = await last_offset(storage, session_id)
    if before is not None:
        if at is not None:
            raise invalid("before", "give at or before, not both")
        place = offset("before", before)
        found = await storage.read(stream, place - 1, 1) if place else []
        if not found or (found[0].offset, found[0].type) != (place, MessageAdded.type):
            raise invalid("before", "give the offset of a person's message in this session")
        return Extent(head, place)
    last = head if at is None else offset("at", at)
    if at is not None and not 1 <= last <= head:
        raise invalid("at", f"give the offset of one of the session's entries: at most {head}, which is the last")
    return Extent(last)


async def copy_messages(storage: SpaceStorage, session_id: str, wanted: Extent, new_id: Callable[[], str]) -> Copy:
    """Return copies of a session's messages, as many as are wanted."""
    copy = Copy(wanted, new_id)
    async for entry in entries_after(storage, session_id, 0):
        if entry.offset > wanted.last:
            break
        copy.add(entry)
    return copy
