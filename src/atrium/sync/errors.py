"""The errors of state sync.

SyncError
    ProtocolError           (also a ValueError)
        InvalidRevision
        InvalidEvent
        InvalidSnapshot
    SnapshotTimeout         (also a TimeoutError)
    RefreshReentered        (also a RuntimeError)
"""


class SyncError(Exception):
    """State sync failed."""


class ProtocolError(SyncError, ValueError):
    """A message does not follow the state-sync protocol."""


class InvalidRevision(ProtocolError):
    """A revision is not a canonical decimal u64 string."""


class InvalidEvent(ProtocolError):
    """An invalidation event is malformed."""


class InvalidSnapshot(ProtocolError):
    """A snapshot envelope is malformed."""


class SnapshotTimeout(SyncError, TimeoutError):
    """The snapshot did not arrive in time."""


class RefreshReentered(SyncError, RuntimeError):
    """`refresh()` was awaited inside the provider or applier it would have to wait for."""
