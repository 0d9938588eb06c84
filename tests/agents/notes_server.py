"""An MCP server with one tool, `look_up`, which says what a word means, and by which token it was let in."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

TOOL = {
    "name": "look_up",
    "description": "Say what a word means.",
    "inputSchema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a request; what it does not know has an empty one."""
    if method == "initialize":
        server = {"name": "notes", "version": "1.0.0"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": server}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        said = f"{params['arguments']['word']} means a green fruit, says {os.environ['NOTES_TOKEN']}"
        return {"content": [{"type": "text", "text": said}], "isError": False}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        result = answer(message["method"], message.get("params") or {})
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
