"""`<home>/providers/<id>/`: versions of a program side by side, and `current`, the one that starts next."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from atrium.adapters.agents.errors import InstallRunning
from atrium.adapters.agents.npm import install_locked
from atrium.adapters.agents.recipes import LOCK_FILE, PACKAGE_FILE, Recipe
from atrium.adapters.agents.requirements import needs_to_install, needs_to_run, require
from atrium.sdk.files import sync_folder
from atrium.sdk.providers import Progress

Report = Callable[[Progress], None]
TryOut = Callable[[Path], Awaitable[None]]

CURRENT = "current"
MARK = "program.json"
"""Written last into a version's folder; who runs it holds a shared lock on it, so that nobody removes it."""
_PARTIAL = ".partial"


class ProgramFolder:
    """What is installed of one recipe. Constructing it touches nothing; only `install` may use the network."""

    def __init__(self, home: Path, recipe: Recipe) -> None:
        self.recipe = recipe
        self.folder = home / "providers" / recipe.id

    def current(self) -> Path | None:
        """Return the folder of the version that starts next, or None if none is installed."""
        try:
            version = self.folder / os.readlink(self.folder / CURRENT)
        except OSError:
            return None
        return version if (version / MARK).is_file() else None

    def is_current(self) -> bool:
        """Tell whether what is installed is exactly what the recipe pins."""
        version = self.current()
        return version is not None and _mark(version).get("digest") == self.recipe.digest

    def command(self, version: Path) -> tuple[str, ...]:
        """Return what starts a version: as its own recipe said, or, while it is being installed, as this one says."""
        mark = _mark(version) if (version / MARK).is_file() else {"command": self.recipe.command}
        program, *arguments = map(str, mark["command"])
        return (str(version / "node_modules" / ".bin" / program), *arguments)

    def hold(self) -> tuple[Path, int] | None:
        """Return the current version and a descriptor that keeps it from being removed until it is closed."""
        while (version := self.current()) is not None:
            try:
                held = os.open(version / MARK, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue  # another one has just become the current one
            fcntl.flock(held, fcntl.LOCK_SH)
            if (version / MARK).is_file():
                return version, held
            os.close(held)
        return None

    async def install(self, progress: Report, try_out: TryOut) -> Path:
        """Install what the recipe pins and make it the current version, or leave everything as it is.

        `try_out` is given the new folder before the switch and raises if its program does not work. Raises
        `InstallRunning`, `ProgramUnsupported`, `NoRoomForProgram`, `ProgramMismatch` or `InstallFailed`.
        """
        await asyncio.to_thread(self.folder.mkdir, 0o700, parents=True, exist_ok=True)
        with self._alone() as lock:
            await asyncio.to_thread(self._tidy)
            if not await asyncio.to_thread(self.is_current):
                progress(Progress("check"))
                require(self.recipe, await needs_to_run(self.recipe))
                require(self.recipe, await needs_to_install(self.recipe, self.folder))
                await self._install(progress, try_out, lock)
                await asyncio.to_thread(self._tidy)
        current = self.current()
        assert current is not None
        return current

    async def _install(self, progress: Report, try_out: TryOut, lock: int) -> None:
        partial, total = self.folder / f"{self.recipe.version}{_PARTIAL}", self.recipe.size or None
        try:
            await asyncio.to_thread(self._begin, partial)
            progress(Progress("download", 0, total))
            await install_locked(
                partial, lambda done: progress(Progress("download", min(done, total or done), total)), lock
            )
            progress(Progress("try"))
            await try_out(partial)
            progress(Progress("switch"))
            await asyncio.to_thread(self._publish, partial)
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True))

    async def remove(self) -> bool:
        """Remove the program; tell whether all of it is gone: what a running process uses goes with the next start."""
        if not self.folder.is_dir():
            return True
        with self._alone():
            (self.folder / CURRENT).unlink(missing_ok=True)
            await asyncio.to_thread(self._tidy)
        return not list(self._versions())

    def tidy(self) -> None:
        """Remove what a killed installation left and versions that nobody uses, unless one is being installed now."""
        with contextlib.suppress(InstallRunning, FileNotFoundError), self._alone():
            self._tidy()

    def _begin(self, partial: Path) -> None:
        partial.mkdir(0o700)
        for name in (PACKAGE_FILE, LOCK_FILE):
            shutil.copyfile(self.recipe.folder / name, partial / name)

    def _publish(self, partial: Path) -> None:
        mark = {"version": self.recipe.version, "digest": self.recipe.digest, "command": self.recipe.command}
        (partial / MARK).write_text(json.dumps(mark), "utf-8")
        os.sync()  # thousands of files: all of them are on the disk before any name says so
        version = self.folder / str(self.recipe.version)
        if version.is_dir() and not _removed(version):
            raise InstallRunning(f"{version} is in use; stop its sessions, then try again")
        partial.rename(version)
        pointer = self.folder / f"{CURRENT}{_PARTIAL}"
        pointer.symlink_to(version.name)
        pointer.replace(self.folder / CURRENT)
        sync_folder(self.folder)

    def _tidy(self) -> None:
        for left in self.folder.glob(f"*{_PARTIAL}"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        current = self.current()
        for version in self._versions():
            if version != current:
                _removed(version)

    def _versions(self) -> Iterator[Path]:
        for mark in self.folder.glob(f"*/{MARK}"):
            if not mark.parent.is_symlink():
                yield mark.parent

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the lock of this program's folder, or raise `InstallRunning`."""
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InstallRunning(self.recipe.name) from None
            yield file.fileno()


def _mark(version: Path) -> dict[str, Any]:
    return dict(json.loads((version / MARK).read_text("utf-8")))


def _removed(version: Path) -> bool:
    """Remove a version unless a process runs it; tell whether it is gone."""
    try:
        held = os.open(version / MARK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        shutil.rmtree(version, ignore_errors=True)
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        (version / MARK).unlink(missing_ok=True)
        shutil.rmtree(version, ignore_errors=True)
        return True
    finally:
        os.close(held)
