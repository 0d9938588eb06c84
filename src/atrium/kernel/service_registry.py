"""ServiceRegistry: call a named function of another plugin, or follow one that yields."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from atrium.sdk.errors import ServiceNotFound, ServiceTimeout, Unavailable

STREAM_BUFFER = 256

_deadline: ContextVar[float | None] = ContextVar("atrium_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit every service call made inside the block, and the calls those make, to one common deadline."""
    limit = asyncio.get_running_loop().time() + seconds
    outer = _deadline.get()
    token = _deadline.set(limit if outer is None else min(outer, limit))
    try:
        yield
    finally:
        _deadline.reset(token)


@dataclass(slots=True, eq=False)
class _Service:
    name: str
    function: Callable[..., Any]
    owner: str
    active: int = 0
    idle: asyncio.Future[None] | None = None
    producers: set[asyncio.Task[None]] = field(default_factory=set)

    def release(self) -> None:
        self.active -= 1
        if not self.active and self.idle is not None and not self.idle.done():
            self.idle.set_result(None)


@dataclass(slots=True, eq=False)
class ItemStream:
    """The items of a streaming service, through a bounded buffer: a slow reader slows the service down."""

    _buffer: deque[Any] = field(default_factory=deque)
    _error: BaseException | None = None
    _over: bool = False
    _reader: asyncio.Future[None] | None = None
    _writer: asyncio.Future[None] | None = None

    def __aiter__(self) -> ItemStream:
        return self

    async def __anext__(self) -> Any:
        while not self._buffer:
            if self._over:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if self._writer is not None and len(self._buffer) <= STREAM_BUFFER // 2:
            _resolve(self._writer)
        return self._buffer.popleft()

    async def fill(self, source: AsyncIterator[Any]) -> None:
        """Move everything from the source into the buffer, waiting while it is full."""
        try:
            async for item in source:
                self._buffer.append(item)
                _resolve(self._reader)
                if len(self._buffer) >= STREAM_BUFFER:
                    self._writer = asyncio.get_running_loop().create_future()
                    await self._writer
                    self._writer = None
        except asyncio.CancelledError:
            self._error = Unavailable("the service stopped while its stream was open")
            raise
        except Exception as error:  # noqa: BLE001  # handed to the reader, who raises it
            self._error = error
        finally:
            self._over = True
            _resolve(self._reader)
            await _close(source)


class ServiceRegistry:
    """One name, one owner. Whoever waits for a service that is being unregistered gets its answer first."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}
        self.trace: Callable[[str, tuple[Any, ...]], None] | None = None

    def register(self, name: str, function: Callable[..., Any], *, owner: str = "") -> None:
        """Provide a service; raises ValueError if the name is taken."""
        if name in self._services:
            raise ValueError(f"service {name!r} is already provided by {self._services[name].owner or 'the runtime'}")
        self._services[name] = _Service(name, function, owner)

    async def unregister(self, name: str) -> None:
        """Refuse new calls, cancel open streams, and wait for calls in progress."""
        service = self._services.pop(name, None)
        if service is None:
            return
        producers = [task for task in service.producers if task is not asyncio.current_task()]
        for task in producers:
            task.cancel()
        if producers:
            await asyncio.wait(producers)
        if service.active:
            service.idle = asyncio.get_running_loop().create_future()
            await service.idle

    def names(self) -> list[str]:
        """Return the names of all services."""
        return sorted(self._services)

    async def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a service; raises what it raises, `ServiceNotFound`, or `ServiceTimeout` at the deadline."""
        service = self._services.get(name)
        if service is None:
            raise ServiceNotFound(name)
        if self.trace is not None:
            self.trace(name, args)
        service.active += 1
        try:
            limit = _deadline.get()
            if limit is None:
                return await service.function(*args, **kwargs)
            return await self._call_until(limit, service, args, kwargs)
        finally:
            service.release()

    async def _call_until(self, limit: float, service: _Service, args: Any, kwargs: Any) -> Any:
        timeout = asyncio.timeout_at(limit)
        try:
            async with timeout:
                return await service.function(*args, **kwargs)
        except TimeoutError:
            if timeout.expired():
                raise ServiceTimeout(service.name) from None
            raise

    @asynccontextmanager
    async def stream(self, name: str, *args: Any, **kwargs: Any) -> AsyncIterator[ItemStream]:
        """Open a service that yields; it runs in a task of its own and is closed when the block ends."""
        service = self._services.get(name)
        if service is None:
            raise ServiceNotFound(name)
        if not inspect.isasyncgenfunction(service.function):
            raise TypeError(f"service {name!r} does not yield; use call()")
        if self.trace is not None:
            self.trace(name, args)
        items = ItemStream()
        task = asyncio.get_running_loop().create_task(items.fill(service.function(*args, **kwargs)), name=name)
        service.producers.add(task)
        task.add_done_callback(service.producers.discard)
        try:
            yield items
        finally:
            task.cancel()
            await asyncio.wait([task])


def _resolve(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def _close(source: AsyncIterator[Any]) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
