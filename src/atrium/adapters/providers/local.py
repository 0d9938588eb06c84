"""The `local` provider: a small open model in a child process. No key, no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from atrium.adapters.models import CATALOGUE, DEFAULT_MODEL, ModelStore
from atrium.adapters.providers.local_chat import ModelChat
from atrium.adapters.providers.local_child import LocalChild
from atrium.adapters.providers.local_model import findings, program_of
from atrium.adapters.providers.local_process import ModelFile, ModelProcess
from atrium.adapters.providers.local_prompt import SYSTEM_PROMPT, fit_prompt
from atrium.adapters.providers.settings import ProviderSettings, SessionSettings, parse_settings
from atrium.sdk.errors import InvalidInput, ProviderCrashed, ProviderNotInstalled
from atrium.sdk.findings import Finding
from atrium.sdk.phrases import phrase
from atrium.sdk.plugin import Clock
from atrium.sdk.programs import Program
from atrium.sdk.providers import Availability, Command, Progress, ProviderEvent, ProviderInfo, TurnRequest

SLOTS = 2
"""Answers the child generates at the same time; further turns wait in the order they came."""

SAMPLING = {"top_p": 0.9, "min_p": 0.05, "repeat_penalty": 1.05, "dry_multiplier": 0.8, "dry_penalty_last_n": 512}
"""Small models fall into loops. DRY (a penalty on repeated sequences) breaks these. The usual penalty on repeated words
has to be light: 1.1 turned the default model's "Paris" into tales of the Eiffel Tower in America."""


class LocalSettings(ProviderSettings):
    """Settings of the local provider; `model` is a name of the catalogue or the path of a `.gguf` file."""

    model: str = Field(
        DEFAULT_MODEL, description="A name that `atrium models list` shows, or the path of a `.gguf` file."
    )
    context_size: int = Field(2048, ge=512, le=131_072, description="Tokens of one conversation that the model sees.")
    max_tokens: int = Field(512, ge=1, description="The longest answer, in tokens; at most half of `contextSize`.")
    idle_timeout: float = Field(600.0, gt=0, description="Seconds without a turn after which its process stops.")
    temperature: float = Field(0.2, ge=0, le=2, description="How freely it picks words; 0 always takes the likeliest.")

    @field_validator("model")
    @classmethod
    def _known(cls, value: str) -> str:
        names = [entry.name for entry in CATALOGUE]
        if value == "default":
            return DEFAULT_MODEL
        if value in names or value.endswith(".gguf"):
            return value
        raise ValueError(f"one of {', '.join(names)}, or the path of a .gguf file")

    @field_validator("max_tokens")
    @classmethod
    def _leave_room(cls, value: int, info: ValidationInfo) -> int:
        size = info.data.get("context_size", value * 2)
        if value > size // 2:
            raise ValueError(f"at most half of contextSize ({size // 2}), so that the question fits as well")
        return value


class LocalProvider:
    """Runs turns on the embedded model; starts its process at the first turn and stops it when idle."""

    def __init__(self, home: Path, clock: Clock, store: ModelStore | None = None, engine: str = "xllamacpp") -> None:
        self._store = store or ModelStore(home)
        self._engine = engine
        self._engine_found = False
        self._settings = LocalSettings()
        self._slots = asyncio.Semaphore(SLOTS)
        self._child = LocalChild(home / "run", clock)
        self._sessions: dict[str, SessionSettings] = {}

    @property
    def info(self) -> ProviderInfo:
        """Return what it is, with the model it is set to."""
        settings = self._settings
        return ProviderInfo(
            id="local",
            name=phrase("local.name", "Local model"),
            version="1.0.0",
            capabilities={
                "streaming": True,
                "cancel": True,
                "usage": True,
                "offline": True,
                "tools": False,
                "images": False,
            },
            limits={
                "model": settings.model,
                "quality": self._quality(),
                "contextSize": settings.context_size,
                "maxTokens": settings.max_tokens,
                "concurrentTurns": SLOTS,
            },
        )

    @property
    def availability(self) -> Availability:
        """Return whether the engine and the model's file are here."""
        self._engine_found = self._engine_found or find_spec(self._engine) is not None
        if not self._engine_found:
            said = f"the package {self._engine} is not installed: install atrium-hub[local]"
            return Availability("unavailable", phrase("local.engine_missing", said, engine=self._engine))
        if self._model_path() is None:
            return Availability("notInstalled", self._how_to_install())
        return Availability("active", preparing=self._child.starting)

    def watch(self, changed: Callable[[], None]) -> None:
        """Call back when the model begins to be read into memory, and when that is over."""
        self._child.watch(changed)

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take `{model, contextSize, maxTokens, idleTimeout, temperature}`; an unknown model raises `InvalidInput`."""
        self._settings = parse_settings(LocalSettings, settings, "providers.local")

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Fetch the model it is set to."""
        if not self._settings.model.endswith(".gguf"):
            await self._store.pull(self._settings.model, progress=progress)

    @property
    def program(self) -> Program | None:
        """Return the model that it is set to; None for a file of the user's own."""
        if self._settings.model.endswith(".gguf"):
            return None
        return program_of(self._store.entry(self._settings.model), is_here=self._model_path() is not None)

    async def remove_program(self) -> bool:
        """Remove the model's file; a process that has loaded it goes on until it is idle."""
        self._store.remove(self._settings.model)
        return True

    async def examine_program(self) -> Sequence[Finding]:
        """Find out whether the engine and the model are here."""
        return findings(self._store.entry(self._settings.model), self._engine, self.availability)

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Take the session's `{systemPrompt, temperature, maxTokens}`."""
        self._sessions[session_id] = parse_settings(SessionSettings, settings, "settings")

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Answer; waits for a free slot and for the model to load, yielding nothing meanwhile."""
        settings = self._sessions.get(session_id) or parse_settings(SessionSettings, turn.settings, "settings")
        model = self._model_file()
        async with (
            self._slots,
            self._child.use(model, self._settings.idle_timeout) as process,
            self._talk(process) as chat,
        ):
            body = await self._request(chat, turn, settings)
            async with aclosing(chat.answer(body)) as events:
                async for event in events:
                    yield event
            self._child.proved_well()

    async def control(self, session_id: str, command: Command) -> None:
        """Refuse: the settings say all there is to say."""
        raise InvalidInput(f"the provider local takes no command {command.kind!r}; close the turn to cancel it")

    async def stop_session(self, session_id: str) -> None:
        """Forget the session's settings."""
        self._sessions.pop(session_id, None)

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()

    @asynccontextmanager
    async def _talk(self, process: ModelProcess) -> AsyncIterator[ModelChat]:
        try:
            yield ModelChat(process.socket)
        except ConnectionError as error:
            await self._child.lost(process)
            raise ProviderCrashed(process.last_words()) from error

    async def _request(self, chat: ModelChat, turn: TurnRequest, settings: SessionSettings) -> dict[str, Any]:
        most = min(settings.max_tokens or self._settings.max_tokens, self._settings.max_tokens)
        budget = self._settings.context_size - most
        system = settings.system_prompt if settings.system_prompt is not None else SYSTEM_PROMPT
        temperature = self._settings.temperature if settings.temperature is None else settings.temperature
        return {
            **SAMPLING,
            "messages": await fit_prompt(system, turn.history, turn.content, budget, chat.count_tokens),
            "max_tokens": most,
            "temperature": temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _model_file(self) -> ModelFile:
        available = self.availability
        path = self._model_path()
        if available.status != "active" or path is None:
            raise ProviderNotInstalled(available.reason or "")
        return ModelFile(path, self._settings.context_size, SLOTS)

    def _model_path(self) -> Path | None:
        if not self._settings.model.endswith(".gguf"):
            return self._store.find(self._settings.model)
        path = Path(self._settings.model).expanduser()
        return path if path.is_file() else None

    def _how_to_install(self) -> str:
        if self._settings.model.endswith(".gguf"):
            return phrase("local.file_missing", f"there is no file {self._settings.model}", file=self._settings.model)
        said = f"the model {self._settings.model} is not here yet: run `atrium models pull {self._settings.model}`"
        return phrase("local.model_missing", said, model=self._settings.model)

    def _quality(self) -> str:
        return "unknown" if self._settings.model.endswith(".gguf") else self._store.entry(self._settings.model).quality
