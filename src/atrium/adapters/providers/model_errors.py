"""What goes wrong at a vendor, as the hub's own errors: what happened, which setting it is about, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_ai import exceptions as failures

from atrium.adapters.providers.model_settings import ModelSettings
from atrium.sdk.errors import (
    ProviderAuthFailed,
    ProviderContextExceeded,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnreachable,
)
from atrium.sdk.phrases import phrase


class Translator:
    """Translates the failures of one endpoint. The key is in none of them."""

    def __init__(self, provider_id: str, settings: ModelSettings, key: str | None) -> None:
        self._section = f"providers.{provider_id}"
        self._address = settings.address
        self._timeout = settings.timeout
        self._key = key

    def translate(self, error: Exception, model: str) -> ProviderError:
        """Return the hub's error for what the SDK or its connection raised."""
        if isinstance(error, failures.ModelAPIError):
            return self._api(error, model)
        said = self._redact(getattr(error, "message", None) or error)
        if isinstance(error, failures.AgentRunError):
            return ProviderError(said)
        if isinstance(error, ValueError):
            detail = f"{self._address} sent something that is not its protocol: {said}"
            return ProviderError(phrase("model.not_protocol", detail, address=self._address or "", said=said))
        return self._unreachable(said or type(error).__name__)

    def _api(self, error: failures.ModelAPIError, model: str) -> ProviderError:
        said = self._redact(_said(error))
        status = error.status_code if isinstance(error, failures.ModelHTTPError) else None
        if isinstance(error, failures.ModelTimeoutError):
            return self._unreachable(f"{said}; nothing came for {self._timeout:g} s (`{self._section}.timeout`)")
        if isinstance(error, failures.ModelConnectionError):
            return self._unreachable(said)
        if isinstance(error, failures.ModelQuotaExceededError):
            detail = f"{said}. To go on, add to the account at the vendor, or use another provider"
            return ProviderQuotaExceeded(phrase("model.quota", detail, said=said), retry_after=error.retry_after)
        if isinstance(error, failures.ModelRateLimitError):
            return ProviderRateLimited(said, retry_after=error.retry_after)
        if isinstance(error, failures.ModelAuthenticationError) or status in (401, 403):
            return self._refused(said)
        if isinstance(error, failures.ModelRequestRejectedError) or status == 404:
            return self._rejected(error, said, model)
        detail = phrase("model.failed", f"{self._address} failed: {said}", address=self._address or "", said=said)
        return ProviderError(detail, retry_after=error.retry_after)

    def _refused(self, said: str) -> ProviderAuthFailed:
        address, setting = self._address or "", f"{self._section}.apiKey"
        detail = f"{address} refuses the key: {said}. Check `{setting}`"
        return ProviderAuthFailed(phrase("model.key_refused", detail, address=address, said=said, setting=setting))

    def _rejected(self, error: failures.ModelAPIError, said: str, model: str) -> ProviderRejected:
        section, address = self._section, self._address or ""
        if isinstance(error, failures.ModelContextWindowExceededError):
            hint = f"set `{section}.contextWindow` to what the model takes, or continue in a shorter copy"
            detail = f"{model} does not take it: {said}. To go on, {hint}"
            told = phrase("model.context", detail, model=model, said=said, setting=f"{section}.contextWindow")
            return ProviderContextExceeded(told)
        if isinstance(error, failures.ModelNotFoundError) or getattr(error, "status_code", None) == 404:
            hint = f"check `{section}.model` and `{section}.baseUrl`"
            detail = f"{address} does not know {model}: {said}. To go on, {hint}"
            told = phrase("model.unknown", detail, address=address, model=model, said=said, section=section)
            return ProviderRejected(told)
        detail = f"{address} does not take the request: {said}"
        return ProviderRejected(phrase("model.rejected", detail, address=address, said=said))

    def _unreachable(self, said: str) -> ProviderUnreachable:
        address, setting = self._address or "", f"{self._section}.baseUrl"
        hint = f"check `{setting}`, and that what should answer there runs"
        detail = f"{address} does not answer: {said}. To go on, {hint}"
        return ProviderUnreachable(phrase("model.unreachable", detail, address=address, said=said, setting=setting))

    def _redact(self, message: object) -> str:
        text = str(message).rstrip(". ")
        return text.replace(self._key, "***") if self._key else text


def _said(error: failures.ModelAPIError) -> str:
    """Return the vendor's own words, where its answer has them."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    message = inner.get("message") if isinstance(inner, Mapping) else inner
    return message if isinstance(message, str) and message else error.message
