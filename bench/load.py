"""The load, a process of its own: `python -m bench.load PORT SESSIONS MESSAGES < token` prints what it saw as JSON."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Protocol

from bench.conversation import converse
from bench.loops import run_on
from bench.server import Server
from bench.wire import TOKENS


@dataclass(frozen=True, slots=True)
class Seen:
    """What a load saw: seconds for each message, wall and the client's own CPU seconds for all."""

    latencies: list[float]
    seconds: float
    client_cpu_seconds: float


class Talk(Protocol):
    """A session that is talked to; `deltas` counts what came of its answers."""

    @property
    def deltas(self) -> int: ...

    async def say(self) -> float: ...

    def close(self) -> None: ...


def run_load(server: Server, sessions: int, messages: int, program: Sequence[str] = ("bench.load",)) -> Seen:
    """Send so many messages to each of so many sessions at once, one after another in each."""
    command = [sys.executable, "-m", *program, str(server.port), str(sessions), str(messages)]
    done = subprocess.run(command, input=server.token, capture_output=True, text=True, check=True)
    return Seen(**json.loads(done.stdout))


async def load(begin: Callable[[], Awaitable[Talk]], sessions: int, messages: int) -> Seen:
    """Begin so many sessions and send the messages; raises RuntimeError if a delta did not come."""
    conversations = [await begin() for _ in range(sessions)]
    cpu, wall = time.process_time(), time.perf_counter()
    latencies = await asyncio.gather(*(_talk(one, messages) for one in conversations))
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    for one in conversations:
        if one.deltas != messages * TOKENS:
            raise RuntimeError(f"{one.deltas} deltas came of {messages * TOKENS}")
        one.close()
    return Seen([each for share in latencies for each in share], seconds, cpu_seconds)


async def _talk(conversation: Talk, messages: int) -> list[float]:
    return [await conversation.say() for _ in range(messages)]


if __name__ == "__main__":
    port, sessions, messages = map(int, sys.argv[1:])
    begin = partial(converse, port, sys.stdin.read())
    print(json.dumps(asdict(run_on("uvloop", load(begin, sessions, messages)))))
