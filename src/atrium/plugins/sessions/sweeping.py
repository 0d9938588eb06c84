"""What a deleted session leaves behind, removed in bounded steps; a crash in between is finished at the next start."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from atrium.plugins.sessions.attachments import Attachments
from atrium.plugins.sessions.documents import DELETIONS, PAGE, TOKENS, TURNS, TurnRecord, token_key
from atrium.plugins.sessions.transcript import Transcripts
from atrium.sdk import AtriumError, Context, ServiceNotFound, SpaceStorage
from atrium.sdk.crash_points import crash_point

log = logging.getLogger(__name__)


class Sweeper:
    """Removes turns, tokens, attachments and transcripts of deleted sessions, and tells providers."""

    def __init__(self, context: Context, transcripts: Transcripts, attachments: Attachments) -> None:
        self._context = context
        self._attachments = attachments
        self._transcripts = transcripts

    async def sweep_all(self, space: str) -> None:
        """Finish the deletions that a crash has cut."""
        storage = self._context.storage.of(space)
        while documents := (await storage.query(limit=PAGE, collection=DELETIONS)).documents:
            for document in documents:
                told = document.value.get("providers") or [document.value["providerId"]]  # of a hub before this one
                await self.sweep(storage, document.key, set(told))

    async def sweep(self, storage: SpaceStorage, session_id: str, providers: set[str]) -> None:
        """Remove everything of a deleted session, the note that it is being deleted last."""
        providers = providers | await _sweep_turns(storage, session_id)
        keys = await storage.list_keys(token_key(session_id, ""), collection=TOKENS)
        for start in range(0, len(keys), PAGE):
            async with storage.batch() as batch:
                for key in keys[start : start + PAGE]:
                    batch.delete(key, collection=TOKENS)
        crash_point("deletion.swept")
        await self._attachments.remove(storage, session_id)
        await self._transcripts.remove(session_id)
        crash_point("deletion.unlinked")
        await self.release(session_id, providers)
        await storage.delete(session_id, collection=DELETIONS)
        crash_point("deletion.finished")

    async def release(self, session_id: str, providers: Iterable[str]) -> None:
        """Let providers forget a session; one that is not there or fails has nothing to hold it up with."""
        for provider_id in sorted(providers):
            try:
                await self._context.services.call("providers.stop_session", provider_id, session_id)
            except ServiceNotFound:
                log.debug("no provider to tell of an ended session", extra={"session": session_id})
            except AtriumError as error:
                log.warning("provider did not stop a session: %s", error, extra={"provider": provider_id})


async def _sweep_turns(storage: SpaceStorage, session_id: str) -> set[str]:
    """Delete a session's turns and return the other providers they ran on."""
    providers: set[str] = set()
    while True:
        page = await storage.query({"sessionId": session_id}, limit=PAGE, collection=TURNS)
        if not page.documents:
            return providers
        async with storage.batch() as batch:
            for document in page.documents:
                target = TurnRecord.model_validate(document.value).target
                providers.update({target} if target else ())
                batch.delete(document.key, collection=TURNS)
