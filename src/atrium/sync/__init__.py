"""State sync: an event says that something changed, a snapshot says what it is now, a revision says which is newer.

    sync = create_revision_sync(topic="app-config", subscriber=..., provider=..., applier=...)
    await sync.start()      # subscribe, then refresh: nothing can be missed in between
    ...
    sync.stop()             # quiescent: nothing is applied from here on

Uses the standard library only and knows nothing of what it synchronises. The contract is data:
`contracts/sync/scenarios.json`, the same for every language and transport.
"""

from atrium.sync.carried import CarriedSnapshots
from atrium.sync.engine import RevisionSync, create_revision_sync
from atrium.sync.errors import (
    InvalidEvent,
    InvalidRevision,
    InvalidSnapshot,
    ProtocolError,
    RefreshReentered,
    SnapshotTimeout,
    SyncError,
)
from atrium.sync.messages import InvalidationEvent, SnapshotEnvelope, parse_event, parse_snapshot, parse_topic
from atrium.sync.policies import RetryPolicy, is_retryable, with_retry, with_timeout
from atrium.sync.ports import (
    InvalidationHandler,
    InvalidationSubscriber,
    Logger,
    NullLogger,
    OnError,
    ShouldRefresh,
    SnapshotApplier,
    SnapshotProvider,
    SyncErrorContext,
    SyncPhase,
    Unsubscribe,
)
from atrium.sync.revision import MAX_REVISION, ZERO_REVISION, Revision, compare_revisions, is_revision, parse_revision
from atrium.sync.transports.in_memory import InMemoryHub

__all__ = [
    "MAX_REVISION",
    "ZERO_REVISION",
    "CarriedSnapshots",
    "InMemoryHub",
    "InvalidEvent",
    "InvalidRevision",
    "InvalidSnapshot",
    "InvalidationEvent",
    "InvalidationHandler",
    "InvalidationSubscriber",
    "Logger",
    "NullLogger",
    "OnError",
    "ProtocolError",
    "RefreshReentered",
    "RetryPolicy",
    "Revision",
    "RevisionSync",
    "ShouldRefresh",
    "SnapshotApplier",
    "SnapshotEnvelope",
    "SnapshotProvider",
    "SnapshotTimeout",
    "SyncError",
    "SyncErrorContext",
    "SyncPhase",
    "Unsubscribe",
    "compare_revisions",
    "create_revision_sync",
    "is_retryable",
    "is_revision",
    "parse_event",
    "parse_revision",
    "parse_snapshot",
    "parse_topic",
    "with_retry",
    "with_timeout",
]
