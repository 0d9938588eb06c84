"""One running turn: the provider's events, shown as they come and stored when they are final."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from atrium.contracts.events import Event
from atrium.contracts.problems import Problem
from atrium.contracts.sessions import ProviderRetrying
from atrium.plugins.sessions import outputs
from atrium.plugins.sessions.answer import Answer, Ending, milliseconds
from atrium.plugins.sessions.conversation import Asked
from atrium.plugins.sessions.documents import TurnRecord, find_session, stream_of
from atrium.plugins.sessions.endings import Outcome, end_turn
from atrium.plugins.sessions.errors import AnswerTooLong
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.limits import MAX_ANSWER_CHARACTERS
from atrium.plugins.sessions.patience import Patience
from atrium.plugins.sessions.summaries import Summaries, Telling
from atrium.plugins.sessions.switching import Switch, better_problem, next_in_chain, put_choice, put_switch
from atrium.sdk import (
    EXISTS,
    AtriumError,
    Conflict,
    Context,
    NewEntry,
    NotFound,
    Principal,
    ProviderError,
    StorageFailed,
)
from atrium.sdk.clock import timestamp
from atrium.sdk.crash_points import crash_point
from atrium.sdk.errors import ProviderContextExceeded, ProviderStopped
from atrium.sdk.providers import (
    ModeChanged,
    Note,
    Retrying,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResult,
    TurnEvent,
    TurnRequest,
    Usage,
)

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
        summaries: Summaries,
        start: Change,
        turn: TurnRecord,
    ) -> None:
        self.record = turn
        self.ended = asyncio.Event()
        self.status: Ending = "completed"
        self._context = context
        self._ledger = ledger
        self._patience = patience
        self._summaries = summaries
        self._conversations = summaries.conversations
        self._session = start.session
        self._storage = start.storage
        self._answer = Answer(turn.answer_id or turn.id, turn.id)
        self._began = context.clock.monotonic()
        self._wish: Ending | None = None
        self._work: asyncio.Task[Outcome] | None = None
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending = False
        self._tried: set[str] = set()
        self._moves: list[asyncio.Future[None]] = []
        self._has_moved = False
        self._has_images = False

    async def run(self) -> None:
        """Run the turn to its end and store that."""
        try:
            while self._wish is None:
                self._work = self._context.spawn(self._stream(), f"turn {self.record.id}")
                await self._wait(self._work)
                if not self._moves:
                    break
                await self._follow_moves()
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

    def move(self, moved: asyncio.Future[None]) -> bool:
        """Stop asking the provider; go on with the session's as soon as `moved` says which that is.

        False, and nothing changes, if there is some of the answer already, or the turn is at its end.
        """
        is_over = self._work is None or (self._work.done() and not self._moves)
        if is_over or self._wish is not None or self._ending or self._answer.has_begun:
            return False
        self._moves.append(moved)
        assert self._work is not None
        self._work.cancel()
        return True

    async def _follow_moves(self) -> None:
        while self._moves:
            await asyncio.wait([self._moves[0], self._cut], return_when=asyncio.FIRST_COMPLETED)
            del self._moves[0]
        self._has_moved = True

    async def _find_moved(self) -> None:
        """Learn to which provider the session was moved."""
        _, self._session = await find_session(self._storage, self._session.id)
        self.record = self.record.model_copy(update={"target": None})
        self._tried.clear()
        self._has_moved = False

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
        try:
            if self._has_moved:
                await self._find_moved()
            asked = await self._conversations.asked(self._storage, self.record)
            self._has_images = bool(asked.images)
            while (error := await self._attempt(asked)) is not None:
                if not await self._fall_back(error):
                    ending: Ending = "cancelled" if isinstance(error, ProviderStopped) else "failed"
                    return Outcome(ending, await self._problem(error))
        except AtriumError as refusal:
            return Outcome("failed", self._plain_problem(refusal))
        except Exception:
            log.exception("turn failed", extra={"session": self._session.id, "provider": self._provider_id})
            fault = AtriumError("the provider failed in a way it does not explain; the log has more")
            return Outcome("failed", self._plain_problem(fault))
        return Outcome("completed")

    async def _attempt(self, asked: Asked) -> ProviderError | None:
        """Let the provider answer; return how it failed, if it did."""
        session = self._session
        telling = Telling(session, self.record, self._provider_id, self._store)
        request = TurnRequest(
            session_id=session.id,
            turn_id=self.record.id,
            content=asked.content,
            history=await self._summaries.told(self._storage, telling, asked),
            settings=session.settings,
            by=Principal.from_json(self.record.by),
            images=asked.images,
            read_image=self._conversations.reader(session.id),
        )
        try:
            async with self._context.services.stream("providers.run", self._provider_id, request) as events:
                await self._follow(events)
        except ProviderError as error:
            return error
        return None

    async def _fall_back(self, error: ProviderError) -> bool:
        """Go on with the next provider of the chain, if nothing was said yet and there is one; all clients are told."""
        if self.record.target is not None or self._answer.has_begun or not error.hands_over:
            return False
        failed, session = self._provider_id, self._session
        self._tried.add(failed)
        outgrown = failed if isinstance(error, ProviderContextExceeded) else None
        following = await next_in_chain(self._context, self._tried, session, outgrown, self._has_images)
        if following is None:
            return False
        crash_point("provider.falling_back")
        kept = await self._summaries.kept_by(self._storage, session.id, following)
        async with self._ledger.change(self._storage.space, session.id) as change:
            if change.session.provider_id == failed:
                problem = self._plain_problem(error)
                put_switch(change, Switch(following, "fallback", kept, turn_id=self.record.id, problem=problem))
        self._session = change.session
        log.warning("provider %s goes on where %s failed", self._provider_id, failed, extra={"session": session.id})
        crash_point("provider.fell_back")
        return True

    @property
    def _provider_id(self) -> str:
        return self.record.target or self._session.provider_id

    async def _follow(self, events: AsyncIterator[TurnEvent]) -> None:
        async for event in events:
            if self._ending:
                return
            crash_point("turn.event")
            if isinstance(event, (TextDelta, ThinkingDelta)):
                self._show(event)
            elif isinstance(event, Usage):
                self._answer.used(event)
            else:
                await self._note(event)

    async def _note(self, event: TurnEvent) -> None:
        """Store what is final by itself."""
        if isinstance(event, ToolCall):
            await self._store(self._answer.called(event, self._context.clock.monotonic()))
        elif isinstance(event, ToolResult):
            await self._store(*self._answer.returned(event, self._context.clock.monotonic()))
        elif isinstance(event, Retrying):
            await self._announce(event)
        elif isinstance(event, Note):
            await self._store(self._answer.noted(event))
        elif isinstance(event, ModeChanged):
            async with self._ledger.change(self._storage.space, self._session.id) as change:
                put_choice(change, {"mode": outputs.text(event.mode)})

    async def _announce(self, event: Retrying) -> None:
        """Say that the provider is asked again, and when; another one may be chosen meanwhile."""
        at = self._context.clock.now() + event.delay
        retrying = ProviderRetrying(
            turn_id=self.record.id,
            provider_id=self._provider_id,
            attempt=event.attempt,
            delay_ms=milliseconds(event.delay),
            retry_at=timestamp(at),
            problem=await self._problem(event.error),
        )
        await self._store(retrying)
        crash_point("provider.retrying")

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

    async def _problem(self, error: ProviderError) -> Problem:
        """Return why the turn failed, with the provider that could go on."""
        problem = self._plain_problem(error)
        return await better_problem(
            self._context, problem, self._provider_id, self._session.fallback, with_images=self._has_images
        )

    def _plain_problem(self, error: AtriumError) -> Problem:
        return outputs.problem_of(error, self.record.id, timestamp(self._context.clock.now()))
