"""The child process of the local model: serve one model file on a Unix socket, and end with the parent.

It is run by its path (`python -P local_server.py <json>`), so it imports nothing of the hub. The first line it writes
is `{"ready": true}` or `{"error": "..."}`.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import threading
from importlib import import_module
from typing import Any

PR_SET_PDEATHSIG = 1
MOST_THREADS = 8
BATCH = 256
"""Tokens of a prompt that are read at once: a cancelled turn ends after them. Larger is not faster on a CPU."""


def main(arguments: dict[str, Any]) -> None:
    """Serve until the parent ends.

    `arguments`: `model` and `socket` (paths), `context` (tokens of one slot), `slots`, `parent` (process id).
    """
    _end_with(arguments["parent"])
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        server = _serve(arguments)
    except (ImportError, RuntimeError, OSError, ValueError) as error:
        _say({"error": str(error)})
        raise SystemExit(1) from error
    _say({"ready": True})
    threading.Event().wait()
    del server


def threads() -> int:
    """Return how many threads compute: one core stays free.

    The threads wait for each other by spinning. With a thread per core, any other work on the machine stops them all:
    on two busy cores one thread made 110 tokens/s and two made 10 (alone on the machine: 120 and 140).
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(cores - 1, MOST_THREADS))


def _say(fact: dict[str, Any]) -> None:
    os.write(1, json.dumps(fact).encode() + b"\n")


def _end_with(parent: int) -> None:
    """Die when the parent dies, even by `kill -9`: by the kernel on Linux, by the end of our input elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    threading.Thread(target=_end_with_input, daemon=True).start()


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def _serve(arguments: dict[str, Any]) -> object:
    xllamacpp = import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = arguments["model"]
    parameters.hostnames = [arguments["socket"]]
    parameters.n_ctx = arguments["context"] * arguments["slots"]
    parameters.n_parallel = arguments["slots"]
    parameters.n_batch = parameters.n_ubatch = BATCH
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads()
    parameters.cache_ram_mib = 0  # the default keeps up to 8 GB of old prompts
    parameters.ui = False
    parameters.verbosity = -1
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
