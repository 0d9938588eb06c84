"""Transcripts: each session's history as a text file, written behind the commits and mended after a crash.

`<home>/sessions/<id>.jsonl` holds one durable entry a line, as it is sent, with a checksum. Storage is the truth: a
file that was cut is truncated to its last whole line and goes on from there. One that is damaged before its end, or
goes beyond storage, is set aside in `damaged/` first, so that nothing of it is lost, and the log says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from atrium.plugins.sessions import transcript_file
from atrium.plugins.sessions.documents import PAGE, stream_of
from atrium.plugins.sessions.transcript_file import Examined, Position
from atrium.sdk import AtriumError, Context

log = logging.getLogger(__name__)

_AT_ONCE = 32
_GATHER_SECONDS = 0.05
_ENTRIES = 1000
_RETRY_SECONDS = 30.0


class Transcripts:
    """Writes all transcripts in one task, which exists only while something is to be written."""

    def __init__(self, context: Context, folder: Path | None) -> None:
        self._context = context
        self._folder = folder
        self._dirty: dict[str, str] = {}
        self._behind: list[str] = []
        self._later: dict[str, str] = {}
        self._written: dict[str, Position] = {}
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.Task[None] | None = None
        self._retry: asyncio.Task[None] | None = None
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
        if self._retry is not None:
            self._retry.cancel()
            self._take_up()
        await self.settle()

    async def remove(self, session_id: str) -> None:
        """Delete a transcript."""
        if self._folder is None:
            return
        async with self._writing:
            for kept in (self._dirty, self._later, self._written):
                kept.pop(session_id, None)
            await asyncio.to_thread(transcript_file.remove, self._path(session_id))

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
        except (OSError, AtriumError) as error:
            log.warning("transcripts could not be written, which is tried again: %s", error)
            for session_id in spaces:
                self._written.pop(session_id, None)
            self._later.update(spaces)
            if self._retry is None and not self._closing:
                self._retry = self._context.spawn(self._try_again(), "transcripts again")

    async def _try_again(self) -> None:
        await self._context.clock.sleep(_RETRY_SECONDS)
        self._take_up()

    def _take_up(self) -> None:
        """Write what could not be written before."""
        self._retry = None
        self._dirty, self._later = self._later | self._dirty, {}
        self._begin()

    async def _open(self, spaces: Mapping[str, str]) -> None:
        """Mend transcripts that this run has not written yet; one that goes beyond storage is written anew."""
        if not spaces:
            return
        for session_id, whole in (await asyncio.to_thread(self._mend, list(spaces))).items():
            self._written[session_id] = whole
            storage = self._context.storage.of(spaces[session_id])
            if whole.offset and whole.offset > await storage.head(stream_of(session_id)) > 0:
                await asyncio.to_thread(self._begin_anew, session_id)
                self._written[session_id] = Position()

    async def _read(self, spaces: Mapping[str, str]) -> dict[str, tuple[bytes, bool]]:
        """Return the lines each transcript lacks, a bounded part of them, and whether there may be more."""
        chunks = {}
        for session_id, space in spaces.items():
            storage, before = self._context.storage.of(space), self._written[session_id]
            entries, more = storage.recent(stream_of(session_id), before.offset), False
            if entries is None:
                entries = await storage.read(stream_of(session_id), before.offset, _ENTRIES)
                more = len(entries) >= _ENTRIES
            if entries:
                lines, crc = transcript_file.seal([entry.encoded for entry in entries if not entry.hint], before.crc)
                chunks[session_id] = lines, more
                self._written[session_id] = Position(before.size + len(lines), entries[-1].offset, crc)
        return chunks

    def _mend(self, session_ids: list[str]) -> dict[str, Position]:
        return {session_id: self._mend_one(session_id) for session_id in session_ids}

    def _mend_one(self, session_id: str) -> Position:
        path = self._path(session_id)
        found = transcript_file.examine(path)
        if found.damaged:
            _report(session_id, found, transcript_file.set_aside(path))
        transcript_file.mend(path, found)
        return found.whole

    def _begin_anew(self, session_id: str) -> None:
        path = self._path(session_id)
        kept = transcript_file.set_aside(path)
        log.error("a transcript went beyond the database; it is kept as %s", kept, extra={"session": session_id})
        path.unlink()

    def _append(self, chunks: Mapping[str, tuple[bytes, bool]]) -> None:
        for session_id, (text, _) in chunks.items():
            if text:
                transcript_file.append(self._path(session_id), text)


def _report(session_id: str, found: Examined, kept: Path) -> None:
    log.error(
        "a transcript was damaged from byte %d on, %d lines with it; it is kept as %s and written anew from there",
        found.whole.size, found.lines_behind, kept,
        extra={"session": session_id},
    )  # fmt: skip
