"""From an asker's request to a question that people can read."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from atrium.contracts.approvals import ApprovalRequest
from atrium.plugins.approvals.binding import options
from atrium.plugins.approvals.documents import OpenQuestion
from atrium.plugins.approvals.shown import shown_act, visible
from atrium.sdk import Principal
from atrium.sdk.clock import timestamp
from atrium.sdk.inputs import invalid

MAX_ACT_BYTES = 4 << 20
"""An act is shown whole or not asked about: what is cut off could be what matters. A file of 1 MB, as it was and as it
will be, fits."""
MAX_TITLE = 200
MAX_REASON = 4_000
MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Asking:
    """When and for how long a question is asked, and under which id."""

    id: str
    now: float
    seconds: float


def question(caller: Principal, request: ApprovalRequest, asking: Asking) -> OpenQuestion:
    """Return the question for a request; `InvalidInput` if it cannot be shown whole."""
    _check(request)
    return OpenQuestion(
        id=asking.id,
        key=request.key,
        title=visible(request.title),
        act=shown_act(request.act),
        digest=request.act.digest(),
        risk=request.risk,
        reason=visible(request.reason),
        session_id=request.session_id,
        turn_id=request.turn_id,
        project=request.project,
        asked_by=caller.client,
        options=options(request.act, project=request.project, session_id=request.session_id),
        created_at=timestamp(asking.now),
        expires_at=timestamp(asking.now + asking.seconds),
    )


def _check(request: ApprovalRequest) -> None:
    for field, text, longest in (
        ("key", request.key, MAX_KEY),
        ("title", request.title, MAX_TITLE),
        ("reason", request.reason, MAX_REASON),
    ):
        if len(text) > longest:
            raise invalid(field, f"must be at most {longest} characters long, not {len(text)}")
    for field, text in (("key", request.key), ("title", request.title), ("act.tool", request.act.tool)):
        if not text.strip():
            raise invalid(field, "must not be empty")
    try:
        size = len(orjson.dumps(request.act.model_dump(mode="json")))
    except TypeError as error:  # half of a character, or a number beyond 64 bits
        raise invalid("act", f"cannot be stored as JSON: {error}") from None
    if size > MAX_ACT_BYTES:
        raise invalid("act", f"must be at most {MAX_ACT_BYTES} bytes of JSON, not {size}: it could not be shown whole")
