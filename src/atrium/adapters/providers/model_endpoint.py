"""Ask a model endpoint through pydantic-ai. `model` imports this late: it takes the model SDK along."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager

import httpx2
from pydantic import SecretStr
from pydantic_ai import exceptions as failures
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
)
from pydantic_ai.models import Model, StreamedResponse
from pydantic_ai.settings import ModelSettings as Sampling
from pydantic_ai.usage import RequestUsage

from atrium.adapters.providers.model_errors import Translator
from atrium.adapters.providers.model_prices import Prices
from atrium.adapters.providers.model_quota import read_quota, wait_of
from atrium.adapters.providers.model_settings import ModelSettings
from atrium.adapters.providers.model_vendors import NO_KEY, open_model
from atrium.adapters.providers.model_window import conversation
from atrium.adapters.providers.settings import SessionSettings
from atrium.sdk.errors import ProviderError, ProviderRateLimited, ProviderUnreachable
from atrium.sdk.providers import ProviderEvent, Quota, TextDelta, ThinkingDelta, TurnRequest, Usage


class ModelEndpoint:
    """One endpoint; keeps its connections open between turns."""

    def __init__(self, provider_id: str, settings: ModelSettings, key: SecretStr | None) -> None:
        assert settings.model is not None
        assert settings.address is not None
        self._settings = settings
        self._default: str = settings.model
        self._secret = key.get_secret_value() if key else NO_KEY
        self._prices = Prices(settings.vendor, settings.address, settings.price, settings.context_window)
        self._errors = Translator(provider_id, settings, self._secret if key else None)
        self._models: dict[str, Model] = {}
        self._quotas: tuple[Quota, ...] = ()
        # A key must not follow a redirect to another host.
        self._http = httpx2.AsyncClient(
            timeout=settings.timeout, follow_redirects=False, event_hooks={"response": [self._answered]}
        )

    @property
    def window(self) -> int | None:
        """Return how many tokens its own model can read and write in one turn."""
        return self._prices.window(self._default)

    async def answer(self, turn: TurnRequest, settings: SessionSettings) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the answer as it comes; closing the iterator closes the request."""
        name = settings.model or self._default
        window = self._prices.window(name)
        messages, note = await conversation(turn, settings, window)
        if note is not None:
            yield note
        try:
            async with aclosing(self._ask(messages, name, settings)) as events:
                async for found in events:
                    yield found
        except ProviderError as error:
            told = self._told()  # a limit that is reached is told with the refusal
            if isinstance(error, ProviderRateLimited) and error.retry_after is None:
                error.retry_after = wait_of(told)
            for quota in told:
                yield quota
            raise

    async def _ask(
        self, messages: Sequence[ModelMessage], name: str, settings: SessionSettings
    ) -> AsyncGenerator[ProviderEvent, None]:
        with self._failures(name):
            asking = model_request_stream(self._model(name), messages, model_settings=self._sampling(settings))
            async with asking as stream, aclosing(self._follow(stream, name)) as events:
                async for found in events:
                    yield found

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _follow(self, stream: StreamedResponse, name: str) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the vendor's limits, what it says, and at both ends what that used: a turn may be cut in between."""
        has_begun = False
        async for event in stream:
            if not has_begun:
                has_begun = True
                for early in self._beginning(stream, name):
                    yield early
            found = read_event(event)
            if found is not None:
                yield found
        self._check_end(stream)
        yield self._used(stream.usage, name)

    def _beginning(self, stream: StreamedResponse, name: str) -> Iterator[ProviderEvent]:
        yield from self._told()
        if stream.usage.input_tokens:
            yield self._used(stream.usage, name)

    def _told(self) -> tuple[Quota, ...]:
        """Return what the vendor has told of its limits since this was asked."""
        quotas, self._quotas = self._quotas, ()
        return quotas

    def _used(self, usage: RequestUsage, name: str) -> Usage:
        return Usage(
            usage.input_tokens, usage.output_tokens, self._prices.cost(usage, name), usage.cache_read_tokens, name
        )

    def _check_end(self, stream: StreamedResponse) -> None:
        """Raise `ProviderUnreachable` for an answer that was cut: HTTP does not always tell a lost connection.

        Some endpoints that are compatible with OpenAI's send either a reason for the end or the usage, not both.
        """
        # `stream.finish_reason` is made up where there was none.
        is_over = "finish_reason" in (stream.provider_details or {})
        if not is_over and not (self._settings.vendor == "compatible" and stream.usage.output_tokens):
            raise ProviderUnreachable("the endpoint ended the answer before it was complete")

    def _model(self, name: str) -> Model:
        model = self._models.get(name)
        if model is None:
            model = self._models[name] = open_model(self._settings, name, self._secret, self._http)
        return model

    def _sampling(self, session: SessionSettings) -> Sampling:
        sampling = Sampling(timeout=self._settings.timeout)
        if session.temperature is not None:
            sampling["temperature"] = session.temperature
        if session.max_tokens is not None:
            sampling["max_tokens"] = session.max_tokens
        if self._settings.thinking is not None:
            sampling["thinking"] = False if self._settings.thinking == "off" else self._settings.thinking
        return sampling

    async def _answered(self, response: httpx2.Response) -> None:
        """Remember what the vendor tells of its limits; a redirect is no answer."""
        if response.has_redirect_location:
            raise httpx2.ConnectError("it sends requests on to another address", request=response.request)
        self._quotas = read_quota(response.headers) or self._quotas

    @contextmanager
    def _failures(self, name: str) -> Iterator[None]:
        """Raise the hub's own errors; `from None` keeps requests, and the key in their headers, out of tracebacks."""
        try:
            yield
        except (failures.AgentRunError, failures.UserError, httpx2.HTTPError, ValueError) as error:
            raise self._errors.translate(error, name) from None


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
