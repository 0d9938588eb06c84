"""An agent that says what a real one said: `replaying_agent.py RECORDING [ANSWERS]`.

A recording has one JSON object a line: `dir` outgoing (from client to agent) or incoming, and `msg`, the JSON-RPC
message. What it is asked is looked for in the recording, and answered as it was then. Answers of the client to the
agent's own requests are appended to the file ANSWERS.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(recording: str, answers: str | None = None) -> None:
    messages = [json.loads(line) for line in Path(recording).read_text().splitlines()]
    place = 0
    ids: dict[Any, Any] = {}
    for line in sys.stdin:
        said = json.loads(line)
        if "method" not in said and answers is not None:
            with Path(answers).open("a") as file:
                file.write(json.dumps(said.get("result")) + "\n")
        found = _next(messages, place, said.get("method"))
        if found is None:
            if "id" in said and "method" in said:
                _say({"jsonrpc": "2.0", "id": said["id"], "result": {}})
            continue
        if "id" in messages[found]["msg"]:
            ids[messages[found]["msg"]["id"]] = said.get("id")
        place = found + 1
        while place < len(messages) and messages[place]["dir"] == "incoming":
            _replay(messages[place]["msg"], ids)
            place += 1


def _next(messages: list[Any], place: int, method: str | None) -> int | None:
    for number in range(place, len(messages)):
        if messages[number]["dir"] == "outgoing" and messages[number]["msg"].get("method") == method:
            return number
    return None


def _replay(message: dict[str, Any], ids: dict[Any, Any]) -> None:
    if "method" in message:
        _say(message)
    elif message["id"] in ids:
        _say({**message, "id": ids.pop(message["id"])})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
