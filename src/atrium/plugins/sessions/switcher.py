"""Switching the provider of a session when a person asks for it."""

from __future__ import annotations

import asyncio
from functools import partial

from atrium.plugins.sessions.control import Control
from atrium.plugins.sessions.errors import NothingToRetry, SessionIsStopped
from atrium.plugins.sessions.inputs import name
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.switching import Switch, put_switch
from atrium.plugins.sessions.turn import RunningTurn
from atrium.sdk import Context, Principal
from atrium.sdk.crash_points import crash_point


class Switcher:
    """Gives a session another provider."""

    def __init__(self, context: Context, ledger: Ledger, mailboxes: Mailboxes, control: Control) -> None:
        self._context = context
        self._ledger = ledger
        self._mailboxes = mailboxes
        self._control = control

    async def switch(self, caller: Principal, session_id: str, provider_id: object, *, retry: bool) -> None:
        """Give a session another provider, from its next turn on, or from the one that waits for an answer.

        A turn that has some of its answer keeps its provider. With `retry` the session's last turn, which must have
        ended badly, is asked again in the same commit; the same request again does nothing more.
        """
        wanted = name("providerId", provider_id)
        await self._context.services.call("providers.check", wanted)
        storage = self._context.storage.of(caller.space)
        kept = await self._mailboxes.summaries.kept_by(storage, session_id, wanted)
        async with self._ledger.change(caller.space, session_id) as change:
            if change.activity.status == "stopped":
                raise SessionIsStopped("fork it to continue the conversation")
            turn = self._mailboxes.running(session_id)
            is_new = change.session.provider_id != wanted
            if retry and turn is None:
                last = await self._control.last_ended_badly(change)
                if last is None and is_new:
                    raise NothingToRetry("the last turn of this session did not end badly; switch without retry")
                if last is not None:
                    await self._control.requeue(change, caller, last, anywhere=True)
            moves = is_new and turn is not None and _move(change, turn)
            turn_id = turn.record.id if turn is not None and moves else None
            put_switch(change, Switch(wanted, "requested", kept, by=caller.user, turn_id=turn_id))
        crash_point("provider.switched")


def _move(change: Change, turn: RunningTurn) -> bool:
    """Let a turn that has no answer yet go on once the change is stored (or is not); tell whether it does."""
    moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    change.batch.after(partial(_end, moved))
    change.undo.append(partial(_end, moved))
    return turn.move(moved)


def _end(moved: asyncio.Future[None]) -> None:
    if not moved.done():
        moved.set_result(None)
