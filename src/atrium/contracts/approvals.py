"""What the `approvals` plugin says: questions to a person that block an act, and their answers."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, Literal

from pydantic import Field

from atrium.contracts.base import Model
from atrium.contracts.events import Event

Risk = Literal["low", "medium", "high"]
ApprovalStatus = Literal["pending", "allowed", "rejected", "expired", "withdrawn"]
Answer = Literal["allow", "allow_session", "allow_always", "reject"]


class FileState(Model):
    """A file that the act depends on, as it was when the question was asked."""

    path: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Act(Model):
    """Exactly what will be done. `argv`, `cwd`, `env` and `files` are a command's; other tools have `arguments`."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    argv: tuple[str, ...] = ()
    cwd: str | None = None
    env: dict[str, str] = Field(default_factory=dict)
    files: tuple[FileState, ...] = ()
    paths: tuple[str, ...] = ()
    """The files and folders that the act reads or changes, absolute; permissions for a session compare them."""

    def digest(self) -> str:
        """Return what stands for exactly this act: SHA-256 of its canonical JSON (sorted keys, no spaces)."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


class ApprovalRequest(Model):
    """A question, as a plugin asks it: the same `key` again is the same question."""

    key: str
    title: str
    act: Act
    risk: Risk
    reason: str = ""
    session_id: str | None = None
    turn_id: str | None = None
    project: str | None = None


class ShownAct(Model):
    """An act as people read it: nothing hidden, every invisible character written out; `env` has names only."""

    tool: str
    command: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    cwd: str | None = None
    env: tuple[str, ...] = ()
    files: tuple[FileState, ...] = ()
    paths: tuple[str, ...] = ()
    warnings: tuple[Literal["hidden_characters", "not_ascii"], ...] = ()


class Approval(Model):
    """A question as clients see it; `digest` stands for exactly this act. Times are ISO 8601, UTC."""

    id: str
    title: str
    act: ShownAct
    digest: str
    risk: Risk
    reason: str = ""
    session_id: str | None = None
    turn_id: str | None = None
    project: str | None = None
    asked_by: str
    status: ApprovalStatus = "pending"
    options: tuple[Answer, ...]
    created_at: str
    expires_at: str
    closed_at: str | None = None
    answer: Answer | None = None
    answered_by: str | None = None
    message: str | None = None
    rule: str | None = None


class Permission(Model):
    """What is allowed without asking again, until somebody takes it back."""

    id: str
    tool: str
    digest: str | None = None
    title: str
    project: str | None = None
    session_id: str | None = None
    pattern: str | None = None
    created_at: str
    created_by: str


class AnswerApproval(Model):
    """The payload of an `approval:answer` frame, and one of a batch."""

    approval_id: str
    answer: Answer
    message: str | None = None
    digest: str | None = None
    pattern: str | None = None


class Decision(Model):
    """What the asker gets; `digest` is of the act that was allowed, to be compared with what is about to run."""

    approval_id: str
    allowed: bool
    digest: str
    status: ApprovalStatus
    answer: Answer | None = None
    message: str | None = None
    rule: str | None = None


class ApprovalStatistics(Model):
    """How questions of the last `days` days ended, and how long people took to answer, in seconds."""

    days: int
    pending: int
    allowed: int
    rejected: int
    expired: int
    withdrawn: int
    by_rule: int
    median_seconds: float | None
    p90_seconds: float | None


class ApprovalEvent(Event):
    """What all events about a question carry."""

    type: ClassVar[str]

    space: str
    approval_id: str
    title: str
    risk: Risk
    session_id: str | None = None


class ApprovalRequested(ApprovalEvent):
    """Somebody has to answer a question."""

    type: ClassVar[str] = "approvals.approval.requested.v1"


class ApprovalExpiring(ApprovalEvent):
    """A question will expire soon, and with it the act it is about; `stream` is its session's, if it has one."""

    type: ClassVar[str] = "approvals.approval.expiring.v1"

    stream: str = ""
    event: Literal["approval:expiring"] = "approval:expiring"
    seconds: float


class ApprovalClosed(ApprovalEvent):
    """A question needs no answer any more."""

    type: ClassVar[str] = "approvals.approval.closed.v1"

    status: ApprovalStatus
    answered_by: str | None = None
