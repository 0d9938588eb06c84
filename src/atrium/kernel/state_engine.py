"""StateEngine: the runtime's own state, in memory; not for anything that must survive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Waiter = tuple[Callable[[Any], bool], "asyncio.Future[Any]"]


class StateEngine:
    """A mapping of any values that tasks can wait on."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._waiters: dict[str, list[Waiter]] = {}

    async def get(self, key: str, default: Any = None) -> Any:
        """Return a value."""
        return self._values.get(key, default)

    async def set(self, key: str, value: Any) -> None:
        """Set a value and wake those whose predicate it satisfies."""
        self._values[key] = value
        self._wake(key, value)

    async def delete(self, key: str) -> None:
        """Forget a value; those who wait for the key see None."""
        self._values.pop(key, None)
        self._wake(key, None)

    async def wait_for(self, key: str, predicate: Callable[[Any], bool]) -> Any:
        """Return the value as soon as the predicate holds for it (None while it is not set)."""
        value = self._values.get(key)
        if predicate(value):
            return value
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiter = (predicate, future)
        self._waiters.setdefault(key, []).append(waiter)
        try:
            return await future
        finally:
            self._forget(key, waiter)

    def _wake(self, key: str, value: Any) -> None:
        for predicate, future in self._waiters.get(key, ()):
            if future.done():
                continue
            try:
                if predicate(value):
                    future.set_result(value)
            except Exception as error:  # noqa: BLE001  # the predicate is the waiter's own: the error is theirs
                future.set_exception(error)

    def _forget(self, key: str, waiter: Waiter) -> None:
        waiters = self._waiters[key]
        waiters.remove(waiter)
        if not waiters:
            del self._waiters[key]
