"""A scripted agent that speaks ACP over its standard streams: `agent.py [--child]`.

The last line of a prompt is `stream COUNT MILLISECONDS` or `work COUNT MILLISECONDS`: so many pieces of a message, and
a pause after each; `work` thinks and calls a tool before. Every piece begins with the monotonic time, in nanoseconds,
at which it is sent: that clock is the same in all processes of a machine. With `--child` it has a process of its own as
well, as agents have that run commands. Nothing but the standard library: it starts fast and costs little.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

WORDS = " about as many words as a model says at once "
OUTPUT = "a line of output\n" * 20


class Agent:
    """Serves all sessions of one process, each turn in a thread of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._cancelled: dict[str, threading.Event] = {}

    def serve(self) -> None:
        """Answer what comes until there is no more."""
        for line in sys.stdin:
            message = json.loads(line)
            self._take(str(message.get("method")), message.get("id"), message.get("params") or {})

    def _take(self, method: str, number: Any, params: Json) -> None:
        if method == "session/prompt":
            threading.Thread(target=self._turn, args=(number, params), daemon=True).start()
        elif method == "session/cancel":
            self._cancelled[params["sessionId"]].set()
        elif number is not None:
            say(id=number, result=self._answer(method))

    def _answer(self, method: str) -> Json:
        if method == "initialize":
            return {"protocolVersion": 1, "agentCapabilities": {"sessionCapabilities": {"close": {}}}}
        return {"sessionId": f"{os.getpid()}-{next(self._numbers)}"} if method == "session/new" else {}

    def _turn(self, number: Any, params: Json) -> None:
        session = params["sessionId"]
        cancelled = self._cancelled[session] = threading.Event()
        verb, count, pause = params["prompt"][0]["text"].splitlines()[-1].split()
        for update in itertools.chain(_work() if verb == "work" else (), _pieces(int(count))):
            say(method="session/update", params={"sessionId": session, "update": update})
            if cancelled.wait(float(pause) / 1000):
                break
        reason = "cancelled" if cancelled.is_set() else "end_turn"
        say(id=number, result={"stopReason": reason, "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}})


def _work() -> Iterator[Json]:
    call = {"toolCallId": "call", "title": "make", "kind": "execute", "rawInput": {"command": "make"}}
    yield {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "First I make it."}}
    yield {"sessionUpdate": "tool_call", "status": "pending", **call}
    content = [{"type": "content", "content": {"type": "text", "text": OUTPUT}}]
    yield {"sessionUpdate": "tool_call_update", "toolCallId": "call", "status": "completed", "content": content}


def _pieces(count: int) -> Iterator[Json]:
    for _ in range(count):
        text = f"{time.monotonic_ns()}{WORDS}"
        yield {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}


def say(**message: Any) -> None:
    """Send a message: a line in one write, which a pipe does not mix with that of another thread."""
    os.write(sys.stdout.fileno(), (json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())


if __name__ == "__main__":
    if "--child" in sys.argv:
        subprocess.Popen(["sleep", "100000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    Agent().serve()
