"""The scripted agent with worse manners, which are scripts as well.

`spill` (a line without an end), `heap N WORDS` (as many answers), `doze` (reads nothing any more), `betray` (fails with
its keys in the error), `blurt` (ends with them on the standard error), `terminal WORDS` (a call that puts them out a
thousand times, and has them as often among its arguments).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from tests.providers.scripted_agent import Agent, text


class HardAgent(Agent):
    def do_spill(self, session: str, rest: str, cancelled: threading.Event) -> None:
        while True:
            sys.stdout.write("x" * 10_000)

    def do_heap(self, session: str, rest: str, cancelled: threading.Event) -> None:
        number, _, words = rest.partition(" ")
        for _ in range(int(number)):
            self.update(session, "agent_message_chunk", text(words))

    def read(self) -> None:
        for line in sys.stdin:
            self.arrived.put(json.loads(line))
            if '"doze"' in line:
                threading.Event().wait()
        os._exit(0)

    def do_doze(self, session: str, rest: str, cancelled: threading.Event) -> None:
        """Answer for the last time."""

    def do_betray(self, *_: Any) -> dict[str, Any]:
        return {"code": -32603, "message": "Internal error", "data": {"details": f"refused: {self.keys()}"}}

    def do_blurt(self, *_: Any) -> None:
        sys.stderr.write(f"refused: {self.keys()}\n")
        sys.stderr.flush()
        os._exit(3)

    def keys(self) -> str:
        headers = [pair for server in next(iter(self.servers.values())) for pair in server.get("headers", ())]
        return " ".join([os.environ["GIVEN"], *(pair["value"].removeprefix("Bearer ") for pair in headers)])

    def do_terminal(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.call(session, "tool_call", title="make", rawInput={"lines": [rest] * 1000})
        for _ in range(1000):
            self.call(session, "tool_call_update", _meta={"terminal_output_delta": {"data": rest}})
        self.call(session, "tool_call_update", status="completed")

    def call(self, session: str, kind: str, number: str = "call-1", **fields: Any) -> None:
        self.update(session, kind, {"toolCallId": number, **fields})


if __name__ == "__main__":
    agent = HardAgent(can_load=True, takes_images=False)
    threading.Thread(target=agent.read, daemon=True).start()
    agent.serve()
