"""An agent's process: however it ends, all that it started ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from atrium.adapters.providers.acp_family import MARK, Family
from atrium.adapters.providers.acp_hidden import Hidden
from atrium.sdk.errors import ProviderNotInstalled

PIECE = 1 << 20
"""In bytes: twice as much of its output waits in memory before it has to wait itself."""
GRACE_SECONDS = 2.0
WORDS = 2_000
"""Characters of what it says last that are told; more are kept, so that none of them is a part of a key."""

PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "TMPDIR", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
)  # fmt: skip
"""All that an agent's environment has besides its settings: no key that was meant for somebody else."""


class AgentProcess:
    """One process, from start to end; it is not restarted but replaced."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, family: Family, hidden: Hidden) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.writer = process.stdin
        self.reader = process.stdout
        self.hidden = hidden
        self._process = process
        self._name = name
        self._words = b""
        self._family = family
        self._ended = asyncio.create_task(self._clean_up(), name=f"{name}: end")
        self._listener = asyncio.create_task(self._listen(), name=f"{name}: errors")

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        secret: Collection[str] = (),
    ) -> AgentProcess:
        """Start an agent; `ProviderNotInstalled` says why it cannot be. `secret` names variables that are not told."""
        mark = secrets.token_hex(8)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={key: os.environ[key] for key in PASSED_ON if key in os.environ} | {**environment, MARK: mark},
                cwd=cwd,
                limit=PIECE,
                start_new_session=True,
            )
        except OSError as error:
            raise ProviderNotInstalled(f"{name}: {command[0]} cannot be run ({error.strerror})") from error
        return cls(process, name, Family(process.pid, mark), Hidden(environment, secret))

    @property
    def pid(self) -> int:
        """Return its process id, which is its group's as well."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process.returncode is None

    async def last_words(self) -> str:
        """Return how it ended, and what it said last; waits a moment for an end that has begun."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self._process.wait()
                await self._listener
        code = self._process.returncode
        how = "does not answer" if code is None else f"ended by signal {-code}" if code < 0 else f"ended with {code}"
        words = self.hidden.without(self._words.decode(errors="replace"))[-WORDS:]
        said = [line.strip() for line in words.splitlines() if line.strip()]
        return ": ".join([f"{self._name} {how}", *said[-1:]])

    async def stop(self) -> None:
        """End it and all it started: first by closing its input, then by force; may be called twice."""
        self.writer.close()
        await asyncio.to_thread(self._family.look)  # what it starts is no longer below it once it has ended
        await asyncio.wait([self._ended], timeout=GRACE_SECONDS)
        if not self._ended.done():
            self._kill_group()
            await asyncio.wait([self._ended])
        # Else its output stays open: where nobody reads it any more, and where somebody else holds it.
        self._process._transport.close()  # type: ignore[attr-defined]  # asyncio has no other way to it
        await self._process.wait()
        self._listener.cancel()
        await asyncio.wait([self._listener])

    async def _clean_up(self) -> None:
        """Wait for its end, whoever has brought it about, and end what it started."""
        await _end_of(self._process)
        self._kill_group()
        await asyncio.to_thread(self._family.end)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of the group is left
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(4096):
            self._words = (self._words + said)[-8 * WORDS :]


async def _end_of(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of a process; `Process.wait` would wait for all who hold its output as well."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # another system than Linux, or an old one
        await process.wait()
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
