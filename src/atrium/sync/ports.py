"""What the engine is plugged into: where events and snapshots come from, where they go, and who hears of errors."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from atrium.sync.messages import InvalidationEvent, SnapshotEnvelope

T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)

Unsubscribe: TypeAlias = Callable[[], None]
InvalidationHandler: TypeAlias = Callable[[InvalidationEvent | Mapping[str, object]], None]
ShouldRefresh: TypeAlias = Callable[[InvalidationEvent], bool]
SyncPhase: TypeAlias = Literal["start", "subscribe", "invalidation", "refresh", "getSnapshot", "apply", "protocol"]


class InvalidationSubscriber(Protocol):
    """Deliver invalidation events to a handler."""

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        """Return once events will reach the handler, with the call that ends it.

        The handler never blocks and never raises, takes untrusted wire mappings as they are (the engine validates), and
        is called on the event loop's thread. A cancelled `subscribe` releases whatever it had taken.
        """


class SnapshotProvider(Protocol[T_co]):
    """Read the source of truth."""

    async def get_snapshot(self) -> SnapshotEnvelope[T_co]:
        """Return the topic's data with the revision it was read at; never an older state than one already announced."""


class SnapshotApplier(Protocol[T_contra]):
    """Put snapshots where the application keeps its state."""

    def apply(self, snapshot: SnapshotEnvelope[T_contra], /) -> Awaitable[None] | None:
        """Replace the state by the snapshot's; may be a coroutine function. Calls never overlap."""


class Logger(Protocol):
    """Take the engine's trace. Every standard `logging.Logger` is one.

    `msg` is a %-template over the keys of `extra` (`"%(topic)s applied"`), which is how `logging` reads a mapping.
    """

    def debug(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Note a step: subscribed, fetched, applied, ignored."""

    def warning(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Note what was survived."""

    def error(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Note what failed."""


class NullLogger:
    """Say nothing: the default, so that a library does not make noise uninvited."""

    def debug(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Ignore."""

    def warning(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Ignore."""

    def error(self, msg: str, extra: Mapping[str, object], /) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncErrorContext:
    """Describe one failure: where it happened and, under a retry policy, what comes next.

    The engine names the most specific phase and reports a failure once: `subscribe`, `invalidation` (the
    `should_refresh` filter), `getSnapshot`, `protocol`, `apply`. `start` and `refresh` are there for code around it.
    `source_event` is the raw payload. `attempt` counts from 1.
    """

    phase: SyncPhase
    error: BaseException
    topic: str | None = None
    source_event: object = None
    attempt: int | None = None
    will_retry: bool | None = None
    next_delay_ms: int | None = None


OnError: TypeAlias = Callable[[SyncErrorContext], None]
