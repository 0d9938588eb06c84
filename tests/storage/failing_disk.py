"""A disk that fails when it is told to: a SQLite VFS over the real one whose writes and syncs can be made to raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

Fault = Callable[[], Exception]


class FailingDisk(apsw.VFS):
    """The default VFS for as long as `installed` lasts; `faults` says what raises for which file, by its end."""

    def __init__(self) -> None:
        super().__init__("failing", "unix", makedefault=True)
        self.faults: dict[tuple[str, str], Fault] = {}
        self.failed = self.most = 0

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's
        """Open a file whose writes and syncs ask here first."""
        return FailingFile(self, name, flags)

    def check(self, operation: str, name: str) -> None:
        """Raise what is to be raised."""
        for (wanted, end), fault in self.faults.items():
            if wanted == operation and name.endswith(end) and self.failed < self.most:
                self.failed += 1
                raise fault()

    @contextmanager
    def failing(self, operation: str, end: str, fault: Fault = apsw.IOError, most: int = 1 << 30) -> Iterator[None]:
        """Let an operation on files with this end fail, `most` times; the block must have tried it.

        Only for failures that SQLite reports: a checkpoint that fails after a commit is silent, but would raise here.
        """
        self.failed, self.most = 0, most
        self.faults[operation, end] = fault
        try:
            yield
        finally:
            del self.faults[operation, end]
        assert self.failed, f"no {operation} of {end} was tried"


class FailingFile(apsw.VFSFile):
    """A file of the disk that fails."""

    def __init__(self, disk: FailingDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name if isinstance(name, str) else name.filename() if name is not None else ""

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Sync, or fail to."""
        self._disk.check("sync", self._name)
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Write, or fail to."""
        self._disk.check("write", self._name)
        super().xWrite(data, offset)
