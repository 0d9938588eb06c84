"""The model providers: models behind a vendor's API, or any endpoint that speaks the same; a section each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr

from atrium.adapters.providers.model_settings import PACKAGES, FromEnvironment, FromStore, ModelSettings, Vendor
from atrium.adapters.providers.secret_values import SecretValues, Value
from atrium.adapters.providers.settings import SessionSettings, parse_settings
from atrium.sdk.errors import InvalidInput, ProviderNotInstalled
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import (
    Availability,
    Choice,
    Choices,
    Command,
    Key,
    Progress,
    ProviderEvent,
    ProviderInfo,
    TurnRequest,
)
from atrium.sdk.secrets import SecretStore

if TYPE_CHECKING:
    from atrium.adapters.providers.model_endpoint import ModelEndpoint

ENDPOINT_MODULE = "atrium.adapters.providers.model_endpoint"

_NAMES: Mapping[Vendor, str] = {
    "compatible": phrase("model.compatible", "OpenAI-compatible endpoint"),
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google Gemini",
}


class ModelProvider:
    """Runs turns on the configured endpoint. The model SDK is imported at the first turn."""

    def __init__(
        self,
        provider_id: str = "model",
        environ: Mapping[str, str] | None = None,
        secrets: SecretStore | None = None,
    ) -> None:
        self._id = provider_id
        self._values = SecretValues(secrets, environ)
        self._own_key = FromStore(secret=f"provider.{provider_id}")
        self._installed: dict[Vendor, bool] = {}
        self._settings = ModelSettings()
        self._sessions: dict[str, SessionSettings] = {}
        self._endpoint: ModelEndpoint | None = None
        self._key: SecretStr | None = None
        self._replaced: list[ModelEndpoint] = []
        self._opening = asyncio.Lock()

    @property
    def info(self) -> ProviderInfo:
        """Return what it is, with the model it is set to."""
        settings = self._settings
        return ProviderInfo(
            id=self._id,
            name=settings.name or _NAMES[settings.vendor],
            version="1.0.0",
            capabilities={
                "streaming": True,
                "cancel": True,
                "usage": True,
                "thinking": True,
                "tools": False,
                "images": settings.takes_images,
                "summaries": True,
            },
            limits=self._limits(),
        )

    @property
    def availability(self) -> Availability:
        """Return whether it is configured; the endpoint itself is not asked."""
        settings = self._settings
        if not self._is_installed(settings.vendor):
            said = "its packages are not installed: install atrium-hub[model]"
            return Availability("unavailable", phrase("model.packages_missing", said))
        absent = [name for name in settings.missing if name != "apiKey" or self._key_place is None]
        if absent:
            names = [f"`providers.{self._id}.{name}`" for name in absent]
            said = f"set {' and '.join(names)}"
            return Availability("unavailable", phrase("model.settings_missing", said, settings=", ".join(names)))
        missing = self._values.missing(self._key_place, f"providers.{self._id}.apiKey")
        return Availability("unavailable", missing) if missing else Availability("active")

    @property
    def key(self) -> Key | None:
        """Return where its key stands, None while it is not said what it is."""
        named = self._key_place
        absent = set(self._settings.missing)
        if absent - {"apiKey"}:
            return None
        is_needed = "apiKey" in absent or self._settings.api_key is not None
        is_there = named is not None and self._values.missing(named, "apiKey") is None
        secret = named.secret if isinstance(named, FromStore) else self._own_key.secret
        return Key(secret, is_needed, _found(named) if is_there else None)

    @property
    def _key_place(self) -> Value | None:
        """Return where its key stands: one that was set for it alone counts before one that no secret is named for."""
        named = self._settings.api_key
        is_own = not isinstance(named, FromStore) and self._values.missing(self._own_key, "apiKey") is None
        return self._own_key if is_own else named

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take the settings of `ModelSettings`; `apiKey` is the key, `{"secret": NAME}` or `{"env": NAME}`."""
        self._settings = parse_settings(ModelSettings, settings, f"providers.{self._id}")
        await self.close()

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Do nothing: the endpoint is somebody else's."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Take the session's `{systemPrompt, temperature, maxTokens, model}`."""
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
        raise InvalidInput(f"the provider {self._id} takes no command {command.kind!r}; close the turn to cancel it")

    @property
    def choices(self) -> Choices:
        """Return its models: those of the settings, and whatever else a session names where there are no others."""
        settings = self._settings
        names = [] if settings.model is None else list(dict.fromkeys((settings.model, *settings.models)))
        models = tuple(Choice(name, name) for name in names)
        return Choices(models=models, model=settings.model, any_model=not settings.models)

    async def learn_choices(self, session_id: str, settings: Mapping[str, Any]) -> Choices:
        """Return what the settings say: there is nothing else to know."""
        return self.choices

    async def stop_session(self, session_id: str) -> None:
        """Forget the session's settings."""
        self._sessions.pop(session_id, None)

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        current, self._endpoint = self._endpoint, None
        replaced, self._replaced = self._replaced, []
        for endpoint in (*replaced, current):
            if endpoint is not None:
                await endpoint.close()

    async def _open(self) -> ModelEndpoint:
        available = self.availability
        if available.status != "active":
            raise ProviderNotInstalled(available.reason or "")
        async with self._opening:
            named = self._key_place
            key = None if named is None else await self._values.read(named)
            if self._endpoint is not None and key == self._key:
                return self._endpoint
            # The SDK takes more than a second to import: not on the loop.
            module = await asyncio.to_thread(import_module, ENDPOINT_MODULE)
            opened: ModelEndpoint = await asyncio.to_thread(module.ModelEndpoint, self._id, self._settings, key)
            if self._endpoint is not None:
                self._replaced.append(self._endpoint)  # turns that run go on with the key they began with
            self._endpoint, self._key = opened, key
            return opened

    def _limits(self) -> dict[str, int | str]:
        """Return its model and, where the settings or an open endpoint know it, how much that reads."""
        model: dict[str, int | str] = {"model": self._settings.model} if self._settings.model else {}
        window = self._endpoint.window if self._endpoint is not None else self._settings.context_window
        return model if window is None else model | {"contextSize": window}

    def _is_installed(self, vendor: Vendor) -> bool:
        """Tell whether the SDK and the vendor's client are there; found once, they are not looked for again."""
        if not self._installed.get(vendor):
            self._installed[vendor] = _is_there("pydantic_ai") and _is_there(PACKAGES[vendor])
        return self._installed[vendor]


def _found(place: Value | None) -> Literal["store", "environment", "settings"]:
    if isinstance(place, FromStore):
        return "store"
    return "environment" if isinstance(place, FromEnvironment) else "settings"


def _is_there(package: str) -> bool:
    """Tell whether a package could be imported; of a namespace's part, the namespace need not be there."""
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
