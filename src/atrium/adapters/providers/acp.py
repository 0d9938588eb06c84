"""The `acp` providers: any coding agent that speaks the Agent Client Protocol, an entry of the settings each."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from atrium.adapters.agents.errors import ProgramUnsupported
from atrium.adapters.agents.recipes import Recipe
from atrium.adapters.providers.acp_choices import Remembered
from atrium.adapters.providers.acp_history import EARLIER, LONGEST_HISTORY, MEANWHILE, unheard, with_history
from atrium.adapters.providers.acp_images import coded
from atrium.adapters.providers.acp_places import Place, Places
from atrium.adapters.providers.acp_process import AgentProcess
from atrium.adapters.providers.acp_program import AgentProgram, Launch
from atrium.adapters.providers.acp_servers import McpServer, Told, note_of, told_of
from atrium.adapters.providers.model_settings import FromEnvironment, FromStore
from atrium.adapters.providers.secret_values import SecretValues
from atrium.adapters.providers.settings import ProviderSettings, parse_settings
from atrium.sdk.errors import ImagesNotSupported, InvalidInput, ProviderNotInstalled
from atrium.sdk.findings import Finding
from atrium.sdk.phrases import phrase
from atrium.sdk.plugin import Clock
from atrium.sdk.programs import Program
from atrium.sdk.providers import (
    Availability,
    Choices,
    Command,
    Note,
    Progress,
    ProviderEvent,
    ProviderInfo,
    TurnRequest,
)
from atrium.sdk.secrets import SecretStore

if TYPE_CHECKING:
    from atrium.adapters.providers.acp_agent import Agent

AGENT_MODULE = "atrium.adapters.providers.acp_agent"


@dataclass(slots=True)
class _Open:
    """A session that is open at the agent: what it had at first, and what was wished for last."""

    place: Place
    own: Mapping[str, str | None]
    left_out: dict[str, str]
    """MCP servers of which its agent is not told, and why; empty once the person knows."""
    wished: Mapping[str, str | None] = field(default_factory=lambda: {"mode": None, "model": None})


class AgentSettings(ProviderSettings):
    """Settings of one agent."""

    kind: Literal["acp"] = Field("acp", description="An agent that speaks the Agent Client Protocol.")
    name: str | None = Field(None, description="What people call it.")
    command: tuple[str, ...] = Field(
        (), description="A program of your own that speaks ACP, and its arguments; else the installed one starts."
    )
    env: dict[str, str | FromEnvironment | FromStore] = Field(
        default_factory=dict,
        description='Its environment; a value may be `{"secret": "NAME"}`, a secret of the hub, or `{"env": "NAME"}`.',
    )
    mode: str | None = Field(None, description="The mode its sessions begin in, as the agent names it.")
    model: str | None = Field(None, description="The model its sessions begin with, as the agent names it.")
    idle_seconds: float = Field(600, gt=0, description="Seconds without a turn after which its process stops.")


class AcpProvider:
    """Runs turns on an agent, whose process starts with the first turn, serves all sessions, and stops when idle."""

    def __init__(
        self,
        provider_id: str,
        home: Path,
        clock: Clock,
        recipe: Recipe | None = None,
        servers: Mapping[str, McpServer] | None = None,
        secrets: SecretStore | None = None,
    ) -> None:
        self._id = provider_id
        self._values = SecretValues(secrets)
        self._servers = servers or {}
        self._folder = home / "providers" / provider_id
        self._places = Places(self._folder)
        self._clock = clock
        self._settings = AgentSettings()
        self._shipped = AgentProgram(home, recipe) if recipe is not None else None
        self._launch: Launch | None = None
        self._agent: Agent | None = None
        self._open: dict[str, _Open] = {}
        self._remembered = Remembered(self._folder)
        self._choices = Choices()
        self._takes_images = True  # most do, and one that does not says so when it starts
        self._starting = asyncio.Lock()
        self._running = 0
        self._idle: asyncio.Task[None] | None = None

    @property
    def info(self) -> ProviderInfo:
        """Return what it is."""
        return ProviderInfo(
            id=self._id,
            name=self._settings.name or (self._program.recipe.name if self._program else self._id),
            version="1.0.0",
            capabilities={
                "streaming": True,
                "cancel": True,
                "thinking": True,
                "tools": True,
                "approvals": True,
                "images": self._takes_images,
                "remembers": True,
                "summaries": True,
                "folders": True,
            },
            limits={"historyCharacters": LONGEST_HISTORY},
        )

    @property
    def availability(self) -> Availability:
        """Return whether its program is there."""
        for name, value in self._settings.env.items():
            if missing := self._values.missing(value, f"providers.{self._id}.env.{name}"):
                return Availability("unavailable", missing)
        if self._program is not None:
            return self._program.availability()
        command = self._settings.command
        if not command:
            setting = f"providers.{self._id}.command"
            return Availability("unavailable", phrase("agent.no_command", f"set `{setting}`", setting=setting))
        if shutil.which(command[0]) is None:
            said = f"{command[0]} is not on the PATH: install it, or give its whole path"
            return Availability("notInstalled", phrase("agent.command_missing", said, command=command[0]))
        return Availability("active")

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take `{name, command, env, mode, model, idleSeconds}`."""
        self._settings = parse_settings(AgentSettings, settings, f"providers.{self._id}")
        await self.close()
        self._choices, self._takes_images = await asyncio.to_thread(self._remembered.read)
        if self._shipped is not None:
            await asyncio.to_thread(self._shipped.tidy)

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Install the program that the recipe pins; a running process keeps the version it has."""
        if self._program is not None:
            await self._program.install(progress)

    @property
    def program(self) -> Program | None:
        """Return what its program is; None if the settings name one of the user's own."""
        if self._program is None:
            return None
        described = self._program.describe()
        given = {*described.variables_set, *self._settings.env}
        return replace(described, variables_set=tuple(name for name in described.variables if name in given))

    async def remove_program(self) -> bool:
        """Remove the program; sessions and what the agent keeps for itself stay."""
        if self._program is None:
            return True
        if self._running == 0:
            await self.close()
        return await self._program.remove()

    async def examine_program(self) -> Sequence[Finding]:
        """Find out whether the program can run here, and try it."""
        return await self._program.examine() if self._program is not None else ()

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Check the folder the session names, if it names one."""
        if settings.get("cwd") is not None:
            await asyncio.to_thread(self._places.work_folder, session_id, settings["cwd"])

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Let the agent answer, and yield what it does as it does it."""
        with self._in_use():
            agent = await self._started()
            known, is_new = await self._enter(agent, session_id, turn.settings, with_servers=not turn.text_only)
            # Words alone need no mode of the user's in which it may act unasked.
            settings = {**turn.settings, "mode": self._usual_mode or ""} if turn.text_only else turn.settings
            await self._follow_wishes(agent, known, settings)
            while known.left_out:
                yield note_of(*known.left_out.popitem())
            place = known.place
            before = turn.history if is_new else unheard(turn.history, self._id)
            text = with_history(before, turn.content, EARLIER if is_new else MEANWHILE)
            images = [*(image for message in before for image in message.images), *turn.images]
            if images and not agent.takes_images:
                yield self._not_shown(turn)
                images = []
            shown = await coded(turn, images)
            async with aclosing(agent.prompt(place.agent_session, text, place.cwd, turn, shown)) as events:
                async for event in events:
                    yield event
            await self._remember(agent, known)

    async def control(self, session_id: str, command: Command) -> None:
        """Set a session's `mode` or `model`: `{"id": ...}`; it applies at once, where the agent lets it."""
        if command.kind not in {"mode", "model"}:
            raise InvalidInput(f"an agent takes no command {command.kind!r}; close the turn to cancel it")
        chosen = str(command.arguments.get("id") or "")
        with self._in_use():
            agent = await self._started()
            known, _ = await self._enter(agent, session_id, {})
            wanted = {"mode": None, "model": None} | {command.kind: chosen}
            await agent.choose(known.place.agent_session, **wanted)

    @property
    def choices(self) -> Choices:
        """Return which models and modes the agent offered last."""
        model, mode = (self._wish({}, what) or getattr(self._choices, what) for what in ("model", "mode"))
        return replace(self._choices, model=model, mode=mode)

    async def learn_choices(self, session_id: str, settings: Mapping[str, Any]) -> Choices:
        """Open the session at the agent, which then says what it offers."""
        with self._in_use():
            await self._enter(await self._started(), session_id, settings)
        return self.choices

    async def stop_session(self, session_id: str) -> None:
        """Let the agent forget a session, and remove what is kept of it."""
        known = self._open.pop(session_id, None)
        if known is not None and self._agent is not None:
            await self._agent.forget(known.place.agent_session)
        await asyncio.to_thread(self._places.forget, session_id)

    async def close(self) -> None:
        """End the agent's process."""
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.cancel()
            await asyncio.wait([idle])
        await self._stop()

    async def _started(self) -> Agent:
        available = self.availability
        if available.status != "active":
            raise ProviderNotInstalled(available.reason or "")
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        async with self._starting:
            if self._agent is not None and self._agent.alive and not self._may_change():
                return self._agent
            await self._stop()
            # Its schema takes a while to import: not on the loop.
            module = await asyncio.to_thread(import_module, AGENT_MODULE)
            await asyncio.to_thread(self._folder.mkdir, 0o700, parents=True, exist_ok=True)
            launch = await self._prepare()
            try:
                process = await AgentProcess.start(
                    self._name, launch.command, launch.environment, self._folder, self._secret_variables()
                )
                agent: Agent = module.Agent(self._name, process)
                try:
                    await agent.introduce()
                except BaseException:
                    await agent.stop()
                    raise
            except BaseException:
                launch.release()
                raise
            self._agent, self._launch = agent, launch
            return agent

    async def _prepare(self) -> Launch:
        """Return what to start: the installed version, or the user's own program."""
        environment = await self._environment()
        if self._program is None:
            return Launch(self._settings.command, environment)
        try:
            launch = await self._program.launch()
        except ProgramUnsupported as error:  # so that a turn can go to another provider
            raise ProviderNotInstalled(error.detail) from error
        launch.environment = {**launch.environment, **environment}
        return launch

    def _may_change(self) -> bool:
        """Tell whether another version has been installed and no other turn runs on the old one."""
        program, launch = self._program, self._launch
        return self._running <= 1 and program is not None and launch is not None and program.is_stale(launch)

    @property
    def _program(self) -> AgentProgram | None:
        """Return the program of the recipe, unless the settings name one of the user's own."""
        return None if self._settings.command else self._shipped

    async def _enter(
        self, agent: Agent, session_id: str, settings: Mapping[str, Any], *, with_servers: bool = True
    ) -> tuple[_Open, bool]:
        """Return the agent's session, opened if need be, and whether it is new to the agent."""
        known = self._open.get(session_id)
        if known is not None:
            return known, False
        kept = await asyncio.to_thread(self._places.find, session_id)
        told = Told([], {}) if kept is None else await self._told(agent, kept.cwd)
        left_out: dict[str, str] = {}
        if kept is not None and await agent.load(kept.agent_session, kept.cwd, told.servers):
            place = kept
        else:
            cwd = await asyncio.to_thread(self._places.work_folder, session_id, settings.get("cwd"))
            servers, left_out = await self._told(agent, cwd) if with_servers else Told([], {})
            place = Place(await agent.new(cwd, servers), cwd)
            await asyncio.to_thread(self._places.keep, session_id, place)
        offered = agent.offer(place.agent_session).choices
        known = self._open[session_id] = _Open(place, {"mode": offered.mode, "model": offered.model}, left_out)
        await self._remember(agent, known)
        return known, place is not kept

    async def _told(self, agent: Agent, cwd: str) -> Told:
        return await told_of(self._servers, self._values, cwd, agent.transports)

    async def _follow_wishes(self, agent: Agent, known: _Open, settings: Mapping[str, Any]) -> None:
        """Set the mode and the model that a session wishes for now; without a wish, those it had at first."""
        wishes = {"mode": self._wish(settings, "mode"), "model": self._wish(settings, "model")}
        new = {what: wish or known.own[what] for what, wish in wishes.items() if wish != known.wished[what]}
        if new:
            await agent.choose(known.place.agent_session, mode=new.get("mode"), model=new.get("model"))
            known.wished = wishes

    async def _remember(self, agent: Agent, known: _Open) -> None:
        """Keep what the agent offers, for when it does not run; a session's own choices are no part of that."""
        offered = agent.offer(known.place.agent_session).choices
        choices = replace(offered, model=known.own["model"], mode=known.own["mode"])
        choices = choices if choices.models or choices.modes else self._choices
        if (choices, agent.takes_images) != (self._choices, self._takes_images):
            self._choices, self._takes_images = choices, agent.takes_images
            await asyncio.to_thread(self._remembered.write, choices, images=agent.takes_images)

    def _not_shown(self, turn: TurnRequest) -> Note:
        """Return what to say of images that the agent does not take, or refuse the turn if they are its own."""
        if turn.images:
            said = f"{self._name} takes no images: send it to another provider, or without them"
            raise ImagesNotSupported(phrase("images.not_taken", said, provider=self._name))
        said = f"{self._name} takes no images: it was given only the names of those of this conversation."
        return Note(phrase("agent.images_not_shown", said, provider=self._name))

    def _wish(self, settings: Mapping[str, Any], what: Literal["mode", "model"]) -> str | None:
        wish = settings.get(what)
        if isinstance(wish, str):
            return wish
        return getattr(self._settings, what) or (self._usual_mode if what == "mode" else None)

    @property
    def _usual_mode(self) -> str | None:
        return self._program.recipe.mode if self._program is not None else None

    async def _environment(self) -> dict[str, str]:
        return {name: (await self._values.read(value)).get_secret_value() for name, value in self._settings.env.items()}

    def _secret_variables(self) -> list[str]:
        return [name for name, value in self._settings.env.items() if not isinstance(value, str)]

    @property
    def _name(self) -> str:
        return self.info.name

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Keep the process for as long as the block runs; it stops a while after the last one."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0 and self._agent is not None and self._idle is None:
                self._idle = asyncio.create_task(self._stop_when_idle(), name=f"{self._id}: idle")

    async def _stop_when_idle(self) -> None:
        await self._clock.sleep(self._settings.idle_seconds)
        self._idle = None
        await self._stop()

    async def _stop(self) -> None:
        agent, self._agent = self._agent, None
        launch, self._launch = self._launch, None
        self._open.clear()
        try:
            if agent is not None:
                await agent.stop()
        finally:
            if launch is not None:
                launch.release()
