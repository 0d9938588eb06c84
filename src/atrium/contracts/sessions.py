"""What the `sessions` plugin says and stores: stream entries, and the session as clients see it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from atrium.contracts.base import Model
from atrium.contracts.composing import Attachment
from atrium.contracts.events import Event
from atrium.contracts.problems import Problem
from atrium.contracts.summaries import ConversationSummarised, ConversationSummarising
from atrium.contracts.turn_notes import NoteAdded, UsageReported

SessionStatus = Literal["created", "active", "paused", "stopped", "cold"]
TurnStatus = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]


class MessageAdded(Event):
    """A person's message was stored and its turn is queued."""

    type: ClassVar[str] = "sessions.message.added.v1"

    message_id: str
    turn_id: str
    role: Literal["user"] = "user"
    content: str
    attachments: tuple[Attachment, ...] = ()
    client_token: str | None = None
    by: str


class TurnStarted(Event):
    """A turn began to run; exactly one of the turn endings follows. `message_id` is the message it answers."""

    type: ClassVar[str] = "sessions.turn.started.v1"

    turn_id: str
    message_id: str
    provider_id: str


class ProviderRetrying(Event):
    """A provider failed before it said anything and is asked again at `retry_at`; `attempt` counts failures from 1."""

    type: ClassVar[str] = "sessions.provider.retrying.v1"

    turn_id: str
    provider_id: str
    attempt: int
    delay_ms: int
    retry_at: str
    problem: Problem


class TurnEnded(Event):
    """What all turn endings carry."""

    type: ClassVar[str]

    turn_id: str
    duration_ms: int | None = None
    problem: Problem | None = None


class TurnCompleted(TurnEnded):
    """A turn ended with its answer."""

    type: ClassVar[str] = "sessions.turn.completed.v1"


class TurnFailed(TurnEnded):
    """A turn ended with a problem."""

    type: ClassVar[str] = "sessions.turn.failed.v1"


class TurnCancelled(TurnEnded):
    """A turn was cancelled by a person, or by its provider before it was done: then `problem` says why."""

    type: ClassVar[str] = "sessions.turn.cancelled.v1"


class TurnInterrupted(TurnEnded):
    """A turn was cut by a stop of the hub."""

    type: ClassVar[str] = "sessions.turn.interrupted.v1"


class Delta(Event):
    """What deltas carry: a piece of text with its place in the message."""

    type: ClassVar[str]
    hint: ClassVar[bool] = True

    message_id: str
    turn_id: str
    index: int
    role: Literal["assistant"] = "assistant"
    content: str


class MessageDelta(Delta):
    """A piece of an answer."""

    type: ClassVar[str] = "sessions.message.delta.v1"


class ThinkingDelta(Delta):
    """A piece of the model's thinking."""

    type: ClassVar[str] = "sessions.thinking.delta.v1"


class MessageCompleted(Event):
    """The whole text of an answer (or what there was of it when its turn ended)."""

    type: ClassVar[str] = "sessions.message.completed.v1"

    message_id: str
    turn_id: str
    role: Literal["assistant"] = "assistant"
    content: str


class ThinkingCompleted(Event):
    """The whole text of the model's thinking."""

    type: ClassVar[str] = "sessions.thinking.completed.v1"

    message_id: str
    turn_id: str
    role: Literal["assistant"] = "assistant"
    content: str


class ToolEvent(Event):
    """What tool events carry."""

    type: ClassVar[str]

    tool_call_id: str
    turn_id: str
    name: str
    arguments: dict[str, Any] | None = None
    output: str | None = None
    status: str
    duration_ms: int | None = None


class ToolCalled(ToolEvent):
    """The model called a tool."""

    type: ClassVar[str] = "sessions.tool.called.v1"


class ToolUpdated(ToolEvent):
    """A tool call changed."""

    type: ClassVar[str] = "sessions.tool.updated.v1"


class ToolFinished(ToolEvent):
    """A tool call ended."""

    type: ClassVar[str] = "sessions.tool.finished.v1"


class SessionRenamed(Event):
    """A session got another title."""

    type: ClassVar[str] = "sessions.session.renamed.v1"

    title: str
    by: str


class SessionTagged(Event):
    """A session got other tags."""

    type: ClassVar[str] = "sessions.session.tagged.v1"

    tags: tuple[str, ...]
    by: str


class ProviderChanged(Event):
    """Another provider answers in a session from here on: a person chose it, or the one before it failed.

    `turn_id` is the turn that goes on with it, if one does. Of the `messages` so far it reads the last `kept`.
    """

    type: ClassVar[str] = "sessions.provider.changed.v1"

    provider_id: str
    before: str
    reason: Literal["requested", "fallback"]
    messages: int
    kept: int
    by: str | None = None
    turn_id: str | None = None
    problem: Problem | None = None


class SessionStopped(Event):
    """A session was stopped: its history stays, new messages are refused."""

    type: ClassVar[str] = "sessions.session.stopped.v1"

    by: str


class SessionDeleted(Event):
    """A session was deleted: the last entry its followers see."""

    type: ClassVar[str] = "sessions.session.deleted.v1"

    by: str


class SessionUpdated(Event):
    """A session's status, title or number of messages changed: what `session:update` frames tell."""

    type: ClassVar[str] = "sessions.session.updated.v1"

    space: str
    stream: str
    session_id: str
    status: SessionStatus
    message_count: int
    title: str


class MessageStored(Event):
    """A person's message was stored; for plugins, without its text."""

    type: ClassVar[str] = "sessions.message.stored.v1"

    space: str
    session_id: str
    message_id: str
    turn_id: str
    by: str


class TurnFinished(Event):
    """A turn ended, in whichever way; for plugins. `answer_id` is the stored answer's, if there is one."""

    type: ClassVar[str] = "sessions.turn.finished.v1"

    space: str
    session_id: str
    turn_id: str
    status: TurnStatus
    answer_id: str | None = None


class SessionMetadata(Model):
    """What people say about a session."""

    title: str = Field(default="", max_length=200)
    tags: tuple[str, ...] = Field(default=(), max_length=32)


class MetadataChange(Model):
    """What to change of a session's metadata; absent fields stay as they are."""

    title: str | None = None
    tags: tuple[str, ...] | None = None


class CreateSession(Model):
    """The payload of a `session:create` frame."""

    provider_id: str
    settings: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class SendMessage(Model):
    """The payload of a `session:message` frame."""

    content: str
    target_agent: str | None = None
    client_token: str | None = None
    draft_revision: str | None = None
    attachments: tuple[str, ...] = ()


class CancelTurn(Model):
    """The payload of a `turn:cancel` frame: the turn to cancel, by default the one the session is busy with."""

    turn_id: str | None = None


class MessageAccepted(Model):
    """The acknowledgement of a message: stored, fsynced, and its turn queued."""

    message_id: str
    turn_id: str
    offset: str


class SessionCreated(Model):
    """The answer to creating or forking a session: its id, where its stream is followed, and what was sent in it."""

    session_id: str
    status: SessionStatus
    ws_url: str
    message: MessageAccepted | None = None


class TurnAccepted(Model):
    """The answer to cancelling or retrying: the turn concerned and what has become of it."""

    turn_id: str
    status: TurnStatus


class SessionState(Model):
    """The answer to stopping a session."""

    session_id: str
    status: SessionStatus


class TurnSummary(Model):
    """The turn a session is busy with, or stuck behind."""

    id: str
    status: TurnStatus


class ForkOrigin(Model):
    """Where a fork comes from: it has what was said up to and with `at`, or all that was asked `before` a message."""

    session_id: str
    at: str | None = None
    before: str | None = None


class Session(Model):
    """A session as clients see it. Times are ISO 8601, UTC; `queued` counts waiting turns.

    `pinned`, `unread` and `read_offset` are the marks of the person who asks: what others have said behind
    `read_offset` is unread. `fallback` are the providers that go on with it when its own one fails; None: those of the
    settings. `model` and `mode` are those that were chosen for it; None: the provider's own.
    """

    id: str
    provider_id: str
    status: SessionStatus
    created_at: str
    updated_at: str
    message_count: int
    metadata: SessionMetadata
    turn: TurnSummary | None
    queued: int
    pinned: bool = False
    unread: int = 0
    read_offset: str = "0"
    forked_from: ForkOrigin | None = None
    fallback: tuple[str, ...] | None = None
    model: str | None = None
    mode: str | None = None


class Message(Model):
    """One message of a conversation; `status` is its turn's."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    attachments: tuple[Attachment, ...] = ()
    created_at: str
    turn_id: str
    status: TurnStatus


class MessagePage(Model):
    """One page of a conversation, oldest first; `next_cursor` None at the end."""

    data: tuple[Message, ...]
    next_cursor: str | None


ENTRIES: tuple[type[Event], ...] = (
    MessageAdded, TurnStarted, TurnCompleted, TurnFailed, TurnCancelled, TurnInterrupted, MessageDelta, ThinkingDelta,
    MessageCompleted, ThinkingCompleted, ToolCalled, ToolUpdated, ToolFinished, UsageReported, NoteAdded,
    SessionRenamed, SessionTagged, SessionStopped, SessionDeleted, ProviderRetrying, ProviderChanged,
    ConversationSummarising, ConversationSummarised,
)  # fmt: skip
