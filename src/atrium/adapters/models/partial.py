"""A model file while it is being written: hashed as it grows, kept for resuming, published atomically."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from io import FileIO
from pathlib import Path

from atrium.adapters.models.errors import ModelMismatch, NotEnoughDisk
from atrium.sdk.crash_points import crash_point
from atrium.sdk.files import sync_folder
from atrium.sdk.phrases import phrase

CHUNK = 1 << 20


class PartialFile:
    """Bytes written so far of a file that becomes `target` when its SHA-256 is right."""

    def __init__(self, path: Path, target: Path, limit: int) -> None:
        self._path = path
        self._target = target
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file: FileIO | None = None
        self.size = 0

    async def open(self, *, resume: bool) -> None:
        """Open for appending to what an earlier attempt left behind, or start at zero."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: what was written is what is there, also after a full disk or a cancelled pull.
        self._file = FileIO(self._path, "a+" if resume else "w+")
        if not resume:
            return
        self._file.seek(0)
        while block := await asyncio.to_thread(self._file.read, CHUNK):
            self._hash.update(block)
            self.size += len(block)

    async def restart(self) -> None:
        """Throw away what is there: the source does not go on where we stopped."""
        self._opened().truncate(0)
        self._opened().seek(0)
        self._hash = hashlib.sha256()
        self.size = 0

    async def write(self, block: bytes) -> None:
        """Append bytes; too many of them (`ModelMismatch`) or a full disk (`NotEnoughDisk`) remove the file."""
        if self.size + len(block) > self._limit:
            self.discard()
            raise ModelMismatch(f"{self._target.name} should have {self._limit} bytes, but the source has more")
        try:
            await asyncio.to_thread(self._write, block)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.discard()
            folder = str(self._target.parent)
            said = f"{folder} is full; free some space and pull again"
            raise NotEnoughDisk(phrase("download.disk_full", said, folder=folder)) from error

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            written = self._opened().write(view)
            self._hash.update(view[:written])
            self.size += written
            view = view[written:]
            crash_point("model.written")

    async def publish(self, sha256: str) -> None:
        """Rename to the target after the bytes are on disk; a wrong hash removes the file and raises."""
        digest = self._hash.hexdigest()
        if digest != sha256:
            found = f"{self.size} bytes with SHA-256 {digest}"
            self.discard()
            expected = f"{self._limit} bytes with SHA-256 {sha256}"
            raise ModelMismatch(f"{self._target.name} should have {expected}, but has {found}")
        await asyncio.to_thread(self._publish)

    def _publish(self) -> None:
        os.fsync(self._opened().fileno())
        crash_point("model.synced")
        self.close()
        self._path.replace(self._target)
        crash_point("model.renamed")
        sync_folder(self._target.parent)

    def discard(self) -> None:
        """Close and remove the file."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file and leave it for a later attempt; may be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> FileIO:
        if self._file is None:
            raise ValueError(f"{self._path} is not open")
        return self._file
