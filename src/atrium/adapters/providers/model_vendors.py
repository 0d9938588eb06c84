"""The clients of the vendors, none of which takes a key, an account or an address from the environment by itself."""

from __future__ import annotations

import httpx2
from pydantic_ai.models import Model

from atrium.adapters.providers.model_settings import ModelSettings

NO_KEY = "none"
"""What is sent where no key is set. A client would otherwise send the key that it finds in the environment anywhere."""


def open_model(settings: ModelSettings, name: str, key: str, http: httpx2.AsyncClient) -> Model:
    """Return a model of an endpoint. Whether and when a failed turn is tried again is not the client's decision."""
    address = (settings.address or "").rstrip("/")
    if settings.vendor == "anthropic":
        return _anthropic(name, address, key, http)
    if settings.vendor == "google":
        return _google(name, address, key, http)
    return _openai(name, address, key, http, speaks_responses=settings.speaks_responses)


def _openai(name: str, address: str, key: str, http: httpx2.AsyncClient, *, speaks_responses: bool) -> Model:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(base_url=address, api_key=key, http_client=http, max_retries=0)
    # The identifiers of an OpenAI account, which the client finds in the environment, do not belong to everybody.
    client.organization = client.project = None
    provider = OpenAIProvider(openai_client=client)
    return (
        OpenAIResponsesModel(name, provider=provider) if speaks_responses else OpenAIChatModel(name, provider=provider)
    )


def _anthropic(name: str, address: str, key: str, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(base_url=address.removesuffix("/v1"), api_key=key, http_client=http, max_retries=0)
    client.auth_token = None
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))


def _google(name: str, address: str, key: str, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    provider = GoogleProvider(api_key=key, base_url=address.removesuffix("/v1beta"), http_client=http)
    return GoogleModel(name, provider=provider)
