"""The `model` provider: any OpenAI-compatible endpoint, by base URL and key."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from atrium.adapters.providers.settings import ProviderSettings, SessionSettings, parse_settings
from atrium.sdk.errors import InvalidInput, ProviderNotInstalled
from atrium.sdk.providers import Availability, Command, Progress, ProviderEvent, ProviderInfo, TurnRequest

if TYPE_CHECKING:
    from atrium.adapters.providers.model_endpoint import ModelEndpoint

ENDPOINT_MODULE = "atrium.adapters.providers.model_endpoint"


class FromEnvironment(BaseModel):
    """A secret that stands in an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: Annotated[str, Field(min_length=1)]


class ModelSettings(ProviderSettings):
    """Settings of the model provider; `timeout` is the longest silence of the endpoint, in seconds."""

    base_url: str | None = Field(None, description="The endpoint's address, as in `http://127.0.0.1:11434/v1`.")
    api_key: SecretStr | FromEnvironment | None = Field(
        None, description='The key; better `{"env": "NAME"}`, the environment variable that holds it.'
    )
    model: str | None = Field(None, description="The model's name, as the endpoint knows it.")
    timeout: float = Field(120.0, gt=0, description="The longest silence of the endpoint, in seconds.")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address like https://api.example.com/v1")
        if parts.username or parts.password:
            raise ValueError("without user and password: the key belongs into apiKey")
        return value


class ModelProvider:
    """Runs turns on the configured endpoint. The model SDK is imported at the first turn."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._installed = False
        self._settings = ModelSettings()
        self._sessions: dict[str, SessionSettings] = {}
        self._endpoint: ModelEndpoint | None = None
        self._opening = asyncio.Lock()

    @property
    def info(self) -> ProviderInfo:
        """Return what it is, with the model it is set to."""
        return ProviderInfo(
            id="model",
            name="OpenAI-compatible endpoint",
            version="1.0.0",
            capabilities={"streaming": True, "cancel": True, "usage": True, "thinking": True, "tools": False},
            limits={"model": self._settings.model} if self._settings.model else {},
        )

    @property
    def availability(self) -> Availability:
        """Return whether it is configured; the endpoint itself is not asked."""
        self._installed = self._installed or (find_spec("pydantic_ai") is not None and find_spec("openai") is not None)
        if not self._installed:
            return Availability("unavailable", "its packages are not installed: install atrium-hub[model]")
        settings = self._settings
        missing = [name for name, value in (("baseUrl", settings.base_url), ("model", settings.model)) if not value]
        if missing:
            return Availability("unavailable", f"set {' and '.join(f'`providers.model.{name}`' for name in missing)}")
        if isinstance(settings.api_key, FromEnvironment) and not self._environ.get(settings.api_key.env):
            return Availability(
                "unavailable", f"`providers.model.apiKey` names {settings.api_key.env}, which is not set"
            )
        return Availability("active")

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take `{baseUrl, apiKey, model, timeout}`; `apiKey` is the key or `{"env": NAME}`."""
        self._settings = parse_settings(ModelSettings, settings, "providers.model")
        await self.close()

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Do nothing: the endpoint is somebody else's."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Take the session's `{systemPrompt, temperature, maxTokens}`."""
        self._sessions[session_id] = parse_settings(SessionSettings, settings, "settings")

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Ask the endpoint and yield what it streams, as it comes."""
        settings = self._sessions.get(session_id) or parse_settings(SessionSettings, turn.settings, "settings")
        endpoint = await self._open()
        async with aclosing(endpoint.answer(turn, settings)) as events:
            async for event in events:
                yield event

    async def control(self, session_id: str, command: Command) -> None:
        """Refuse: the settings say all there is to say."""
        raise InvalidInput(f"the provider model takes no command {command.kind!r}; close the turn to cancel it")

    async def stop_session(self, session_id: str) -> None:
        """Forget the session's settings."""
        self._sessions.pop(session_id, None)

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            await endpoint.close()

    async def _open(self) -> ModelEndpoint:
        available, settings = self.availability, self._settings
        if available.status != "active" or settings.base_url is None or settings.model is None:
            raise ProviderNotInstalled(available.reason or "")
        async with self._opening:
            if self._endpoint is None:
                # The SDK takes more than a second to import: not on the loop.
                module = await asyncio.to_thread(import_module, ENDPOINT_MODULE)
                self._endpoint = module.ModelEndpoint(settings.base_url, self._key(), settings.model, settings.timeout)
            return self._endpoint

    def _key(self) -> SecretStr | None:
        key = self._settings.api_key
        return SecretStr(self._environ[key.env]) if isinstance(key, FromEnvironment) else key
