"""npm as the downloader: it takes exactly the packages of a lock, compares every hash, and runs no script of theirs."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from atrium.adapters.agents.errors import InstallFailed, NoRoomForProgram, ProgramMismatch, ProgramUnsupported
from atrium.sdk.phrases import phrase

POLL_SECONDS = 0.5

_OPTIONS = (
    "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
    "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000", "--fetch-timeout=60000",
)  # fmt: skip
_OFFLINE = {
    "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ENOTCACHED",
    "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT",
}  # fmt: skip


async def install_locked(folder: Path, progress: Callable[[int], None], lock: int) -> None:
    """Install what `folder/package-lock.json` names into `folder/node_modules`; `progress` gets bytes so far.

    npm takes the registry its user has configured. It inherits the descriptor `lock`, so that what is locked stays so
    until npm has ended, even if this process is killed. Raises `ProgramMismatch`, `NoRoomForProgram`, `InstallFailed`.
    """
    async with _npm(folder, lock) as (process, errors):
        while not errors.done():
            await asyncio.wait([errors], timeout=POLL_SECONDS)
            progress(await asyncio.to_thread(_size_of, folder))
        status = await process.wait()
    if status:
        raise _failure(errors.result())


@asynccontextmanager
async def _npm(folder: Path, lock: int) -> AsyncIterator[tuple[Process, asyncio.Task[str]]]:
    """Run `npm ci`; leaving the block ends it, whatever happened."""
    npm = shutil.which("npm")
    if npm is None:
        said = "npm is not on the PATH; install Node with npm (https://nodejs.org), then try again"
        raise ProgramUnsupported(phrase("requirement.no_npm", said))
    process = await asyncio.create_subprocess_exec(
        *(npm, "ci", *_OPTIONS),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        pass_fds=(lock,),
    )
    errors = asyncio.create_task(_read(process.stderr), name="npm's errors")
    try:
        yield process, errors
    finally:
        with suppress(ProcessLookupError):  # it has ended, and so have its children
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.gather(process.wait(), errors)


async def _read(stream: asyncio.StreamReader | None) -> str:
    return (await stream.read()).decode(errors="replace") if stream else ""


def _size_of(folder: Path) -> int:
    """Return the bytes below a folder while files come and go in it."""
    size, waiting = 0, [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
    return size


def _failure(said: str) -> Exception:
    """Return npm's failure as one of ours, with the next step."""
    lines = [re.sub(r"^npm (error|ERR!)\s*", "", line).strip() for line in said.splitlines()]
    lines = [line for line in lines if line and not line.startswith("A complete log")]
    code = next((line.removeprefix("code ") for line in lines if line.startswith("code ")), "")
    reasons = [line for line in lines if not re.match(r"(code|errno|syscall|path|dest) ", line)]
    reason = reasons[0] if reasons else "npm gave no reason"
    if code == "EINTEGRITY":
        said = f"{reason}; the registry gives other bytes than were pinned: tell who runs it"
        return ProgramMismatch(phrase("install.other_bytes", said, reason=reason))
    if code == "ENOSPC":
        return NoRoomForProgram(phrase("install.disk_full", "the disk is full; free some space, then try again"))
    if code in _OFFLINE:
        said = f"the package registry cannot be reached ({code}); check the network, then try again"
        return InstallFailed(phrase("install.registry_silent", said, code=code))
    reason = reason.rstrip(".")
    if code in {"E404", "ETARGET"}:
        said = f"{reason}; look at `npm config get registry`: it does not have the package"
        return InstallFailed(phrase("install.no_package", said, reason=reason))
    return InstallFailed(phrase("install.npm_failed", f"npm: {reason}; try again, or run `npm doctor`", reason=reason))
