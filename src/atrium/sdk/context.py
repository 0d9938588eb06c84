"""What a plugin gets of a runtime: handles bound to its name, every registration noted so that it can be undone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context as ContextVariables
from typing import Any

from atrium.contracts.events import Event
from atrium.sdk.errors import Forbidden
from atrium.sdk.host import (
    Contribution,
    EventBus,
    EventHandler,
    ExtensionPoints,
    Host,
    ServiceRegistry,
    Storage,
    StorageBatch,
    Unsubscribe,
)
from atrium.sdk.storage import SYSTEM, Document, Entry, Json, NewEntry, Page, Presence, Tail, TopicSnapshot

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
"""How long a plugin's services and tasks may take to end once it stops."""


class Events:
    """The event bus, bound to a plugin."""

    def __init__(self, bus: EventBus, owner: str, undo: list[Unsubscribe]) -> None:
        self._bus = bus
        self._owner = owner
        self._undo = undo

    def subscribe(self, event_type: str, handler: EventHandler) -> Unsubscribe:
        """Call `handler(event_type, data)` with each event; undone when the plugin stops."""
        unsubscribe = self._bus.subscribe(event_type, handler, owner=self._owner)
        self._undo.append(unsubscribe)
        return unsubscribe

    def emit(self, event: Event) -> None:
        """Queue an event for every subscriber and return."""
        self._bus.emit(event.type, event)

    async def publish(self, event: Event) -> None:
        """Emit, then let the loop turn once."""
        await self._bus.publish(event.type, event)


class Services:
    """The service registry, bound to a plugin."""

    def __init__(self, registry: ServiceRegistry, owner: str) -> None:
        self._registry = registry
        self._owner = owner
        self.registered: list[str] = []

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Provide a service; undone when the plugin stops."""
        self._registry.register(name, function, owner=self._owner)
        self.registered.append(name)

    async def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a service."""
        return await self._registry.call(name, *args, **kwargs)

    def stream(self, name: str, *args: Any, **kwargs: Any) -> AbstractAsyncContextManager[Any]:
        """Open a streaming service."""
        return self._registry.stream(name, *args, **kwargs)


class Extensions:
    """The extension points, bound to a plugin."""

    def __init__(self, points: ExtensionPoints, owner: str, undo: list[Unsubscribe]) -> None:
        self._points = points
        self._owner = owner
        self._undo = undo

    def contribute(self, point: str, value: Any, **options: Any) -> None:
        """Offer something at an extension point; undone when the plugin stops."""
        self._undo.append(self._points.contribute(point, self._owner, value, **options))

    def at(self, point: str) -> list[Contribution]:
        """Return what is offered at a point now."""
        return self._points.at(point)

    def watch(self, point: str, callback: Callable[[], None]) -> Unsubscribe:
        """Call back after each change at a point; undone when the plugin stops."""
        end = self._points.watch(point, callback)
        self._undo.append(end)
        return end


class Batch:
    """A batch, bound to a plugin's namespaces; stored when the `async with` block ends without an error."""

    __slots__ = ("_batch", "_name", "_opening")

    _batch: StorageBatch

    def __init__(self, opening: AbstractAsyncContextManager[StorageBatch], name: str) -> None:
        self._opening = opening
        self._name = name

    async def __aenter__(self) -> Batch:
        self._batch = await self._opening.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._opening.__aexit__(*error)

    @property
    def revision(self) -> int:
        """Return the revision of every document that the batch has stored; 0 before it is stored."""
        return self._batch.revision

    def require(self, key: str, revision: int | Presence, *, collection: str = "") -> None:
        """Fail the whole batch with `Conflict` unless the document is as stated."""
        self._batch.require(_namespace(self._name, collection), key, revision)

    def set(self, key: str, value: Json, *, collection: str = "") -> None:
        """Store a document."""
        self._batch.set(_namespace(self._name, collection), key, value)

    def delete(self, key: str, *, collection: str = "") -> None:
        """Delete a document if it is there."""
        self._batch.delete(_namespace(self._name, collection), key)

    def append(self, stream: str, entries: Sequence[NewEntry], *, trims: Sequence[str] = ()) -> list[int]:
        """Append durable entries to one of the plugin's streams and return their offsets."""
        _check_stream(self._name, stream)
        return self._batch.append(stream, entries, trims)

    def end_stream(self, stream: str, entries: Sequence[NewEntry] = ()) -> None:
        """Show these last entries, end the stream's followers, and delete it."""
        _check_stream(self._name, stream)
        self._batch.end_stream(stream, entries)

    def after(self, callback: Callable[[], None]) -> None:
        """Call back once the batch is stored."""
        self._batch.after(callback)


class SpaceStorage:
    """One plugin's data in one space."""

    def __init__(self, storage: Storage, name: str, space: str) -> None:
        self.space = space
        self._storage = storage
        self._name = name

    async def get(self, key: str, *, collection: str = "") -> Json | None:
        """Return a document's value, or None."""
        return await self._storage.get(_namespace(self._name, collection), key, space=self.space)

    async def find(self, key: str, *, collection: str = "") -> Document | None:
        """Return a document with its revision, or None."""
        return await self._storage.find(_namespace(self._name, collection), key, space=self.space)

    async def set(self, key: str, value: Json, *, collection: str = "") -> int:
        """Store a document and return its revision."""
        return await self._storage.set(_namespace(self._name, collection), key, value, space=self.space)

    async def delete(self, key: str, *, collection: str = "") -> None:
        """Delete a document if it is there."""
        await self._storage.delete(_namespace(self._name, collection), key, space=self.space)

    async def delete_all(self, *, collection: str = "") -> None:
        """Delete every document of the collection."""
        await self._storage.delete_all(_namespace(self._name, collection), space=self.space)

    async def list_keys(self, prefix: str = "", *, collection: str = "") -> list[str]:
        """Return all keys with this prefix, in order."""
        return await self._storage.list_keys(_namespace(self._name, collection), prefix, space=self.space)

    async def query(
        self,
        where: Mapping[str, Json] | None = None,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
        *,
        collection: str = "",
    ) -> Page:
        """Return one page by a declared index."""
        namespace = _namespace(self._name, collection)
        return await self._storage.query(namespace, where, order, limit, after, space=self.space)

    async def update(self, key: str, function: Callable[[Json | None], Json], *, collection: str = "") -> Document:
        """Read, change, and store unless somebody else changed it meanwhile; then try again."""
        return await self._storage.update(_namespace(self._name, collection), key, function, space=self.space)

    def batch(self) -> Batch:
        """Collect changes; they are stored when the block ends without an error."""
        return Batch(self._storage.batch(self.space), self._name)

    async def snapshot(self, topic: str) -> TopicSnapshot:
        """Return a declared topic's state."""
        return await self._storage.snapshot(topic, space=self.space)

    def watch(self, topic: str, callback: Callable[[int], None]) -> Unsubscribe:
        """Call back with each new revision of a topic; returns what ends it."""
        return self._storage.watch(topic, callback, space=self.space)

    def hint(self, stream: str, group: str, entries: Sequence[NewEntry]) -> None:
        """Show entries at once and store them soon."""
        _check_stream(self._name, stream)
        self._storage.hint(stream, group, entries, space=self.space)

    async def read(self, stream: str, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Return stored entries beyond an offset."""
        return await self._storage.read(stream, after, limit, space=self.space)

    def recent(self, stream: str, after: int) -> list[Entry] | None:
        """Return the durable entries beyond an offset if they are all in memory; None: `read` them."""
        return self._storage.recent(stream, after, space=self.space)

    async def head(self, stream: str) -> int:
        """Return the last offset of a stream, 0 if there is none."""
        return await self._storage.head(stream, space=self.space)

    async def tail(self, stream: str, after: int = 0, wake: Callable[[], None] | None = None) -> Tail:
        """Follow a stream."""
        return await self._storage.tail(stream, after, wake, space=self.space)


class PluginStorage:
    """A plugin's way to its data: always within a space."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self.system = self.of(SYSTEM)

    def of(self, space: str) -> SpaceStorage:
        """Return the storage of one space."""
        return SpaceStorage(self._storage, self._name, space)

    async def spaces(self, *, collection: str = "") -> list[str]:
        """Return the spaces in which this plugin has documents."""
        return await self._storage.spaces(_namespace(self._name, collection))


class Context:
    """All that a plugin may touch. `release` takes everything back."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name
        self._undo: list[Unsubscribe] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self.events = Events(host.event_bus, name, self._undo)
        self.services = Services(host.service_registry, name)
        self.state = host.state_engine
        self.storage = PluginStorage(host.storage, name)
        self.extensions = Extensions(host.extensions, name, self._undo)
        self.clock = host.clock
        self.home = host.home

    def new_id(self) -> str:
        """Return a new UUIDv7."""
        return self._host.new_id()

    def undo(self, action: Unsubscribe) -> None:
        """Note what takes a registration back."""
        self._undo.append(action)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine as a task the plugin owns, in a fresh context."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, name=f"{self._name}: {name}", context=ContextVariables())
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def inspect(self) -> Mapping[str, Any]:
        """Return what the runtime knows of itself."""
        return self._host.inspect()

    async def refuse(self) -> None:
        """Take back every registration; services finish the calls they are in."""
        for action in reversed(self._undo):
            action()
        self._undo.clear()
        unregister, names = self._host.service_registry.unregister, self.services.registered
        await self._wait([asyncio.create_task(unregister(name), name=name) for name in reversed(names)])
        names.clear()

    async def release(self) -> None:
        """Cancel what the plugin left running and take back what it registered while stopping."""
        await self.refuse()
        while tasks := [task for task in self._tasks if task is not asyncio.current_task()]:
            self._tasks.difference_update(tasks)
            for task in tasks:
                task.cancel()
            await self._wait(tasks)

    async def _wait(self, ending: Sequence[asyncio.Task[Any]]) -> None:
        """Wait until these have ended, but not for ever: one that does not end must not keep the hub from stopping."""
        if not ending:
            return
        _, endless = await asyncio.wait(ending, timeout=PATIENCE_SECONDS)
        for task in endless:
            log.error("does not end and is left behind", extra={"plugin": self._name, "task": task.get_name()})

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background task failed", extra={"plugin": self._name}, exc_info=task.exception())


def _namespace(name: str, collection: str) -> str:
    return f"{name}.{collection}" if collection else name


def _check_stream(name: str, stream: str) -> None:
    if not stream.startswith(f"{name}/"):
        raise Forbidden(f"plugin {name} may only append to streams named {name}/..., not {stream}")
