"""Permissions: what a person has allowed beyond one act."""

from __future__ import annotations

from collections.abc import AsyncIterator

from atrium.contracts.approvals import ApprovalRequest, Permission
from atrium.plugins.approvals.binding import covers, is_pattern, runs_anything
from atrium.plugins.approvals.documents import PAGE, PERMISSIONS, OpenQuestion, find_permission
from atrium.sdk import Context, Principal, SpaceStorage
from atrium.sdk.clock import timestamp
from atrium.sdk.inputs import invalid

MAX_PATTERN = 4096


def always(context: Context, caller: Principal, question: OpenQuestion) -> Permission:
    """Return the permission for exactly this act, in its project, for ever."""
    return Permission(
        id=context.new_id(),
        tool=question.act.tool,
        digest=question.digest,
        title=question.title,
        project=question.project,
        created_at=timestamp(context.clock.now()),
        created_by=caller.client,
    )


def for_session(context: Context, caller: Principal, question: OpenQuestion, pattern: str | None) -> Permission:
    """Return the permission for a tool within a pattern, in its session; `InvalidInput` unless it covers the act."""
    if pattern is None or len(pattern) > MAX_PATTERN or not is_pattern(pattern):
        raise invalid("pattern", "give the absolute path of a file, or of a folder with /** for all that is below it")
    if not covers(pattern, question.act.paths):
        raise invalid("pattern", f"it does not cover {', '.join(question.act.paths)}: give one that does")
    return Permission(
        id=context.new_id(),
        tool=question.act.tool,
        title=question.title,
        session_id=question.session_id,
        pattern=pattern,
        created_at=timestamp(context.clock.now()),
        created_by=caller.client,
    )


async def covering(storage: SpaceStorage, request: ApprovalRequest) -> Permission | None:
    """Return a permission under which the act needs no question, if there is one."""
    if runs_anything(request.act):
        return None
    digest = request.act.digest()
    async for permission in _all(storage):
        if permission.digest is not None:
            if permission.digest == digest and permission.project == request.project:
                return permission
        elif _within_session(permission, request):
            return permission
    return None


async def take_back(storage: SpaceStorage, permission_id: str) -> None:
    """End a permission; `NotFound` if there is none."""
    await find_permission(storage, permission_id)
    await storage.delete(permission_id, collection=PERMISSIONS)


def _within_session(permission: Permission, request: ApprovalRequest) -> bool:
    return (
        permission.pattern is not None
        and permission.session_id == request.session_id
        and permission.tool == request.act.tool
        and not request.act.argv
        and covers(permission.pattern, request.act.paths)
    )


async def _all(storage: SpaceStorage) -> AsyncIterator[Permission]:
    after: str | None = None
    while True:
        page = await storage.query(limit=PAGE, after=after, collection=PERMISSIONS)
        for document in page.documents:
            yield Permission.model_validate(document.value)
        after = page.next
        if after is None:
            return
