"""A database whose commits wait until the test lets them go, or makes them fail."""

from __future__ import annotations

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.sdk.spi import Commit, CommitCallback


class HeldStorageAdapter(MemoryStorageAdapter):
    """The memory adapter; while `hold` is set, commits queue up in `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[Commit, CommitCallback]] = []
        self.hold = False

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        """Apply a commit, or hold it."""
        if self.hold:
            self.held.append((commit, done))
        else:
            super().commit(commit, done)

    def let_go(self) -> None:
        """Apply the oldest held commit."""
        commit, done = self.held.pop(0)
        super().commit(commit, done)

    def fail(self, error: BaseException) -> None:
        """Fail the oldest held commit."""
        _, done = self.held.pop(0)
        done(error)
