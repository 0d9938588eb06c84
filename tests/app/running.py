"""Running the real command."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from atrium.testing.daemon import daemon_environment


async def run_atrium(*arguments: str, home: Path, stdin: str | None = None, **environment: str) -> tuple[int, str, str]:
    """Run `atrium` in a process of its own; return exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "atrium.app", *arguments),
        env=daemon_environment(ATRIUM_HOME=str(home), **environment),
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(None if stdin is None else stdin.encode()), 50)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
