"""Start the local model's child process, know whether it lives, and end it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atrium.sdk.errors import ProviderCrashed

START_SECONDS = 180.0
LONGEST_SOCKET_PATH = 100
"""`sun_path` holds 108 bytes on Linux and 104 on macOS, the closing zero included."""

SOCKET_NAME = "model.sock"
SHORT_FOLDER = "atrium-"

PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip
"""All that the child's environment has: never a key."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the child serves: a GGUF file, the tokens of one conversation, and how many run at once."""

    path: Path
    context: int
    slots: int


class ModelProcess:
    """One child process, from start to end; it is not restarted but replaced."""

    def __init__(self, process: asyncio.subprocess.Process, socket: Path) -> None:
        self._process = process
        self._words = b""
        self._listener = asyncio.create_task(self._listen(), name="local model: errors")
        self.socket = socket
        self.is_stopped = False
        """Whether it was ended on purpose."""

    @classmethod
    async def start(cls, model: ModelFile, run_folder: Path) -> ModelProcess:
        """Start a child and return it when the model is loaded; `ProviderCrashed` says why it could not be."""
        socket = await asyncio.to_thread(_free_socket, run_folder)
        arguments = {
            "model": str(model.path),
            "socket": str(socket),
            "context": model.context,
            "slots": model.slots,
            "parent": os.getpid(),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(Path(__file__).with_name("local_server.py")), json.dumps(arguments)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(os.environ),
            start_new_session=True,
        )
        child = cls(process, socket)
        try:
            await child._loaded()
        except BaseException:
            await child.stop()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Tell whether the child runs."""
        return self._process.returncode is None

    async def ended(self, within: float) -> bool:
        """Wait up to `within` seconds for the child's end, and tell whether it came."""
        try:
            async with asyncio.timeout(within):
                await self._over()
        except TimeoutError:
            return False
        return True

    def last_words(self) -> str:
        """Return how the child ended, and what it said last."""
        code = self._process.returncode
        how = "is still running" if code is None else f"ended by signal {-code}" if code < 0 else f"ended with {code}"
        said = self._words.decode(errors="replace").splitlines()[-1:]
        return ": ".join(["the local model's process " + how, *said])

    async def stop(self) -> None:
        """End the child and remove its socket; may be called twice."""
        self.is_stopped = True
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listener
        await asyncio.to_thread(_remove_socket, self.socket)

    async def _loaded(self) -> None:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise ProviderCrashed(f"the local model did not load within {START_SECONDS:.0f} s") from error
        said = json.loads(line) if line.startswith(b"{") else {}
        if "ready" not in said:
            await self._over()
            raise ProviderCrashed(f"the local model did not load: {said.get('error') or self.last_words()}")

    async def _over(self) -> None:
        """Wait for the child's end, and for what it said last."""
        await self._process.wait()
        await asyncio.wait([self._listener])

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(4096):
            self._words = (self._words + said)[-500:]


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the few variables that the child gets."""
    return {name: environ[name] for name in PASSED_ON if name in environ}


def _free_socket(run_folder: Path) -> Path:
    socket = socket_folder(run_folder) / SOCKET_NAME
    socket.unlink(missing_ok=True)
    return socket


def _remove_socket(socket: Path) -> None:
    socket.unlink(missing_ok=True)
    if socket.parent.name.startswith(SHORT_FOLDER):
        shutil.rmtree(socket.parent, ignore_errors=True)


def socket_folder(run_folder: Path) -> Path:
    """Return a folder only its owner can enter: below `<home>/run/`, or a temporary one where that path is too long."""
    folder = run_folder / "local"
    if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        return Path(tempfile.mkdtemp(prefix=SHORT_FOLDER, dir="/tmp"))  # $TMPDIR may be long as well
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
