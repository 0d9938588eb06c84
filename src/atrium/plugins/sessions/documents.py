"""What is stored of a session: what people say about it, what happens in it, and its turns.

All of it lies in the space of whoever owns the session. What people say (`SessionRecord`) is kept apart from what
happens (`ActivityRecord`), so that messages do not change the revision that `If-Match` is compared with.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from atrium.contracts.base import Model
from atrium.contracts.composing import Attachment
from atrium.contracts.sessions import (
    ForkOrigin,
    MessageAccepted,
    Session,
    SessionMetadata,
    SessionStatus,
    TurnStatus,
    TurnSummary,
)
from atrium.sdk import Document, Index, Json, NotFound, SpaceStorage, Topic

ACTIVITY = "activity"
TURNS = "turns"
TOKENS = "tokens"
CREATIONS = "creations"
DELETIONS = "deletions"
DRAFTS = "drafts"
ATTACHMENTS = "attachments"

PAGE = 500
"""How many documents one step of work over many of them handles."""

SHOWN_SAID = ("id", "providerId", "createdAt", "metadata", "forkedFrom", "fallback", "model", "mode")
SHOWN_ACTIVITY = ("status", "updatedAt", "messageCount", "turn", "queued", "pinned", "unread", "readOffset")

TOPICS = (
    Topic("sessions", shows=SHOWN_SAID),
    Topic("sessions", collection=ACTIVITY, shows=SHOWN_ACTIVITY),
    Topic("sessions/{key}", shows=SHOWN_SAID),
    Topic("sessions/{key}", collection=ACTIVITY, shows=SHOWN_ACTIVITY),
    # The session itself comes first: the topic is there as long as the session, whether there is a draft or not.
    Topic("sessions/drafts/{key}", shows=("id",)),
    Topic("sessions/drafts/{key}", collection=DRAFTS, shows=("text", "attachments", "updatedAt", "client")),
)

INDEXES = (
    Index(("createdAt",)),
    Index(("providerId", "createdAt")),
    Index(("updatedAt",), collection=ACTIVITY),
    Index(("status", "updatedAt"), collection=ACTIVITY),
    Index(("pinned",), collection=ACTIVITY),
    Index(("sessionId", "status", "offset"), collection=TURNS),
    Index(("status", "sessionId"), collection=TURNS),
    Index(("sessionId",), collection=ATTACHMENTS),
    Index(("used", "uploadedAt"), collection=ATTACHMENTS),
)


class SessionRecord(Model):
    """What people say about a session. `creation` is the key that made its creation idempotent.

    `fallback` are the providers that go on when its own fails, None for those of the settings. `parked` holds the
    settings it had with the providers before. `model` and `mode` are what the settings say of them.
    """

    id: str
    provider_id: str
    created_at: str
    metadata: SessionMetadata = SessionMetadata()
    settings: dict[str, Any] = Field(default_factory=dict)
    creation: str | None = None
    forked_from: ForkOrigin | None = None
    fallback: tuple[str, ...] | None = None
    parked: dict[str, dict[str, Any]] = Field(default_factory=dict)
    model: str | None = None
    mode: str | None = None

    @property
    def providers(self) -> set[str]:
        """Return the providers that may know of the session."""
        return {self.provider_id, *self.parked}


class ActivityRecord(Model):
    """What happens in a session. `turn` is the one that runs, or the interrupted one that others wait behind.

    `pinned`, `unread` and `read_offset` are the marks of the person whose space it is. They stand here because what
    makes something unread changes this record anyway: a mark costs no write of its own, and a list no count.
    """

    status: SessionStatus = "created"
    updated_at: str
    message_count: int = 0
    turn: TurnSummary | None = None
    queued: int = 0
    pinned: bool = False
    unread: int = 0
    read_offset: str = "0"
    summary: int | None = None

    @property
    def blocked(self) -> bool:
        """Tell whether queued turns wait behind an interrupted one."""
        return self.turn is not None and self.turn.status == "interrupted"


class TurnRecord(Model):
    """One turn. `offset` is its message's and so its place in the queue.

    A retried turn is `superseded`; the `first` of a message's turns names the `latest`. `without_images` leaves out
    those of its message.
    """

    id: str
    session_id: str
    message_id: str
    status: TurnStatus = "queued"
    offset: int
    by: dict[str, str]
    target: str | None = None
    created_at: str
    started: int | None = None
    answer_id: str | None = None
    first: str | None = None
    latest: str | None = None
    superseded: bool = False
    without_images: bool = False


class DraftRecord(Model):
    """What the person whose space it is has begun to write in a session, and the client that wrote it."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    updated_at: str
    client: str


class AttachmentRecord(Model):
    """What is known of an attachment; `used` once a message names it. `uploaded_at` is in seconds since 1970."""

    session_id: str
    attachment: Attachment
    uploaded_at: float
    used: bool = False


class TokenRecord(Model):
    """What a client token stands for: the digest of what was sent under it, and the answer it got."""

    digest: str
    message_id: str
    turn_id: str
    offset: str


class CreationRecord(Model):
    """What an `Idempotency-Key` stands for: the digest of the request, and the session and message it created."""

    digest: str
    session_id: str
    message: MessageAccepted | None = None


def as_json(record: Model) -> dict[str, Any]:
    """Return a record as it is stored and sent."""
    return record.model_dump(mode="json", by_alias=True)


def stream_of(session_id: str) -> str:
    """Return the name of a session's stream."""
    return f"sessions/{session_id}"


def draft_topic(session_id: str) -> str:
    """Return the name of the topic of a session's draft."""
    return f"sessions/drafts/{session_id}"


def token_key(session_id: str, token: str) -> str:
    """Return where a client token is remembered."""
    return f"{session_id}/{token}"


def attachment_key(session_id: str, attachment_id: str) -> str:
    """Return where an attachment's record is."""
    return f"{session_id}/{attachment_id}"


def check_id(session_id: str) -> str:
    """Return a session id in its canonical form; `NotFound` for anything else, as for an unknown one."""
    try:
        canonical = str(UUID(session_id))
    except (ValueError, AttributeError, TypeError):
        canonical = ""
    if not canonical or canonical != session_id:
        raise NotFound("there is no session with this id")
    return canonical


async def find_session(storage: SpaceStorage, session_id: str) -> tuple[Document, SessionRecord]:
    """Return a session's document; `NotFound` if there is none."""
    found = await storage.find(check_id(session_id))
    if found is None:
        raise NotFound(f"there is no session {session_id}")
    return found, SessionRecord.model_validate(found.value)


async def find_activity(storage: SpaceStorage, session_id: str) -> tuple[Document, ActivityRecord]:
    """Return what happens in a session; `NotFound` if there is no such session."""
    found = await storage.find(session_id, collection=ACTIVITY)
    if found is None:
        raise NotFound(f"there is no session {session_id}")
    return found, ActivityRecord.model_validate(found.value)


async def find_turn(storage: SpaceStorage, session_id: str, turn_id: str) -> TurnRecord:
    """Return a turn of a session; `NotFound` if it has no such turn."""
    value = await storage.get(turn_id, collection=TURNS)
    turn = None if value is None else TurnRecord.model_validate(value)
    if turn is None or turn.session_id != session_id:
        raise NotFound(f"session {session_id} has no turn {turn_id}")
    return turn


async def turns_with(
    storage: SpaceStorage, session_id: str, status: TurnStatus, *, newest: bool = False, limit: int = PAGE
) -> list[TurnRecord]:
    """Return the first turns of a session with this status, in the order of their messages (`newest`: last first)."""
    order = "-offset" if newest else "offset"
    where = {"sessionId": session_id, "status": status}
    page = await storage.query(where, order, limit, collection=TURNS)
    return [TurnRecord.model_validate(document.value) for document in page.documents]


def as_session(data: Json) -> Session:
    """Return a session as clients see it, from its topic's snapshot."""
    return Session.model_validate(data)
