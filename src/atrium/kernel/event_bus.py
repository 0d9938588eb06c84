"""EventBus: route events to subscribers, in order for each, without ever making the publisher wait."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)

EventHandler = Callable[[str, Any], Awaitable[None]]
Overflow = Callable[["Subscription"], None]

QUEUE_LIMIT = 100_000
FAIR_SHARE = 512
ROUTES_LIMIT = 10_000


@dataclass(slots=True, eq=False)
class Subscription:
    """One handler and its queue; a task drains the queue and exists only while there is work."""

    bus: EventBus
    pattern: str
    handler: EventHandler
    owner: str
    limit: int
    drop_oldest: bool
    queue: deque[tuple[str, Any]] = field(default_factory=deque)
    active: bool = False
    closed: bool = False
    dropped: int = 0
    task: asyncio.Task[None] | None = None

    def matches(self, event_type: str) -> bool:
        """Tell whether events of this type are delivered here."""
        if self.pattern.endswith("*"):
            return event_type.startswith(self.pattern[:-1])
        return event_type == self.pattern

    def wake(self) -> None:
        """Start draining, in a fresh context: nothing of the publisher's leaks into handlers."""
        self.active = True
        self.task = asyncio.get_running_loop().create_task(self._drain(), context=Context())

    def close(self) -> None:
        """Take no more events and forget the queued ones; a delivery in progress goes on."""
        self.closed = True
        self.queue.clear()
        self.bus.forget(self)

    async def _drain(self) -> None:
        queue, handler, share = self.queue, self.handler, FAIR_SHARE
        try:
            while queue:
                event_type, data = queue.popleft()
                try:
                    await handler(event_type, data)
                except Exception:
                    log.exception("event handler failed", extra={"plugin": self.owner, "event": event_type})
                share -= 1
                if not share:
                    share = FAIR_SHARE
                    await asyncio.sleep(0)
        finally:
            self.active = False
            if queue and not self.closed:
                self.wake()


class EventBus:
    """Publish and subscribe. Order is kept per subscriber; a failing handler is logged and harms nobody else.

    A subscriber whose queue reaches its limit is cancelled and reported to `on_overflow`, or loses its oldest
    deliveries, counted in `dropped`, if it asked for that.
    """

    def __init__(self, on_overflow: Overflow | None = None) -> None:
        self._subscriptions: list[Subscription] = []
        self._routes: dict[str, tuple[Subscription, ...]] = {}
        self._on_overflow = on_overflow

    def subscribe(
        self,
        event_type: str,
        handler: EventHandler,
        *,
        owner: str = "",
        limit: int = QUEUE_LIMIT,
        drop_oldest: bool = False,
    ) -> Callable[[], None]:
        """Call `handler(event_type, data)` with each event; `notes.*` matches by prefix. Returns what undoes it."""
        if not asyncio.iscoroutinefunction(handler) and not asyncio.iscoroutinefunction(
            getattr(handler, "__call__", None)  # noqa: B004  # an object with an async __call__ is a handler too
        ):
            raise TypeError(f"the handler of {event_type!r} must be an async function")
        subscription = Subscription(self, event_type, handler, owner, limit, drop_oldest)
        self._subscriptions.append(subscription)
        self._routes.clear()
        return subscription.close

    def emit(self, event_type: str, data: Any) -> None:
        """Queue an event for every subscriber and return. Must be called on the event loop."""
        subscriptions = self._routes.get(event_type)
        for subscription in self._route(event_type) if subscriptions is None else subscriptions:
            queue = subscription.queue
            if len(queue) >= subscription.limit:
                self._overflow(subscription)
                if subscription.closed:
                    continue
            queue.append((event_type, data))
            if not subscription.active:
                subscription.wake()

    async def publish(self, event_type: str, data: Any) -> None:
        """Emit, then let the loop turn once: an idle subscriber whose handler never waits has run."""
        self.emit(event_type, data)
        await asyncio.sleep(0)

    async def drain(self) -> None:
        """Wait until all queued deliveries are done. Calling it inside a handler is an error."""
        current = asyncio.current_task()
        while tasks := [s.task for s in self._subscriptions if s.active and s.task is not None]:
            if current in tasks:
                raise RuntimeError("drain() waits for all handlers, so a handler must not call it")
            await asyncio.wait(tasks)

    def forget(self, subscription: Subscription) -> None:
        """Stop routing to a closed subscription."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._routes.clear()

    def _route(self, event_type: str) -> tuple[Subscription, ...]:
        if len(self._routes) >= ROUTES_LIMIT:
            self._routes.clear()
        found = tuple(s for s in self._subscriptions if s.matches(event_type))
        self._routes[event_type] = found
        return found

    def _overflow(self, subscription: Subscription) -> None:
        subscription.dropped += 1
        if subscription.drop_oldest:
            subscription.queue.popleft()
            return
        subscription.dropped += len(subscription.queue)
        log.error("event queue is full, subscription cancelled", extra={"plugin": subscription.owner})
        subscription.close()
        if self._on_overflow is not None:
            self._on_overflow(subscription)
