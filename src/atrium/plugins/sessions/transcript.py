"""Transcripts: each session's history as a text file, written behind the commits and mended after a crash.

`<home>/sessions/<id>.jsonl` holds one durable entry a line, as it is sent. Storage is the truth: a file that was cut
is truncated to its last whole line and goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson

from atrium.plugins.sessions.documents import PAGE, stream_of
from atrium.sdk import Context

log = logging.getLogger(__name__)

_AT_ONCE = 32
_GATHER_SECONDS = 0.05
_ENTRIES = 1000
_BLOCK = 1 << 16


class Transcripts:
    """Writes all transcripts in one task, which exists only while something is to be written."""

    def __init__(self, context: Context, folder: Path | None) -> None:
        self._context = context
        self._folder = folder
        self._dirty: dict[str, str] = {}
        self._behind: list[str] = []
        self._written: dict[str, int] = {}
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.Task[None] | None = None
        self._awaited = 0
        self._closing = False

    def note(self, space: str, session_id: str) -> None:
        """Write what was stored of a session, soon."""
        if self._folder is None:
            return
        self._dirty[session_id] = space
        self._begin()

    def catch_up(self, space: str) -> None:
        """Mend every transcript of a space, in the background."""
        if self._folder is not None:
            self._behind.append(space)
            self._begin()

    async def settle(self) -> None:
        """Wait until everything stored so far is written (or could not be)."""
        self._awaited += 1
        if self._pause is not None:
            self._pause.cancel()
        try:
            while self._task is not None:
                await asyncio.wait([self._task])
        finally:
            self._awaited -= 1

    async def close(self) -> None:
        """Write what this run has stored; what is behind from earlier ones can wait for the next start."""
        self._behind.clear()
        self._closing = True
        await self.settle()

    async def remove(self, session_id: str) -> None:
        """Delete a transcript."""
        if self._folder is None:
            return
        async with self._writing:
            self._dirty.pop(session_id, None)
            self._written.pop(session_id, None)
            await asyncio.to_thread(self._path(session_id).unlink, missing_ok=True)

    def _path(self, session_id: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{session_id}.jsonl"

    async def _write(self) -> None:
        try:
            while self._dirty or self._behind:
                await self._gather()
                await self._write_dirty()
                if self._behind:
                    await self._note_all(self._behind.pop(0))
        finally:
            self._task = None

    async def _gather(self) -> None:
        """Wait a little for more to write, unless somebody waits for it to be written."""
        if not self._awaited:
            self._pause = self._context.spawn(self._context.clock.sleep(_GATHER_SECONDS), "gather")
            await asyncio.wait([self._pause])

    async def _write_dirty(self) -> None:
        while self._dirty:
            async with self._writing:
                some = dict(islice(self._dirty.items(), _AT_ONCE))
                for session_id in some:
                    del self._dirty[session_id]
                await self._write_some(some)

    async def _note_all(self, space: str) -> None:
        """Write what is missing of all sessions of a space, newest first, a page at a time."""
        storage, after = self._context.storage.of(space), None
        while True:
            page = await storage.query(None, "-createdAt", PAGE, after)
            self._dirty.update((document.key, space) for document in page.documents)
            await self._write_dirty()
            if (after := page.next) is None or self._closing:
                return

    def _begin(self) -> None:
        if self._task is None:
            self._task = self._context.spawn(self._write(), "transcripts")

    async def _write_some(self, spaces: dict[str, str]) -> None:
        try:
            await self._open({key: space for key, space in spaces.items() if key not in self._written})
            while spaces:
                chunks = await self._read(spaces)
                await asyncio.to_thread(self._append, chunks)
                spaces = {key: spaces[key] for key, (_, more) in chunks.items() if more}
        except OSError:
            log.exception("transcripts could not be written; they will be mended later")
            for session_id in spaces:
                self._written.pop(session_id, None)

    async def _open(self, spaces: Mapping[str, str]) -> None:
        """Mend transcripts that this run has not written yet; one that goes beyond storage is written anew."""
        if not spaces:
            return
        for session_id, offset in (await asyncio.to_thread(self._mend, list(spaces))).items():
            self._written[session_id] = offset
            head = await self._context.storage.of(spaces[session_id]).head(stream_of(session_id)) if offset else 0
            if offset > head > 0:
                await asyncio.to_thread(self._path(session_id).unlink)
                self._written[session_id] = 0

    async def _read(self, spaces: Mapping[str, str]) -> dict[str, tuple[bytes, bool]]:
        """Return the lines each transcript lacks, a bounded part of them, and whether there may be more."""
        chunks = {}
        for session_id, space in spaces.items():
            storage, after = self._context.storage.of(space), self._written[session_id]
            entries = await storage.read(stream_of(session_id), after, _ENTRIES)
            if entries:
                lines = b"".join(b"%b\n" % entry.encoded for entry in entries if not entry.hint)
                chunks[session_id] = lines, len(entries) >= _ENTRIES
                self._written[session_id] = entries[-1].offset
        return chunks

    def _mend(self, session_ids: list[str]) -> dict[str, int]:
        return {session_id: mend(self._path(session_id)) for session_id in session_ids}

    def _append(self, chunks: Mapping[str, tuple[bytes, bool]]) -> None:
        for session_id, (text, _) in chunks.items():
            if text:
                _append(self._path(session_id), text)


def mend(path: Path) -> int:
    """Cut a transcript after its last whole line and return that line's offset, 0 if there is none."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    with path.open("r+b") as file:
        end, offset = size, 0
        while end and not offset:
            start = _line_start(file, end)
            file.seek(start)
            offset = _offset(file.read(end - start))
            end = end if offset else start
        if end < size:
            file.truncate(end)
    return offset


def _line_start(file: BinaryIO, end: int) -> int:
    """Return where the line that ends at `end` (its newline included, if it has one) begins."""
    position = end - 1
    while position > 0:
        start = max(0, position - _BLOCK)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _offset(line: bytes) -> int:
    if not line.endswith(b"\n"):
        return 0
    try:
        return int(orjson.loads(line)["offset"])
    except (ValueError, TypeError, KeyError):
        return 0


def _append(path: Path, text: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "ab") as file:
        file.write(text)
