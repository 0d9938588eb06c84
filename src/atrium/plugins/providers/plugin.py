"""Providers: the sources of intelligence there are, and the turns they run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.plugins.providers.adding import PROVIDER_POINT, Added, Adding
from atrium.plugins.providers.backoff import delay_after
from atrium.plugins.providers.choosing import Kind, check_choices, describe_choices
from atrium.plugins.providers.circuits import CIRCUITS, Circuits
from atrium.plugins.providers.faults import closing, failures_of
from atrium.plugins.providers.finding import look_for_providers
from atrium.plugins.providers.handing_over import as_read
from atrium.plugins.providers.images import as_seen, refusal, takes_images
from atrium.plugins.providers.keys import describe, describe_state, note_key, require_key
from atrium.plugins.providers.metering import admit, measure
from atrium.plugins.providers.programs import PROGRAMS, is_shown
from atrium.plugins.providers.reading import reading_of, reads_most_first, window_in
from atrium.plugins.providers.roster import Member, Roster
from atrium.plugins.providers.states import STATES, Shown, States
from atrium.plugins.providers.summaries import Summariser, writer_among
from atrium.sdk import SYSTEM, Manifest, Principal, ProviderError, route, service
from atrium.sdk.crash_points import crash_point
from atrium.sdk.errors import ProviderNotInstalled
from atrium.sdk.host import Host
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import (
    AnswerEvent,
    Command,
    Note,
    ProviderEvent,
    Quota,
    Retrying,
    TurnEvent,
    TurnRequest,
    Usage,
)
from atrium.sdk.summaries import Held, Reading, Summarising, Summary

log = logging.getLogger(__name__)


class Providers(Adding):
    """Owns the `providers.*` services."""

    manifest = Manifest(
        name="providers", version="1.0.0", description=phrase("plugins.providers", "The sources of intelligence")
    )
    topics = (PROGRAMS, CIRCUITS, STATES)

    def __init__(self, host: Host | None = None) -> None:
        super().__init__(host)
        self._roster = Roster()
        self._changing = asyncio.Lock()
        self._circuits: Circuits | None = None

    async def start(self) -> None:
        """Configure every provider on offer; one that cannot be is shown as unavailable, with the reason."""
        self._circuits = Circuits(self.context)
        await self._circuits.open()
        self.context.extensions.watch(PROVIDER_POINT, self._offers_changed)
        self._added = Added(self.context)
        await self._added.open()
        await self.follow()
        await self.open_installs()
        self._states = States(self.context, self._shown)
        await self._states.open()
        if self.config.discover:
            _ = self.context.spawn(look_for_providers(self.context, PROVIDER_POINT), "model servers on this machine")

    async def stop(self) -> None:
        """End what the providers run."""
        self._circuits = self._states = None
        await self.close_installs()
        async with self._changing:
            await self._roster.close()

    @route("GET", "/providers")
    async def show(self, caller: Principal) -> dict[str, Any]:
        """List the providers, whether each can be used, and if not, why; `default` is the one for new sessions."""
        if self._states is not None:
            self._states.show_to(caller.space)
        return {**await self.list(), "default": self.config.default}

    @service("providers.list")
    async def list(self) -> dict[str, Any]:
        """Return `{data: [{id, name, version, status, reason?, preparing?, capabilities, limits, circuit, key?}]}`."""
        return {"data": [describe(member) for member in self._roster.all() if is_shown(member, self.config)]}

    @service("providers.default")
    async def default(self) -> str:
        """Return the id of the provider for a session that names none."""
        return self.config.default

    @service("providers.check")
    async def check(self, provider_id: str) -> None:
        """Raise `UnknownProvider`, a 422 that names the field `providerId`, unless there is such a provider."""
        self._roster.find(provider_id)

    @service("providers.check_images")
    async def check_images(self, provider_id: str, chain: Sequence[str] | None = None) -> None:
        """Raise `ImagesNotSupported`, a 409, unless a provider takes images; it names one that does, as `other`."""
        info = self._roster.find(provider_id).provider.info
        if not takes_images(info):
            raise refusal(info, await self.other(provider_id, chain, with_images=True))

    @service("providers.choices")
    async def choices(self, provider_id: str) -> dict[str, Any]:
        """Return `{model, mode}`, each `{own, choices: [{id, name}]}`, as far as that is known."""
        return describe_choices(self._roster.find(provider_id))

    @service("providers.check_choices")
    async def check_choices(
        self, provider_id: str, session_id: str, settings: Mapping[str, Any], wanted: Mapping[Kind, str]
    ) -> None:
        """Raise `UnknownChoice`, a 422 that names the field `model` or `mode`, unless a session may choose these."""
        async with failures_of(provider_id):
            await check_choices(self._roster.find(provider_id), session_id, settings, wanted)

    @service("providers.set_mode")
    async def set_mode(self, provider_id: str, session_id: str, mode: str) -> None:
        """Let a session of a provider work in another mode at once."""
        async with failures_of(provider_id):
            await self._roster.find(provider_id).provider.control(session_id, Command("mode", {"id": mode}))

    @service("providers.run")
    async def run(self, provider_id: str, turn: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """Run a turn and yield its events; closing the stream cancels it. All failures are `AtriumError`s.

        A recoverable failure before the first event is followed by another attempt, which `Retrying` announces.
        """
        member, failed = self._asked(provider_id), 0
        asking = replace(turn, ask=partial(self._ask, turn, turn.by)) if turn.by is not None else turn
        require_key(member)
        asking, note = as_seen(as_read(asking, member.provider.info), member.provider.info)
        await admit(self.context, provider_id, turn)
        if note is not None:
            yield note
        while True:
            is_probe, began = member.circuit.enter(), False
            try:
                async with failures_of(provider_id), closing(self._measured(member, asking)) as events:
                    async for event in events:
                        if not began and isinstance(event, AnswerEvent):
                            began = True
                            member.circuit.answered()
                            member.key_refused = False
                            self.tell_state(member)
                        yield event
                member.circuit.succeeded()
                return
            except ProviderError as error:
                failed += 1
                self._note(member, error)
                note_key(member, error)
                self.tell_state(member)
                retrying = None if began else self._retrying(member, error, failed)
                if retrying is None:
                    raise
            finally:
                member.circuit.leave(probe=is_probe)
                self._show(member, turn)
            yield retrying
            await self.context.clock.sleep(retrying.delay)
            crash_point("provider.asking_again")

    async def _measured(self, member: Member, turn: TurnRequest) -> AsyncGenerator[ProviderEvent, None]:
        """Run a turn; what it uses is counted before anybody is told, and what that leads to is noted."""
        await _introduce(member, turn)
        asking = replace(turn, count=partial(measure, self.context, member.provider.info.id, turn))
        async with closing(member.provider.stream_events(turn.session_id, asking)) as events:
            async for event in events:
                if not isinstance(event, (Usage, Quota)):
                    yield event
                    continue
                notes = await measure(self.context, member.provider.info.id, turn, event)
                yield event
                for note in notes:
                    yield note

    def _asked(self, provider_id: str) -> Member:
        """Return a provider that may take a turn; `ProviderNotInstalled` says why it may not."""
        member = self._roster.get(provider_id)
        if member is None:
            raise ProviderNotInstalled(f"{provider_id} is no longer a provider of this hub")
        if member.fault:
            raise ProviderNotInstalled(f"{provider_id}: {member.fault}")
        return member

    def _show(self, member: Member, turn: TurnRequest) -> None:
        if self._circuits is not None:
            self._circuits.show(member.circuit, SYSTEM if turn.by is None else turn.by.space)

    def _note(self, member: Member, error: ProviderError) -> None:
        """Count a failure, unless it is a person who must do something about it."""
        if error.category != "userAction" and member.provider.info.retries:
            member.circuit.failed(error)

    def _retrying(self, member: Member, error: ProviderError, failed: int) -> Retrying | None:
        """Return when to ask again after so many failures; None if that would not help."""
        wanted = error.recoverable and member.provider.info.retries and failed < self.config.attempts
        delay = delay_after(failed, error) if wanted else None
        if delay is None or member.circuit.state == "open":
            return None
        log.info("provider %s is asked again in %.1f s: %s", member.provider.info.id, delay, error)
        return Retrying(failed, delay, error)

    @service("providers.next")
    async def next(
        self,
        tried: Collection[str],
        chain: Sequence[str] | None = None,
        outgrown: str | None = None,
        with_images: bool = False,
    ) -> dict[str, str] | None:
        """Return `{id, name}` of the first provider of a chain that can take a turn now and was not tried.

        Without a chain it is the one of the settings, `providers.fallback`. None if there is no such provider. Where
        the conversation was too long for the provider `outgrown`, the one that reads most comes first. A turn
        `with_images` goes to those that take images alone.
        """
        ids = self.config.fallback if chain is None else chain
        found = (self._roster.get(provider_id) for provider_id in ids if provider_id not in tried)
        infos = [member.provider.info for member in found if member is not None and member.ready]
        ready = {info.id: info for info in infos if takes_images(info) or not with_images}
        wanted = list(ready)
        if outgrown is not None:
            wanted = reads_most_first(ready.values(), self._roster.find(outgrown).provider.info)
        return {"id": wanted[0], "name": ready[wanted[0]].name} if wanted else None

    @service("providers.other")
    async def other(
        self,
        provider_id: str,
        chain: Sequence[str] | None = None,
        outgrown: str | None = None,
        with_images: bool = False,
    ) -> dict[str, str] | None:
        """Return `{id, name}` of the provider to offer in place of one that failed: of the chain, or any other."""
        every = [member.provider.info.id for member in self._roster.all()]
        ids = [*(self.config.fallback if chain is None else chain), *every]
        return await self.next((provider_id,), ids, outgrown, with_images)

    @service("providers.window")
    async def window(self, provider_id: str) -> int | None:
        """Return how many characters of an earlier conversation a provider reads; None if it does not say."""
        window = window_in(self._roster.find(provider_id).provider.info)
        return None if window is None else window.room

    @service("providers.reading")
    async def reading(self, provider_id: str, held: Held) -> Reading:
        """Return how a provider is to be given a conversation, and who summarises what it cannot read of it.

        That is the provider itself if it can, else the one that was asked before it.
        """
        member = self._roster.get(provider_id)
        reading = reading_of(held, member.provider.info) if member is not None else Reading()
        if reading.cut is None:
            return reading
        before = (message.provider_id for message in reversed(held.messages) if message.provider_id != provider_id)
        able = [self._roster.get(one) for one in (provider_id, next(before, ""))]
        return replace(reading, writer=writer_among(able))

    @service("providers.summarise")
    async def summarise(
        self, provider_id: str, turn: TurnRequest, room: int
    ) -> AsyncGenerator[Summarising | Note | Summary, None]:
        """Let a provider summarise the history of a turn in at most `room` characters; yields how it goes, and it last.

        Closing the stream ends it. All failures are `AtriumError`s; it is not tried again.
        """
        summariser = Summariser(self.context, self._note)
        async with closing(summariser.run(self._roster.find(provider_id), turn, room)) as events:
            async for event in events:
                yield event

    @service("providers.stop_session")
    async def stop_session(self, provider_id: str, session_id: str) -> None:
        """Let a provider forget a session; raises `UnknownProvider`."""
        member = self._roster.find(provider_id)
        member.sessions.pop(session_id, None)
        async with failures_of(provider_id):
            await member.provider.stop_session(session_id)

    async def _ask(self, turn: TurnRequest, by: Principal, request: ApprovalRequest) -> Decision:
        """Ask whoever sent the turn's message."""
        of_turn = {"session_id": turn.session_id, "turn_id": turn.turn_id}
        decision = await self.services.call("approvals.request", by, request.model_copy(update=of_turn))
        assert isinstance(decision, Decision)
        return decision

    def _offers_changed(self) -> None:
        _ = self.context.spawn(self.follow(), "providers on offer")

    def _shown(self) -> Shown:
        """Return the documents of topic `providers/states`."""
        members = [member for member in self._roster.all() if is_shown(member, self.config)]
        return {member.provider.info.id: describe_state(member) for member in members}


async def _introduce(member: Member, turn: TurnRequest) -> None:
    """Start the session at its first turn since the hub started, and when its settings have changed."""
    if member.sessions.get(turn.session_id) != turn.settings:
        await member.provider.start_session(turn.session_id, turn.settings)
        member.sessions[turn.session_id] = turn.settings
