"""Copies of conversations: what a fork begins with."""

from __future__ import annotations

from collections.abc import Callable

from atrium.contracts.events import Event
from atrium.contracts.sessions import MessageAdded, MessageCompleted
from atrium.plugins.sessions.conversation import MESSAGES, Conversation, decode, entries_after
from atrium.plugins.sessions.documents import stream_of
from atrium.plugins.sessions.inputs import invalid, offset
from atrium.plugins.sessions.limits import MAX_FORKED_BYTES, MAX_FORKED_MESSAGES, MAX_TITLE
from atrium.sdk import Entry, SpaceStorage

_SUFFIX = " (fork)"


class Copy:
    """The messages of a conversation under new ids, each answer with its question's turn."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.entries: list[Event] = []
        self._new_id = new_id
        self._conversation = Conversation()
        self._turns: dict[str, str] = {}
        self._size = 0

    def add(self, entry: Entry) -> None:
        """Copy an entry if it is a message."""
        self._conversation.add(entry)
        if entry.type not in MESSAGES:
            return
        self._size += len(entry.encoded)
        if len(self.entries) >= MAX_FORKED_MESSAGES or self._size > MAX_FORKED_BYTES:
            raise invalid("at", f"a fork copies at most {MAX_FORKED_MESSAGES} messages: give an earlier offset")
        data = decode(entry)["data"]
        question = self._conversation.message_of(data["turnId"]) or data["messageId"]
        turn_id = self._turns.setdefault(question, self._new_id())
        message_id, content = self._new_id(), data["content"]
        if entry.type == MessageAdded.type:
            self.entries.append(MessageAdded(message_id=message_id, turn_id=turn_id, content=content, by=data["by"]))
        else:
            self.entries.append(MessageCompleted(message_id=message_id, turn_id=turn_id, content=content))


async def copy_messages(storage: SpaceStorage, session_id: str, at: object, new_id: Callable[[], str]) -> list[Event]:
    """Return copies of a session's messages up to an offset, by default all of them."""
    head = await storage.head(stream_of(session_id))
    last = head if at is None else offset("at", at)
    if at is not None and not 1 <= last <= head:
        raise invalid("at", f"give the offset of one of the session's entries: at most {head}, which is the last")
    copy = Copy(new_id)
    async for entry in entries_after(storage, session_id, 0):
        if entry.offset > last:
            break
        copy.add(entry)
    return copy.entries


def fork_title(title: str) -> str:
    """Return the title of a session's copy."""
    return (title[: MAX_TITLE - len(_SUFFIX)] + _SUFFIX).strip()
