"""A running agent, spoken to over ACP: its sessions, and the turns in them. Imports the ACP package."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from acp import PROTOCOL_VERSION, RequestError, image_block, text_block
from acp.client.connection import ClientSideConnection
from acp.schema import ClientCapabilities, Implementation
from pydantic import BaseModel

from atrium import __version__
from atrium.adapters.providers.acp_choices import Data, Kind, Offer, offer_of
from atrium.adapters.providers.acp_events import Translator
from atrium.adapters.providers.acp_failures import provider_error, without_failure
from atrium.adapters.providers.acp_images import CodedImage
from atrium.adapters.providers.acp_lines import Lines
from atrium.adapters.providers.acp_permissions import chosen_option, question, remark
from atrium.adapters.providers.acp_process import AgentProcess
from atrium.adapters.providers.acp_sizes import Waiting
from atrium.adapters.providers.acp_usage import Ledger
from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.errors import (
    AtriumError,
    ProviderCrashed,
    ProviderError,
    ProviderRejected,
    ProviderStopped,
)
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import Ask, Count, Note, ProviderEvent, TurnRequest, Usage

log = logging.getLogger(__name__)

START_SECONDS = 60.0
CANCEL_SECONDS = 10.0
FORGET_SECONDS = 5.0

_STOPPED = {
    "cancelled": "stopped by itself",
    "max_tokens": "stopped at its limit of tokens",
    "max_turn_requests": "stopped at its limit of requests in a turn",
}
CANCELLED = {"outcome": {"outcome": "cancelled"}}


@dataclass(slots=True, eq=False)
class _Turn:
    """What a turn of one session has to say, and whom it may ask."""

    cwd: str
    ask: Ask | None
    translator: Translator = field(default_factory=Translator)
    events: Waiting = field(default_factory=Waiting)
    asking: set[asyncio.Task[Any]] = field(default_factory=set)
    rejected: str = ""
    count: Count | None = None
    told: asyncio.Future[Any] | None = None  # the prompt of which was told what it used


class _Client:
    """What an agent may call of us. ACP captures the methods when it connects, so they are the class's."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def session_update(self, session_id: str, update: BaseModel, **_: Any) -> None:
        self._agent.updated(session_id, _json(update))

    async def request_permission(
        self, session_id: str, tool_call: BaseModel, options: list[BaseModel], **_: Any
    ) -> dict[str, Any]:
        return await self._agent.permit(session_id, _json(tool_call), [_json(option) for option in options])

    async def ext_method(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        raise RequestError.method_not_found(method)

    async def ext_notification(self, method: str, params: dict[str, Any]) -> None:
        """Take no notice: what a vendor adds is no part of a turn."""


class Agent:
    """One agent process, with as many sessions as it is asked for."""

    def __init__(self, name: str, process: AgentProcess) -> None:
        self._name = name
        self._process = process
        self._turns: dict[str, _Turn] = {}
        self._spending = Ledger()
        self._flooded = False
        self._lines = Lines(name, process)
        self._connection = ClientSideConnection(_Client(self), self._lines)  # type: ignore[arg-type]  # serves the calls there are
        self._can_load = False
        self._can_close = False
        self.takes_images = False
        self.transports: tuple[str, ...] = ()
        """Those that it speaks to MCP servers besides a program's input and output: `http`, `sse`."""
        self._offers: dict[str, Offer] = {}
        self._remarks: dict[str, list[str]] = {}

    @property
    def alive(self) -> bool:
        """Tell whether it can take turns."""
        return self._process.alive and not self._flooded and not self._lines.ended

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    async def introduce(self) -> None:
        """Agree on the protocol; `ProviderCrashed` if it does not answer."""
        answer = await self._call(
            self._connection.initialize(
                protocol_version=PROTOCOL_VERSION,
                client_capabilities=ClientCapabilities(),
                client_info=Implementation(name="atrium", title="Atrium", version=__version__),
            )
        )
        capabilities = _json(answer).get("agentCapabilities") or {}
        self._can_load = bool(capabilities.get("loadSession"))
        self.takes_images = bool((capabilities.get("promptCapabilities") or {}).get("image"))
        self._can_close = "close" in (capabilities.get("sessionCapabilities") or {})
        self.transports = tuple(name for name, has in (capabilities.get("mcpCapabilities") or {}).items() if has)

    async def load(self, session_id: str, cwd: str, servers: Sequence[Data] = ()) -> bool:
        """Take up a session of an earlier process, with MCP servers; tell whether the agent still has it."""
        if not self._can_load:
            return False
        self._process.hidden.add_servers(servers)
        try:
            answer = await self._send("session/load", {"cwd": cwd, "sessionId": session_id, "mcpServers": [*servers]})
        except ProviderError as error:
            if not self.alive:
                raise
            log.info("%s does not take up a session: %s", self._name, error)
            return False
        self._offers[session_id] = offer_of(answer)
        return True

    async def new(self, cwd: str, servers: Sequence[Data] = ()) -> str:
        """Begin a session in a folder, with MCP servers, and return the agent's id for it."""
        self._process.hidden.add_servers(servers)
        answer = await self._send("session/new", {"cwd": cwd, "mcpServers": [*servers]})
        session_id = str(answer.get("sessionId") or "")
        if not session_id:
            raise ProviderError(f"{self._name} does not say which session it has begun")
        self._offers[session_id] = offer_of(answer)
        return session_id

    def offer(self, session_id: str) -> Offer:
        """Return which models and modes a session may choose."""
        return self._offers.get(session_id, Offer())

    async def choose(self, session_id: str, *, mode: str | None, model: str | None) -> None:
        """Set a session's mode and model; `ProviderRejected` names those there are."""
        offer = self.offer(session_id)
        if mode is not None:
            self._check("mode", mode, [one.id for one in offer.choices.modes])
            if offer.mode_option is None:
                await self._call(self._connection.set_session_mode(session_id=session_id, mode_id=mode))
            else:
                await self._set_option(session_id, offer.mode_option, mode)
        if model is not None:
            if offer.choices.models:
                self._check("model", model, [one.id for one in offer.choices.models])
            if offer.choices.models and offer.model_option is None:
                await self._send("session/set_model", {"sessionId": session_id, "modelId": model})
            else:
                await self._set_option(session_id, offer.model_option or "model", model)
        choices = replace(offer.choices, mode=mode or offer.choices.mode, model=model or offer.choices.model)
        self._offers[session_id] = replace(offer, choices=choices)

    async def prompt(
        self, session_id: str, text: str, cwd: str, request: TurnRequest, images: Sequence[CodedImage] = ()
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Run a turn and yield its events; closing the iterator cancels the turn, which counts what it used.

        A request for permission has no place for what a person says with the answer: that is prompted afterwards, in
        the same turn or at the beginning of the next one.
        """
        translator = Translator(spending=self._spending.of(session_id))
        turn = self._turns[session_id] = _Turn(cwd, request.ask, translator, count=request.count)
        text = "\n\n".join([*self._remarks.pop(session_id, ()), *filter(None, [text])])
        words = [text_block(text)] if text or not images else []
        shown = [image_block(image.data, image.media_type) for image in images]
        prompting = self._begin(session_id, turn, [*words, *shown])
        try:
            while True:
                async with aclosing(self._answer(session_id, turn, prompting)) as events:
                    async for event in events:
                        yield event
                remarks = self._remarks.pop(session_id, ())
                if not remarks:
                    return
                prompting = self._begin(session_id, turn, [text_block("\n\n".join(remarks))])
        finally:
            await self._leave(session_id, turn, prompting)

    def _begin(self, session_id: str, turn: _Turn, prompt: Any) -> asyncio.Future[Any]:
        """Send a prompt; the turn's events end with its answer."""
        turn.rejected = ""
        prompting = asyncio.ensure_future(self._connection.prompt(session_id=session_id, prompt=prompt))
        prompting.add_done_callback(lambda _: turn.events.put_nowait(None))
        return prompting

    async def _answer(
        self, session_id: str, turn: _Turn, prompting: asyncio.Future[Any]
    ) -> AsyncGenerator[ProviderEvent, None]:
        async with aclosing(without_failure(turn.events, lambda: self._failure(prompting))) as events:
            async for event in events:
                yield event
        if self._flooded:
            raise ProviderError(f"{self._name} sent more than could be stored, and was stopped")
        result = _json(await self._result(prompting))
        reason = str(result.get("stopReason"))
        turn.told = prompting
        for event in turn.translator.ended(result):
            yield event
        if reason == "refusal":
            raise ProviderRejected(f"{self._name} refused to go on")
        stopped = self._why_stopped(reason, turn.rejected)
        is_to_hear_why = reason == "cancelled" and bool(turn.rejected) and session_id in self._remarks
        if stopped and not is_to_hear_why:
            raise ProviderStopped(stopped)

    async def forget(self, session_id: str) -> None:
        """Let the agent close a session, if it can."""
        self._offers.pop(session_id, None)
        self._remarks.pop(session_id, None)
        self._spending.sessions.pop(session_id, None)
        if self._can_close and self.alive:
            with contextlib.suppress(ProviderError, TimeoutError):
                async with asyncio.timeout(FORGET_SECONDS):
                    await self._result(self._connection.close_session(session_id=session_id))

    async def stop(self) -> None:
        """End the process and everything in it; may be called twice."""
        # What it still sends must not keep it alive, and would only make work that is thrown away.
        await self._process.stop()
        try:
            await self._connection.close()
        except Exception:  # of the library, about what was in flight: the process is gone, and so is all of it
            log.debug("closing the connection to %s failed", self._name, exc_info=True)

    def updated(self, session_id: str, update: dict[str, Any]) -> None:
        """Take what the agent says of a session; between turns, and while one is loaded, it is about the past."""
        if session_id in self._offers:
            self._offers[session_id] = self._offers[session_id].updated(update)
        turn = self._turns.get(session_id)
        if turn is None or self._flooded:
            return
        for event in turn.translator.update(update):
            turn.events.put_nowait(event)
        if turn.events.is_flooded:
            self._flooded = True
            turn.events.put_nowait(None)

    async def permit(self, session_id: str, call: dict[str, Any], options: list[dict[str, Any]]) -> dict[str, Any]:
        """Ask the person whose turn it is, and answer the agent with the option that was chosen."""
        turn = self._turns.get(session_id)
        if turn is None or turn.ask is None:
            return CANCELLED
        for event in turn.translator.asked(call):
            turn.events.put_nowait(event)
        asking = asyncio.ensure_future(_decided(session_id, call, turn, turn.ask))
        turn.asking.add(asking)
        try:
            asked, decision = await asking
        except asyncio.CancelledError:
            return CANCELLED
        except AtriumError as error:
            told = f"{self._name} could not ask whether it may act, and was not allowed to: {error}"
            turn.events.put_nowait(Note(phrase("agent.not_asked", told, provider=self._name, reason=str(error))))
            return CANCELLED
        finally:
            turn.asking.discard(asking)
        if not decision.allowed:
            turn.rejected = asked.title
        if decision.message:
            self._remarks.setdefault(session_id, []).append(remark(asked, decision))
        option = chosen_option(options, decision)
        return CANCELLED if option is None else {"outcome": {"outcome": "selected", "optionId": option}}

    async def _leave(self, session_id: str, turn: _Turn, prompting: asyncio.Future[Any]) -> None:
        """End a turn: tell the agent, withdraw what is asked, and go on without an agent that does not stop."""
        for asking in turn.asking:
            asking.cancel()
        if not prompting.done() and not self._flooded:
            with contextlib.suppress(TimeoutError):  # it may not even read what it is told
                async with asyncio.timeout(CANCEL_SECONDS):
                    await self._cancel(session_id)
                    await asyncio.wait([prompting])
        if self._turns.get(session_id) is turn:
            del self._turns[session_id]
        if not prompting.done():
            log.warning("%s does not stop a turn and is ended", self._name)
            prompting.cancel()
            await self.stop()
        elif not prompting.cancelled() and prompting.exception() is None:  # whoever left does not want to know of one
            await _count(turn, prompting)
        if self._flooded:
            await self.stop()

    async def _cancel(self, session_id: str) -> None:
        try:
            await self._connection.cancel(session_id=session_id)
        except (RequestError, ConnectionError) as error:  # an agent that is gone needs not be told
            log.debug("%s cannot be told to stop: %s", self._name, error)

    def _failure(self, prompting: asyncio.Future[Any]) -> str:
        """Return the words in which a turn failed; nothing if it did not."""
        error = prompting.exception() if prompting.done() and not prompting.cancelled() else None
        return str(provider_error(self._name, error)) if isinstance(error, RequestError) else ""

    def _why_stopped(self, reason: str, rejected: str) -> str | None:
        """Return why the agent ended a turn that nobody cancelled before it was done; None if it was done."""
        if reason == "cancelled" and rejected:
            return f"{self._name} stopped, because this was not allowed: {rejected}"
        why = _STOPPED.get(reason)
        return None if why is None else f"{self._name} {why}"

    async def _call(self, calling: Any) -> Any:
        """Return the answer to a call; an agent that does not give it is ended, unless a turn of it runs.

        That one ends it where it does not stop either.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._result(calling)
        except TimeoutError as error:
            if not self._turns:
                await self.stop()
            raise ProviderCrashed(f"{self._name} did not answer within {START_SECONDS:.0f} s") from error

    async def _result(self, calling: Any) -> Any:
        try:
            return await calling
        except RequestError as error:
            raise provider_error(self._name, error, self._process.hidden) from None  # it may tell a key itself
        except ValueError as error:
            raise ProviderError(f"{self._name} answered something that is not its protocol") from error
        except (ConnectionError, EOFError) as error:
            raise await self._lost() from error

    async def _lost(self) -> ProviderError:
        """End the process of a connection that has ended, and return why it has."""
        if self._lines.fault:
            await self.stop()
            return ProviderError(f"{self._name} {self._lines.fault}, and was stopped")
        words = await self._process.last_words()
        await self.stop()
        return ProviderCrashed(words)

    def _check(self, kind: Kind, wanted: str, known: list[str]) -> None:
        if wanted not in known:
            raise ProviderRejected(f"{self._name} has no {kind} {wanted!r}; there is {', '.join(known) or 'none'}")

    async def _set_option(self, session_id: str, option: str, value: str) -> None:
        setting = self._connection.set_config_option(config_id=option, session_id=session_id, value=value)
        await self._call(setting)

    async def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call a method whose answer the package's types would cut: models are not in the protocol's first version."""
        answer = await self._call(self._connection._conn.send_request(method, params))
        return answer if isinstance(answer, dict) else {}


async def _count(turn: _Turn, prompting: asyncio.Future[Any]) -> None:
    """Tell what a turn used that nobody listens to any more."""
    if turn.count is None or turn.told is prompting:
        return
    for event in turn.translator.ended(_json(prompting.result())):
        if isinstance(event, Usage):
            await turn.count(event)


async def _decided(session_id: str, call: Data, turn: _Turn, ask: Ask) -> tuple[ApprovalRequest, Decision]:
    """Ask about a tool call; an answer that is about another act does not allow this one."""
    asked = await asyncio.to_thread(question, turn.translator.known(call), session_id=session_id, cwd=turn.cwd)
    decision = await ask(asked)
    if decision.digest != asked.act.digest():
        decision = decision.model_copy(update={"allowed": False, "message": None})
    return asked, decision


def _json(model: object) -> dict[str, Any]:
    if isinstance(model, BaseModel):
        return model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {}
