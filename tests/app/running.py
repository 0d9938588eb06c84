"""Running the real command."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from click.testing import CliRunner

from atrium.app.cli.entry import run
from atrium.testing.daemon import daemon_environment

OF_THEIR_OWN = frozenset({"up", "down", "restart"})
"""Commands that begin and end processes, and heed signals."""


async def run_atrium(*arguments: str, home: Path, stdin: str | None = None, **environment: str) -> tuple[int, str, str]:
    """Run `atrium`; return exit code, output and errors.

    It runs in a thread of this process, which takes a tenth of the time; what deals with processes has one of its own.
    """
    variables = daemon_environment(ATRIUM_HOME=str(home), **environment)
    if arguments[0] in OF_THEIR_OWN:
        return await _in_a_process(arguments, variables)
    return await asyncio.to_thread(_in_this_process, arguments, stdin, variables)


def _in_this_process(arguments: tuple[str, ...], stdin: str | None, variables: dict[str, str]) -> tuple[int, str, str]:
    changed = {name: variables.get(name) for name in os.environ.keys() | variables.keys()}
    with CliRunner().isolation(stdin, changed) as (out, err, _):
        code = run(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        return code, out.getvalue().decode(), err.getvalue().decode()


async def _in_a_process(arguments: tuple[str, ...], variables: dict[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "atrium.app", *arguments),
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
