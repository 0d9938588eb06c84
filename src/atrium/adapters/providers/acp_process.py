"""An agent's process: started in a group of its own, so that its children end with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from atrium.sdk.errors import ProviderNotInstalled

LONGEST_LINE = 64 << 20
"""One message is one line; a file in it can make it long."""
GRACE_SECONDS = 2.0
WORDS = 2_000

PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "TMPDIR", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
)  # fmt: skip
"""All that an agent's environment has besides its settings: no key that was meant for somebody else."""


class AgentProcess:
    """One process, from start to end; it is not restarted but replaced."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.writer = process.stdin
        self.reader = process.stdout
        self._process = process
        self._name = name
        self._words = b""
        self._listener = asyncio.create_task(self._listen(), name=f"{name}: errors")

    @classmethod
    async def start(cls, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> AgentProcess:
        """Start an agent; `ProviderNotInstalled` says why it cannot be."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={key: os.environ[key] for key in PASSED_ON if key in os.environ} | dict(environment),
                cwd=cwd,
                limit=LONGEST_LINE,
                start_new_session=True,
            )
        except OSError as error:
            raise ProviderNotInstalled(f"{name}: {command[0]} cannot be run ({error.strerror})") from error
        return cls(process, name)

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
        said = [line.strip() for line in self._words.decode(errors="replace").splitlines() if line.strip()]
        return ": ".join([f"{self._name} {how}", *said[-1:]])

    async def stop(self) -> None:
        """End it and its children: first by closing its input, then by force; may be called twice."""
        self.writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of the group is left
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._listener.cancel()
        await asyncio.wait([self._listener])

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(4096):
            self._words = (self._words + said)[-WORDS:]
