"""A small real plugin for the gateway's tests: notes, a stream for each, routes, frames and pushes."""

from __future__ import annotations

from typing import Any, ClassVar

from atrium.contracts.base import Model
from atrium.contracts.events import Event
from atrium.contracts.sessions import MessageDelta
from atrium.sdk import (
    AtriumError,
    EntryStream,
    FieldError,
    InvalidInput,
    Manifest,
    NewEntry,
    NotFound,
    Plugin,
    PreconditionFailed,
    Principal,
    Reply,
    Resource,
    Topic,
    frame,
    offer,
    route,
)


class NoteChanged(Event):
    """A note has another title."""

    type: ClassVar[str] = "notes.note.changed.v1"

    space: str
    stream: str
    title: str
    word_count: int


class NoteTooLong(AtriumError):
    """The note is longer than 100 characters."""

    status = 422


class Note(Model):
    """A note as the tests send it whole."""

    text: str
    word_count: int = 0


class Notes(Plugin):
    """Owns `notes.*`."""

    manifest = Manifest(name="notes")
    topics = (Topic("notes"), Topic("notes/{key}"))

    async def start(self) -> None:
        self.context.extensions.contribute("gateway.push", None, event_type=NoteChanged.type, frame="notes:update")

    @route("POST", "/notes", status=201)
    async def add(
        self, caller: Principal, note_id: str, text: str = "", pinned_by: str | None = None
    ) -> dict[str, Any]:
        """Store a note. It gets a stream."""
        if len(text) > 100:
            raise NoteTooLong(f"it has {len(text)}", fields=[FieldError("text", "at most 100 characters")])
        storage = self.storage.of(caller.space)
        await storage.set(note_id, {"text": text, "pinnedBy": pinned_by})
        async with storage.batch() as batch:
            (offset,) = batch.append(f"notes/{note_id}", [NewEntry("notes.note.added.v1", {"text": text})])
        return {"noteId": note_id, "text": text, "pinnedBy": pinned_by, "offset": str(offset)}

    @route("GET", "/notes")
    async def search(self, caller: Principal, min_words: int = 0, tag: list[str] | None = None) -> dict[str, Any]:
        """Echo the query."""
        return {"minWords": min_words, "tag": tag, "user": caller.user, "client": caller.client}

    @route("GET", "/notes/{note_id}")
    async def read(self, caller: Principal, note_id: str) -> Resource:
        """Return a note."""
        found = await self.storage.of(caller.space).find(note_id)
        if found is None:
            raise NotFound(f"there is no note {note_id}")
        return Resource(found.revision, found.value, {"kind": "note"})

    @route("PUT", "/notes/{note_id}")
    async def replace(self, caller: Principal, note_id: str, note: Note, if_match: str | None = None) -> Note:
        """Take a whole note."""
        if if_match == '"0"':
            raise PreconditionFailed("it is not at 0")
        return note

    @route("DELETE", "/notes/{note_id}", status=204)
    async def remove(self, caller: Principal, note_id: str) -> None:
        """Delete a note and end its stream."""
        async with self.storage.of(caller.space).batch() as batch:
            batch.delete(note_id)
            batch.end_stream(f"notes/{note_id}", [NewEntry("notes.note.deleted.v1", {})])

    @route("POST", "/notes/{note_id}/words")
    async def append(
        self, caller: Principal, note_id: str, words: list[str], hints: bool = False, idempotency_key: str | None = None
    ) -> Reply:
        """Append an entry for each word, as hints or durably."""
        storage, stream = self.storage.of(caller.space), f"notes/{note_id}"
        if hints:
            data = [{"messageId": "m", "turnId": "t", "index": i, "content": w} for i, w in enumerate(words)]
            storage.hint(stream, "m", [NewEntry(MessageDelta.type, {**one, "role": "assistant"}) for one in data])
        else:
            async with storage.batch() as batch:
                batch.append(stream, [NewEntry("notes.word.added.v1", {"word": word}) for word in words])
        return Reply({"count": len(words)}, 202, {"x-key": idempotency_key or "none"})

    @route("POST", "/notes/{note_id}/clear", status=204)
    async def clear(self, caller: Principal, note_id: str, reason: str = "none", force: bool = False) -> None:
        """Take an optional body."""

    @route("GET", "/notes/{note_id}/entries")
    async def entries(
        self, caller: Principal, note_id: str, after: int = 0, follow: bool = False, last_event_id: str | None = None
    ) -> EntryStream:
        """Return a note's stream."""
        cursor = last_event_id or str(after)
        if not cursor.isdigit():
            raise InvalidInput("last_event_id: give an offset", fields=[FieldError("last_event_id", "give an offset")])
        return EntryStream(caller.space, f"notes/{note_id}", int(cursor), follow)

    @route("GET", "/numbers/{note_number}")
    async def number(self, caller: Principal, note_number: int) -> int:
        """Take a number."""
        return note_number

    @route("DELETE", "/numbers/{note_number}", status=204)
    async def forget_number(self, caller: Principal, note_number: int, if_match: int) -> None:
        """Take a header that is required."""

    @route("GET", "/crash")
    async def crash(self, caller: Principal) -> None:
        """Fail in an unexpected way."""
        raise RuntimeError("secret-in-the-exception")

    @frame("notes:shout")
    async def shout(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer in capitals."""
        if "text" not in payload:
            raise InvalidInput("text: is required", fields=[FieldError("text", "is required")])
        return {"text": payload["text"].upper(), "sessionId": session_id, "user": caller.user}

    @frame("notes:type")
    async def type_word(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Append a word as a hint."""
        await self.append(caller, payload["noteId"], [payload["word"]], hints=True)

    @frame("notes:strict")
    async def strict(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> dict[str, Any]:
        """Validate with a model."""
        return Note.model_validate(payload).model_dump(by_alias=True)

    @frame("notes:crash")
    async def crash_frame(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Fail in an unexpected way."""
        raise RuntimeError("secret-in-the-exception")

    @offer("gateway.frame", type="notes:rename")
    async def rename(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Announce a new title."""
        stream = f"notes/{payload['noteId']}"
        await self.events.publish(NoteChanged(space=caller.space, stream=stream, title=payload["title"], word_count=2))
