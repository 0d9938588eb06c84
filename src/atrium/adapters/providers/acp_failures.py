"""How agents fail: what their errors mean, and the words in which some say an error before they return it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping

from acp import RequestError

from atrium.adapters.providers.acp_hidden import Hidden
from atrium.sdk.errors import ProviderAuthFailed, ProviderError, ProviderQuotaExceeded, ProviderRateLimited
from atrium.sdk.providers import AnswerEvent, ProviderEvent, TextDelta

AUTH_REQUIRED = -32000
TOO_MANY_REQUESTS = 429
"""Gemini CLI's code, as in HTTP."""
HELD_SECONDS = 0.5

_KINDS: Mapping[object, type[ProviderError]] = {
    "rate_limit": ProviderRateLimited,
    "usageLimitExceeded": ProviderQuotaExceeded,
    "rateLimitExceeded": ProviderRateLimited,
}
"""By Claude Code's `errorKind` and Codex's `codexErrorInfo`."""


def provider_error(name: str, error: RequestError, hidden: Hidden | None = None) -> ProviderError:
    """Return an agent's error as one of the hub's, without what is hidden."""
    data = error.data if isinstance(error.data, dict) else {}
    said = str(data.get("message") or data.get("details") or error)
    said = hidden.without(said) if hidden is not None else said
    kind = data.get("errorKind") or data.get("codexErrorInfo")
    if isinstance(kind, str) and kind in _KINDS:
        return _KINDS[kind](f"{name}: {said}")
    if error.code == TOO_MANY_REQUESTS:
        return ProviderRateLimited(f"{name}: {said}")
    if error.code == AUTH_REQUIRED:
        return ProviderAuthFailed(f"{name}: {said}; sign in with the agent's own program first")
    return ProviderError(f"{name}: {said}")


async def without_failure(
    events: asyncio.Queue[ProviderEvent | None], failure: Callable[[], str]
) -> AsyncGenerator[ProviderEvent, None]:
    """Yield a turn's events up to the None that ends them, but not an answer that is only the words of its failure.

    Claude Code and Codex say why a turn fails, then fail it. Taken for an answer, that kept the hub from asking again
    and from going on with another provider. So the first words wait for what follows them, `HELD_SECONDS` at most.
    """
    held: TextDelta | None = None
    began = False
    while True:
        try:
            async with asyncio.timeout(HELD_SECONDS if held else None):
                event = await events.get()
        except TimeoutError:
            assert held is not None
            yield held
            held, began = None, True
            continue
        if held is not None and (isinstance(event, AnswerEvent) or (event is None and not _says(held, failure()))):
            yield held
            held, began = None, True
        if event is None:
            return
        if isinstance(event, TextDelta) and not began:
            held = event
            continue
        began = began or isinstance(event, AnswerEvent)
        yield event


def _says(held: TextDelta, failure: str) -> bool:
    return held.content.strip() in failure
