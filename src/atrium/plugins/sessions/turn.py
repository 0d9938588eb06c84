"""One running turn: the provider's events, shown as they come and stored when they are final."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from atrium.contracts.events import Event
from atrium.plugins.sessions import outputs
from atrium.plugins.sessions.answer import Answer, Ending, milliseconds
from atrium.plugins.sessions.conversation import Conversations
from atrium.plugins.sessions.documents import TurnRecord, stream_of
from atrium.plugins.sessions.endings import Outcome, end_turn
from atrium.plugins.sessions.errors import AnswerTooLong
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.limits import MAX_ANSWER_CHARACTERS
from atrium.plugins.sessions.patience import Patience
from atrium.sdk import EXISTS, AtriumError, Conflict, Context, NewEntry, NotFound, Principal, StorageFailed
from atrium.sdk.clock import timestamp
from atrium.sdk.crash_points import crash_point
from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult, TurnRequest

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long a provider may take to stop a turn; after that the turn ends without it."""


class RunningTurn:
    """A turn that has started. It ends exactly once, however it ends."""

    def __init__(
        self,
        context: Context,
        ledger: Ledger,
        patience: Patience,
        conversations: Conversations,
        start: Change,
        turn: TurnRecord,
    ) -> None:
        self.record = turn
        self.ended = asyncio.Event()
        self.status: Ending = "completed"
        self._context = context
        self._ledger = ledger
        self._patience = patience
        self._conversations = conversations
        self._session = start.session
        self._storage = start.storage
        self._answer = Answer(turn.answer_id or turn.id, turn.id)
        self._began = context.clock.monotonic()
        self._wish: Ending | None = None
        self._work: asyncio.Task[Outcome] | None = None
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending = False

    async def run(self) -> None:
        """Run the turn to its end and store that."""
        try:
            if self._wish is None:
                self._work = self._context.spawn(self._stream(), f"turn {self.record.id}")
                await self._wait(self._work)
            await self._end(self._outcome())
            crash_point("turn.ended")
        finally:
            self.ended.set()

    def cut(self, ending: Ending) -> None:
        """End the turn early, as `cancelled` or `interrupted`, with the text it has; no effect when it is ending."""
        if self._wish is None and not self._ending:
            self._wish = ending
            self._cut.set_result(None)
            if self._work is not None:
                self._work.cancel()

    async def _wait(self, work: asyncio.Task[Outcome]) -> None:
        """Wait for the provider, and once the turn is cut, only as long as giving up may take."""
        either: list[asyncio.Future[Any]] = [work, self._cut]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            grace = self._context.spawn(self._context.clock.sleep(GRACE_SECONDS), "grace")
            await asyncio.wait([work, grace], return_when=asyncio.FIRST_COMPLETED)
            grace.cancel()
        if not work.done():
            log.error("a provider does not stop a turn that was cut", extra={"session": self._session.id})

    def _outcome(self) -> Outcome:
        duration = milliseconds(self._context.clock.monotonic() - self._began)
        if self._work is not None and self._work.done() and not self._work.cancelled():
            found = self._work.result()
            return Outcome(found.ending, found.problem, duration)
        return Outcome(self._wish or "interrupted", None, duration)

    async def _stream(self) -> Outcome:
        """Follow the provider; other people's code, so whatever it raises ends this turn and nothing else."""
        provider_id = self.record.target or self._session.provider_id
        try:
            content, before = await self._conversations.history(self._storage, self.record)
            by = Principal.from_json(self.record.by)
            request = TurnRequest(self._session.id, self.record.id, content, before, self._session.settings, by)
            async with self._context.services.stream("providers.run", provider_id, request) as events:
                await self._follow(events)
        except AtriumError as error:
            return self._failed(error)
        except Exception:
            log.exception("turn failed", extra={"session": self._session.id, "provider": provider_id})
            return self._failed(AtriumError("the provider failed in a way it does not explain; the log has more"))
        return Outcome("completed")

    async def _follow(self, events: AsyncIterator[ProviderEvent]) -> None:
        async for event in events:
            if self._ending:
                return
            crash_point("turn.event")
            if isinstance(event, (TextDelta, ThinkingDelta)):
                self._show(event)
            elif isinstance(event, ToolCall):
                await self._store(self._answer.called(event, self._context.clock.monotonic()))
            elif isinstance(event, ToolResult):
                await self._store(*self._answer.returned(event, self._context.clock.monotonic()))
            else:
                self._answer.used(event)

    def _show(self, event: TextDelta | ThinkingDelta) -> None:
        answer = self._answer
        if not event.content:
            return
        if answer.characters + len(event.content) > MAX_ANSWER_CHARACTERS:
            raise AnswerTooLong(f"it was cut after {answer.characters} characters")
        hint = answer.delta(outputs.text(event.content), thinking=isinstance(event, ThinkingDelta))
        self._storage.hint(stream_of(self._session.id), answer.message_id, [hint])

    async def _store(self, *entries: Event) -> None:
        """Store entries that are final by themselves; what follows that must happen even if the turn is cut now."""
        async with self._storage.batch() as batch:
            batch.require(self._session.id, EXISTS)
            batch.append(stream_of(self._session.id), [NewEntry(e.type, e.to_wire()) for e in entries])
            batch.after(lambda: self._ledger.stored(self._storage.space, self._session.id))

    async def _end(self, outcome: Outcome) -> None:
        """Store the end, trying again while the database cannot: a started turn must not stay without one."""
        crash_point("turn.ending")
        self._ending = True
        self.status = outcome.ending
        for attempt in count():
            try:
                async with self._ledger.change(self._storage.space, self._session.id) as change:
                    end_turn(change, self.record, self._answer, outcome, self._context.clock.monotonic())
                return
            except NotFound:
                log.info("session was deleted while its turn ran", extra={"session": self._session.id})
                return
            except (StorageFailed, Conflict):
                log.exception("the end of a turn could not be stored", extra={"session": self._session.id})
                if not await self._patience.wait(attempt):
                    return

    def _failed(self, error: AtriumError) -> Outcome:
        problem = outputs.problem_of(error, self.record.id, timestamp(self._context.clock.now()))
        return Outcome("failed", problem)
