"""What is stored: open questions, closed ones, and permissions, each in the space of the person who is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from atrium.contracts.approvals import Approval, Permission
from atrium.contracts.base import Model
from atrium.sdk import Index, NotFound, SpaceStorage, Topic

HISTORY = "history"
PERMISSIONS = "permissions"

PAGE = 500
"""How many documents one step of work over many of them handles."""

TOPICS = (
    Topic("approvals", shows=tuple(map(to_camel, Approval.model_fields))),
    Topic("approvals/permissions", collection=PERMISSIONS),
)

INDEXES = (
    Index(("closedAt",), collection=HISTORY),
    Index(("sessionId", "closedAt"), collection=HISTORY),
    Index(("taken", "closedAt"), collection=HISTORY),
    Index(("sessionId",), collection=PERMISSIONS),
)


class OpenQuestion(Approval):
    """A question that waits. `key` is the asker's name for it."""

    key: str


class ClosedQuestion(OpenQuestion):
    """A question that is over. `taken`: its asker has got the answer, or is not there to get it."""

    taken: bool


def as_json(record: Model) -> dict[str, Any]:
    """Return a record as it is stored and sent."""
    return record.model_dump(mode="json", by_alias=True)


def as_wire(record: OpenQuestion) -> dict[str, Any]:
    """Return a question as clients see it."""
    return record.model_dump(mode="json", by_alias=True, exclude={"key", "taken"})


def seconds_of(stamp: str) -> float:
    """Return what `timestamp` was given, to the millisecond."""
    return datetime.fromisoformat(stamp).timestamp()


async def find_question(storage: SpaceStorage, approval_id: str) -> tuple[OpenQuestion, int]:
    """Return a question, open or closed, and its revision; `NotFound` if there is none."""
    found = await storage.find(approval_id)
    if found is not None:
        return OpenQuestion.model_validate(found.value), found.revision
    found = await storage.find(approval_id, collection=HISTORY)
    if found is None:
        raise NotFound(f"there is no approval {approval_id}")
    return ClosedQuestion.model_validate(found.value), found.revision


async def find_permission(storage: SpaceStorage, permission_id: str) -> Permission:
    """Return a permission; `NotFound` if there is none."""
    value = await storage.get(permission_id, collection=PERMISSIONS)
    if value is None:
        raise NotFound(f"there is no permission {permission_id}")
    return Permission.model_validate(value)
