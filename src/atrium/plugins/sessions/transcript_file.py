"""The form of a transcript: one entry a line, each with a checksum of the whole file up to there.

A line is the entry as it is sent, and in it as its last member `crc`: the CRC-32 (ISO 3309, eight hexadecimal digits)
of all bytes of the file before that member. So one checksum proves a whole file, and where it does not, each line can
still be checked by the one before it: whatever is changed, missing, repeated or put in between shows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import orjson

from atrium.sdk.crash_points import crash_point
from atrium.sdk.files import sync_folder

_SEAL = b',"crc":"%08x"}\n'
_SEAL_SIZE = len(_SEAL % 0)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Position:
    """How far a transcript goes: its size, the offset of its last entry, and the CRC-32 of all of it."""

    size: int = 0
    offset: int = 0
    crc: int = 0


@dataclass(frozen=True, slots=True)
class Examined:
    """What is whole at the beginning of a file, and what lies behind that: bytes, and lines that an end follows."""

    whole: Position
    bytes_behind: int = 0
    lines_behind: int = 0

    @property
    def damaged(self) -> bool:
        """Tell whether more is wrong than a last line that a crash has cut."""
        return self.lines_behind > 0


def seal(bodies: Iterable[bytes], crc: int) -> tuple[bytes, int]:
    """Return entries as lines that go on from a file with this CRC-32, and the CRC-32 with them."""
    parts: list[bytes] = []
    for body in bodies:
        start = body[:-1]
        crc = crc32(start, crc)
        end = _SEAL % crc
        crc = crc32(end, crc)
        parts += (start, end)
    return b"".join(parts), crc


def append(path: Path, text: bytes) -> None:
    """Append lines, creating the file and its folder for their owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "ab") as file:
        crash_point("transcript.torn", lambda: os.write(descriptor, text[: len(text) // 2]))
        file.write(text)
    crash_point("transcript.written")


def examine(path: Path) -> Examined:
    """Read a transcript to its end and return what of it is whole; changes nothing."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            whole = _if_whole(file, _last_line(file, size))
            if whole is not None:
                return Examined(whole, size - whole.size)
            return _line_by_line(file, size)
    except FileNotFoundError:
        return Examined(Position())


def mend(path: Path, found: Examined) -> None:
    """Cut a transcript after what is whole of it."""
    if found.bytes_behind:
        os.truncate(path, found.whole.size)
        crash_point("transcript.mended")


def set_aside(path: Path) -> Path:
    """Copy a transcript to the folder `damaged` beside it and return the copy, which is on disk then.

    The name tells the content: doing it again after a crash makes no second copy.
    """
    folder = damaged_folder(path.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    with path.open("rb") as file:
        crc = _crc(file, os.fstat(file.fileno()).st_size)
    copy = folder / f"{path.stem}.{crc:08x}.jsonl"
    partial = copy.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with path.open("rb") as source, open(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, _BLOCK)
        target.flush()
        os.fsync(target.fileno())
    partial.replace(copy)
    sync_folder(folder)
    crash_point("transcript.set_aside")
    return copy


def remove(path: Path) -> None:
    """Remove a transcript, and every copy of it that was set aside; after a power cut they do not come back."""
    if path.exists():
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    folder = damaged_folder(path.parent)
    # Not `glob`, which compiles a pattern for each session and keeps hundreds of them.
    copies = [one for one in folder.iterdir() if one.name.startswith(f"{path.stem}.")] if folder.exists() else []
    for one in copies:
        one.unlink(missing_ok=True)
    if copies:
        sync_folder(folder)


def damaged_folder(folder: Path) -> Path:
    """Return where copies of damaged transcripts of a folder are kept."""
    return folder / "damaged"


def _last_line(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return where the last line that has an end begins and ends; (0, 0) if there is none."""
    end = _line_start(file, size)
    return _line_start(file, end - 1) if end else 0, end


def _line_start(file: BinaryIO, position: int) -> int:
    """Return the position after the last line end before `position`, 0 if there is none."""
    while position > 0:
        start = max(0, position - _BLOCK)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _if_whole(file: BinaryIO, last_line: tuple[int, int]) -> Position | None:
    """Return the position after the last line if its checksum proves all that comes before it."""
    start, end = last_line
    crc = _crc(file, max(0, end - _SEAL_SIZE))
    file.seek(start)
    return _after(file.read(end - start), Position(start), crc) if end else Position()


def _line_by_line(file: BinaryIO, size: int) -> Examined:
    """Return what is whole from the beginning, whatever comes then."""
    whole, broken, behind = Position(), False, 0
    file.seek(0)
    for line in file:
        after = None if broken else _after(line, whole, crc32(line[:-_SEAL_SIZE], whole.crc))
        if after is None:
            broken = True
            behind += line.endswith(b"\n")
        else:
            whole = after
    return Examined(whole, size - whole.size, behind)


def _after(line: bytes, before: Position, crc: int) -> Position | None:
    """Return the position after a line, None if its checksum is not this one or it is no entry."""
    end = _SEAL % crc
    if not line.endswith(end):
        return None
    try:
        offset = int(orjson.loads(line)["offset"])
    except (ValueError, TypeError, KeyError):
        return None
    return Position(before.size + len(line), offset, crc32(end, crc))


def _crc(file: BinaryIO, size: int) -> int:
    file.seek(0)
    crc = 0
    for block in _blocks(file, size):
        crc = crc32(block, crc)
    return crc


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block
