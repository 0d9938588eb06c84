"""What may go wrong in code that others wrote: it ends as one of the hub's own errors, and is closed in any case."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from atrium.sdk import AtriumError
from atrium.sdk.errors import ProviderFaulty

log = logging.getLogger(__name__)

E = TypeVar("E")


@asynccontextmanager
async def failures_of(provider_id: str) -> AsyncIterator[None]:
    """Turn whatever a provider raises that is not one of the hub's errors into a `ProviderError` that names it."""
    try:
        yield
    except AtriumError:
        raise
    except Exception as error:
        log.exception("provider %s failed", provider_id)
        raise ProviderFaulty(f"{provider_id} failed unexpectedly ({type(error).__name__})") from error


@asynccontextmanager
async def closing(events: AsyncIterator[E]) -> AsyncIterator[AsyncIterator[E]]:
    """Close an iterator of events, where it is one that can be closed, before the turn is over."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
