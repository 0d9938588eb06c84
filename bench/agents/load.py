"""The load on a model: `python -m bench.agents.load hub|agentos PORT SESSIONS MESSAGES < token`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial

from bench.agents import runs
from bench.conversation import converse
from bench.load import Talk, load
from bench.loops import run_on


def beginning(server: str, port: int, token: str) -> Callable[[], Awaitable[Talk]]:
    """Return what begins a session at a server."""
    return partial(converse, port, token, "model") if server == "hub" else partial(runs.converse, port)


if __name__ == "__main__":
    port, sessions, messages = map(int, sys.argv[2:])
    begin = beginning(sys.argv[1], port, sys.stdin.read())
    print(json.dumps(asdict(run_on("uvloop", load(begin, sessions, messages)))))
