"""Ask an OpenAI-compatible endpoint through pydantic-ai. `model` imports this late: it takes the model SDK along."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager

from openai import AsyncOpenAI
from pydantic import SecretStr
from pydantic_ai import exceptions as failures
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import StreamedResponse
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from atrium.adapters.providers.settings import SessionSettings
from atrium.sdk.errors import ProviderAuthFailed, ProviderError, ProviderRateLimited, ProviderUnreachable
from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, TurnRequest, Usage

NO_KEY = "none"
"""What is sent where no key is set. The client would otherwise send the OPENAI_API_KEY of the environment anywhere."""


class ModelEndpoint:
    """One endpoint and model; keeps its connections open between turns."""

    def __init__(self, base_url: str, key: SecretStr | None, model: str, timeout: float) -> None:
        self._key = key
        # Whether and when a failed turn is tried again is not the client's decision.
        self._client = AsyncOpenAI(base_url=base_url, api_key=self._plain_key(), timeout=timeout, max_retries=0)
        # Nor do the identifiers of an OpenAI account, which the client finds in the environment, belong to everybody.
        self._client.organization = self._client.project = None
        self._model = OpenAIChatModel(model, provider=OpenAIProvider(openai_client=self._client))

    async def answer(self, turn: TurnRequest, settings: SessionSettings) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the answer as it comes; closing the iterator closes the request."""
        messages = conversation(turn, settings.system_prompt)
        with self._provider_errors():
            async with model_request_stream(self._model, messages, model_settings=_sampling(settings)) as stream:
                async for event in stream:
                    found = read_event(event)
                    if found is not None:
                        yield found
                yield read_end(stream)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _plain_key(self) -> str:
        return self._key.get_secret_value() if self._key else NO_KEY

    @contextmanager
    def _provider_errors(self) -> Iterator[None]:
        """Raise the hub's own errors; `from None` keeps requests, and the key in their headers, out of tracebacks."""
        try:
            yield
        except failures.ModelAPIError as error:
            raise self._translate(error) from None
        except failures.AgentRunError as error:
            raise ProviderError(self._redact(error.message)) from None
        except ValueError as error:
            raise ProviderError(
                f"the endpoint sent something that is not its protocol: {self._redact(error)}"
            ) from None

    def _translate(self, error: failures.ModelAPIError) -> ProviderError:
        detail = self._redact(error.message)
        if isinstance(error, failures.ModelConnectionError):
            return ProviderUnreachable(detail)
        if isinstance(error, failures.ModelRateLimitError | failures.ModelQuotaExceededError):
            return ProviderRateLimited(detail, retry_after=error.retry_after)
        status = error.status_code if isinstance(error, failures.ModelHTTPError) else None
        if isinstance(error, failures.ModelAuthenticationError) or status in (401, 403):
            return ProviderAuthFailed(detail)
        return ProviderError(detail, retry_after=error.retry_after)

    def _redact(self, message: object) -> str:
        text = str(message)
        return text.replace(self._plain_key(), "***") if self._key else text


def conversation(turn: TurnRequest, system_prompt: str | None) -> Sequence[ModelMessage]:
    """Return the conversation and the new message as pydantic-ai has them."""
    messages: list[ModelMessage] = [ModelRequest(parts=[SystemPromptPart(system_prompt)])] if system_prompt else []
    for message in turn.history:
        if message.role == "user":
            messages.append(ModelRequest(parts=[UserPromptPart(message.content)]))
        else:
            messages.append(ModelResponse(parts=[TextPart(message.content)]))
    messages.append(ModelRequest(parts=[UserPromptPart(turn.content)]))
    return messages


def read_event(event: ModelResponseStreamEvent) -> ProviderEvent | None:
    """Return the event as the hub has it, or None where it has no text."""
    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return TextDelta(text) if text else None
        case (
            PartStartEvent(part=ThinkingPart(content=thought))
            | PartDeltaEvent(delta=ThinkingPartDelta(content_delta=thought))
        ):
            return ThinkingDelta(thought) if thought else None
    return None


def read_end(stream: StreamedResponse) -> Usage:
    """Return the usage; an answer that ends with neither usage nor reason was cut, and raises `ProviderUnreachable`.

    Some endpoints send only one of the two, and HTTP does not always tell a lost connection from the end.
    """
    usage = stream.usage
    if not usage.output_tokens and "finish_reason" not in (stream.provider_details or {}):
        raise ProviderUnreachable("the endpoint ended the answer before it was complete")
    return Usage(usage.input_tokens, usage.output_tokens)


def _sampling(settings: SessionSettings) -> ModelSettings:
    sampling = ModelSettings()
    if settings.temperature is not None:
        sampling["temperature"] = settings.temperature
    if settings.max_tokens is not None:
        sampling["max_tokens"] = settings.max_tokens
    return sampling
