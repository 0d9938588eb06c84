"""Settings of a model provider: which vendor's protocol an endpoint speaks, where it is, and its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from atrium.adapters.providers.settings import ProviderSettings
from atrium.sdk.secrets import NAME

Vendor = Literal["compatible", "openai", "anthropic", "google"]

PACKAGES: Mapping[Vendor, str] = {
    "compatible": "openai",
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google.genai",
}
"""The vendor's own client, which must be installed."""

ADDRESSES: Mapping[Vendor, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
"""Where a vendor answers unless `baseUrl` says otherwise."""


class FromEnvironment(BaseModel):
    """A secret that stands in an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: Annotated[str, Field(min_length=1)]


class FromStore(BaseModel):
    """A secret of the hub's store, where `atrium secrets set NAME` puts it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: Annotated[str, Field(pattern=NAME)]


class Price(BaseModel):
    """What a model costs, in US dollars for a million tokens."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    input: float = Field(ge=0, description="A million tokens that are sent.")
    output: float = Field(ge=0, description="A million tokens that are answered, thinking included.")
    cached_input: float | None = Field(None, ge=0, description="A million tokens that the vendor still had.")


class ModelSettings(ProviderSettings):
    """Settings of a model provider."""

    kind: Literal["model"] = Field("model", description="A model behind a vendor's API.")
    name: str | None = Field(None, description="What people call it.")
    vendor: Vendor = Field(
        "compatible",
        description="Whose protocol it speaks: `anthropic`, `openai`, `google`, or `compatible` with OpenAI's.",
    )
    api: Literal["chat", "responses"] | None = Field(
        None, description="OpenAI's chat completions, or its responses: by default `responses` for `openai` alone."
    )
    base_url: str | None = Field(
        None, description="The endpoint's address, as in `http://127.0.0.1:11434/v1`; by default the vendor's own."
    )
    api_key: SecretStr | FromEnvironment | FromStore | None = Field(
        None,
        description='The key; better `{"secret": "NAME"}`, a secret of the hub, or `{"env": "NAME"}`, its variable.',
    )
    model: str | None = Field(None, description="The model's name, as the endpoint knows it.")
    models: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        (),
        description="Other models that sessions may choose; without any, a session may name what the endpoint knows.",
    )
    thinking: Literal["off", "low", "medium", "high"] | None = Field(
        None, description="How much the model thinks before it answers, where it can; by default as its vendor has it."
    )
    images: bool | None = Field(
        None,
        description="Whether its models take images; by default those of the vendors do, `compatible` ones do not.",
    )
    context_window: int | None = Field(
        None,
        ge=1024,
        description="Tokens that the model can read and write in one turn, where the price list does not know.",
    )
    price: Price | None = Field(
        None, description="What it costs, where the price list does not know, or you pay otherwise."
    )
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

    @property
    def address(self) -> str | None:
        """Return where the endpoint is, None while that is not said."""
        return self.base_url or ADDRESSES.get(self.vendor)

    @property
    def speaks_responses(self) -> bool:
        """Tell whether turns go to OpenAI's responses."""
        return self.api == "responses" or (self.api is None and self.vendor == "openai")

    @property
    def takes_images(self) -> bool:
        """Tell whether its models take images, as far as that is known."""
        return self.vendor != "compatible" if self.images is None else self.images

    @property
    def missing(self) -> list[str]:
        """Return the names of the settings without which no turn can run."""
        needed = {"baseUrl": self.address, "model": self.model}
        if self.vendor != "compatible" and self.base_url is None:
            needed["apiKey"] = "set" if self.api_key else None
        return [name for name, value in needed.items() if not value]
