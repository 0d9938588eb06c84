"""What a plugin is made of: its manifest, its configuration, and the decorators that name what it offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Generic, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from typing_extensions import TypeVar

from atrium.contracts.events import Event
from atrium.sdk.context import Context, Events, PluginStorage, Services
from atrium.sdk.host import Clock, Contribution, Host, StateEngine
from atrium.sdk.storage import Index, Topic

__all__ = [
    "Clock", "Config", "Context", "Contribution", "Host", "Manifest", "NoConfig", "Offer", "Plugin", "PluginMetadata",
    "PluginStatus", "frame", "offer", "route", "service", "subscribe",
]  # fmt: skip

Function = TypeVar("Function", bound=Callable[..., Any])


class Config(BaseModel):
    """The base of a plugin's settings: camelCase in the file, unknown keys are errors.

    A field's description is the text below it, as in this house's own settings, or `Field(description=...)`.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class NoConfig(Config):
    """For plugins that have nothing to configure."""


ConfigT = TypeVar("ConfigT", bound=Config, default=NoConfig)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin is and needs, known before it runs."""

    name: str
    version: str = "0.1.0"
    dependencies: Sequence[str] = ()
    description: str = ""
    emits: Sequence[type[Event]] = ()
    features: Sequence[str] = ()


PluginMetadata = Manifest


class PluginStatus(Enum):
    """Where a plugin is in its life."""

    UNLOADED = "unloaded"
    LOADED = "loaded"
    STARTED = "started"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a decorator wrote on a method: an extension point and what is offered there."""

    point: str
    options: Mapping[str, Any]


def offer(point: str, **options: Any) -> Callable[[Function], Function]:
    """Offer the decorated method at an extension point."""

    def mark(function: Function) -> Function:
        offers = (*getattr(function, "__offers__", ()), Offer(point, options))
        function.__offers__ = offers  # type: ignore[attr-defined]  # functions carry what they offer
        return function

    return mark


def service(name: str) -> Callable[[Function], Function]:
    """Offer the method as a service; an async generator is a streaming service."""
    return offer("kernel.service", name=name)


def subscribe(event_type: str) -> Callable[[Function], Function]:
    """Call the method with each event of this type (`devices.*`: of any type with that prefix)."""
    return offer("kernel.subscription", event_type=event_type)


def route(
    method: str, path: str, *, status: int = 200, public: bool = False, upload: bool = False
) -> Callable[[Function], Function]:
    """Offer the method over HTTP below `/api/v1`.

    A parameter `caller: Principal` is the authenticated caller; parameters named in the path are taken from it;
    `hub_url` is the address at which the caller reaches the hub (`https://hub.example`); `accept`, `if_match`,
    `if_none_match`, `idempotency_key` and `last_event_id` are the headers of that name.
    Others are query parameters (GET, DELETE) or fields of the JSON body, camelCase on the wire; one whose type is a
    model is the whole body.
    With `upload` a parameter of type `Upload` is the body, of any media type, and all others are in the query.
    `public` routes need no authentication: each one is listed in the security tests.
    """
    return offer("gateway.route", method=method, path=path, status=status, public=public, upload=upload)


def frame(frame_type: str) -> Callable[[Function], Function]:
    """Answer WebSocket frames of this type: called as `method(caller, session_id, payload)`, the result is the ack.

    A parameter `hub_url` is the address at which the caller reaches the hub.
    """
    return offer("gateway.frame", type=frame_type)


class Plugin(Generic[ConfigT]):
    """The base of every plugin. Construct it with the runtime; the plugin manager binds the rest when it is loaded."""

    manifest: ClassVar[Manifest]
    topics: ClassVar[Sequence[Topic]] = ()
    indexes: ClassVar[Sequence[Index]] = ()
    config_class: ClassVar[type[Config]] = NoConfig

    config: ConfigT
    context: Context

    def __init__(self, host: Host | None = None) -> None:
        self.host = host
        self.status = PluginStatus.UNLOADED

    def __init_subclass__(cls) -> None:
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Config):
                    cls.config_class = argument

    @property
    def events(self) -> Events:
        """Return the event bus, bound to this plugin."""
        return self.context.events

    @property
    def services(self) -> Services:
        """Return the service registry, bound to this plugin."""
        return self.context.services

    @property
    def state(self) -> StateEngine:
        """Return the state engine."""
        return self.context.state

    @property
    def storage(self) -> PluginStorage:
        """Return this plugin's storage."""
        return self.context.storage

    @property
    def is_loaded(self) -> bool:
        """Tell whether the plugin is loaded (running or not)."""
        return self.status in {PluginStatus.LOADED, PluginStatus.STARTED, PluginStatus.STOPPED}

    @property
    def is_started(self) -> bool:
        """Tell whether the plugin is running."""
        return self.status is PluginStatus.STARTED

    async def start(self) -> None:
        """Acquire what the plugin needs; its services, routes and subscriptions are live when this returns."""

    async def drain(self) -> None:
        """Finish work in progress; called before any plugin stops, cancelled when the drain time is over."""

    async def stop(self) -> None:
        """Release everything; must work after a failed `start` and when called twice."""
