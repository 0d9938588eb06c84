"""As many GET requests as there are connections, all at once: `python -m bench.fanout.at_once PORT PATH COUNT ROUNDS`.

Prints the milliseconds from the first request to each answer as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bench.fanout.screens import AT_ONCE
from bench.loops import run_on
from bench.wire import Answers, get


async def _measure(port: int, path: str, count: int, rounds: int) -> list[float]:
    loop = asyncio.get_running_loop()
    connections: list[Answers] = []
    while len(connections) < count:
        news = [
            loop.create_connection(Answers, "127.0.0.1", port) for _ in range(min(AT_ONCE, count - len(connections)))
        ]
        connections += [answers for _, answers in await asyncio.gather(*news)]
    question, found = get(port, "", path), []

    async def ask(answers: Answers) -> None:
        await answers.ask(question)
        found.append((time.perf_counter() - began) * 1000)

    for _ in range(rounds):
        began = time.perf_counter()
        await asyncio.gather(*(ask(one) for one in connections))
    return found


if __name__ == "__main__":
    port, path, count, rounds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    json.dump(run_on("uvloop", _measure(port, path, count, rounds)), sys.stdout)
