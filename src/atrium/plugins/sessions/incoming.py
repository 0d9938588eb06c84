"""A file that arrives in pieces: written aside, under a name of its own, until all of it is on disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from io import BufferedWriter
from pathlib import Path

from atrium.sdk.crash_points import crash_point
from atrium.sdk.files import sync_folder

_BLOCK = 1 << 18
"""How much waits in memory to be written."""


class TooLong(Exception):
    """There is more of it than there may be."""


async def write_aside(path: Path, pieces: AsyncIterator[bytes], longest: int) -> tuple[str, int]:
    """Write a new file and return its SHA-256 in hex and its size in bytes; it is on disk then.

    Raises `TooLong` as soon as there are more than `longest` bytes; what was written is left to the caller.
    """
    file = await asyncio.to_thread(_create, path)
    digest, size, waiting = hashlib.sha256(), 0, bytearray()

    def write() -> None:
        digest.update(waiting)
        file.write(waiting)
        waiting.clear()

    def finish() -> None:
        write()
        file.flush()
        os.fsync(file.fileno())

    try:
        async for piece in pieces:
            size += len(piece)
            if size > longest:
                raise TooLong
            waiting += piece
            if len(waiting) >= _BLOCK:
                await asyncio.to_thread(write)
        await asyncio.to_thread(finish)
    finally:
        await asyncio.to_thread(file.close)
    crash_point("attachment.written")
    return digest.hexdigest(), size


def move_into(path: Path, target: Path) -> None:
    """Give a file that was written aside its name, for good."""
    _make_folder(target.parent)
    path.replace(target)
    crash_point("attachment.renamed")
    sync_folder(target.parent)


def link_into(path: Path, target: Path) -> None:
    """Let a file be in another folder as well; nothing is done if it is there, or if there is no such file."""
    _make_folder(target.parent)
    try:
        os.link(path, target)
    except (FileExistsError, FileNotFoundError):
        return
    sync_folder(target.parent)


def remove(folder: Path) -> None:
    """Remove a folder and all that is in it, if it is there."""
    if folder.is_dir():
        shutil.rmtree(folder)


def clear(folder: Path) -> None:
    """Remove what did not arrive as a whole."""
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink(missing_ok=True)


def _create(path: Path) -> BufferedWriter:
    _make_folder(path.parent)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)
