"""The model and the mode of a session: what may be chosen, and what is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.documents import SessionRecord, find_session
from atrium.plugins.sessions.errors import SessionIsStopped
from atrium.plugins.sessions.ledger import Ledger
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.switching import put_choice
from atrium.sdk import AtriumError, Conflict, Context, Principal

log = logging.getLogger(__name__)

LONGEST = 200
"""Characters of a model's or a mode's id."""


class Chooser:
    """Gives a session another model or mode."""

    def __init__(self, context: Context, ledger: Ledger, mailboxes: Mailboxes) -> None:
        self._context = context
        self._ledger = ledger
        self._mailboxes = mailboxes

    async def offered(self, caller: Principal, session_id: str) -> dict[str, Any]:
        """Return `{model, mode}`, each `{chosen, own, choices: [{id, name}]}`."""
        _, session = await find_session(self._context.storage.of(caller.space), session_id)
        found = await self._context.services.call("providers.choices", session.provider_id)
        return {kind: {"chosen": getattr(session, kind), **found[kind]} for kind in ("model", "mode")}

    async def choose(
        self, caller: Principal, session_id: str, wanted: Mapping[str, object], if_match: str | None
    ) -> None:
        """Choose a model or a mode, an empty one being the provider's own; from the next turn on, a mode at once."""
        given = {kind: inputs.line(kind, value, LONGEST) for kind, value in wanted.items()}
        _, session = await find_session(self._context.storage.of(caller.space), session_id)
        named = {kind: value for kind, value in given.items() if value}
        if named:
            asked = (session.provider_id, session_id, session.settings, named)
            await self._context.services.call("providers.check_choices", *asked)
        async with self._ledger.change(caller.space, session_id) as change:
            if change.activity.status == "stopped":
                raise SessionIsStopped("fork it to continue the conversation")
            if change.session.provider_id != session.provider_id:
                raise Conflict("another provider answers meanwhile; look at what it offers")
            inputs.matches(if_match, change.before.session_revision)
            put_choice(change, given)
        if named.get("mode") and self._mailboxes.running(session_id) is not None:
            await self._tell(session, named["mode"])

    async def _tell(self, session: SessionRecord, mode: str) -> None:
        """Let the turn that runs go on in the mode; what cannot be told now applies to the next turn."""
        try:
            await self._context.services.call("providers.set_mode", session.provider_id, session.id, mode)
        except AtriumError as error:
            log.info("a mode applies from the next turn on only: %s", error, extra={"session": session.id})
