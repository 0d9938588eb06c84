"""Callbacks of several owners, called one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

log = logging.getLogger(__name__)


def call_each(callbacks: Iterable[Callable[..., None]], *arguments: Any) -> None:
    """Call all that are there now; one that fails is logged, and harms neither the others nor the caller."""
    for callback in tuple(callbacks):
        try:
            callback(*arguments)
        except Exception:
            log.exception("callback failed", extra={"callback": repr(callback)})
