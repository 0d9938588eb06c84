"""An agent that does what a message says: `scripted_agent.py [--no-load] [--images]`.

The last line of a prompt is a script: `say WORDS`, `shown` (tells the images that came along), `count N`, `think
WORDS`, `write PATH` (asks first, for a call that it never announced), `ask` (asks and tells the answer), `ask hold`
(then waits until it is cancelled), `run COMMAND` (a call that gets its title late, asks, and ends the turn if it may
not), `look` (asks for a tool that it named before),
`plan`, `plan hold` (until it is cancelled), `rate`, `limit` (says why before it fails), `half WORDS` (fails after
them), `auth`, `refuse`, `tire` (ends at a limit), `give up`, `crash`, `hang` (until it is cancelled), `deaf` (not even
then), `flood N`, `child` (leaves a process behind and tells its id), `stray` (one that leaves the group too), `env
NAME`, `mode`, `model`, `until MODE` (says it as soon as it is set), `go MODE` (changes it by itself), `place`,
`servers` (the MCP servers it was told of). Everything else is said back.

`client` tells what the client said it can do, and `call METHOD` calls it and tells the answer. It offers models and
modes in methods of their own, with `--options` as options of a session, and with `--bare` none. With `--mute` it does
not name the session that it begins. A session `lethal` of an earlier process ends it.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

UPDATE = "session/update"
REASONS = {"refuse": "refusal", "tire": "max_tokens", "give": "cancelled"}


class Agent:
    def __init__(
        self, *, can_load: bool, takes_images: bool, is_mute: bool = False, offered: dict[str, Any] | None = None
    ) -> None:
        self.can_load = can_load
        self.takes_images = takes_images
        self.is_mute = is_mute
        self.offered = modes() if offered is None else offered
        self.client: Any = None
        self.shown: dict[str, list[str]] = {}
        self.arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self.numbers = itertools.count()
        self.requests = itertools.count()
        self.modes: dict[str, str] = {}
        self.models: dict[str, str] = {}
        self.servers: dict[str, Any] = {}
        self.changed = threading.Condition()
        self.cancelled: dict[str, threading.Event] = {}
        self.answers: dict[int, queue.Queue[Any]] = {}

    def read(self) -> None:
        for line in sys.stdin:
            self.arrived.put(json.loads(line))
        os._exit(0)

    def say(self, **message: Any) -> None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()

    def serve(self) -> None:
        while True:
            message = self.arrived.get()
            if "method" in message:
                name = f"on_{message['method'].replace('session/', '')}"
                getattr(self, name, self.on_other)(message.get("id"), message.get("params") or {})
            else:
                self.answers[message["id"]].put(message)

    def on_initialize(self, number: Any, params: Any) -> None:
        self.client = params.get("clientCapabilities", {})
        capabilities = {
            "loadSession": self.can_load,
            "sessionCapabilities": {"close": {}},
            "mcpCapabilities": {"http": True, "sse": False},
            "promptCapabilities": {"image": self.takes_images},
        }
        self.say(id=number, result={"protocolVersion": 1, "agentCapabilities": capabilities})

    def on_new(self, number: Any, params: Any) -> None:
        session = f"agent-{os.getpid()}-{next(self.numbers)}"
        self.servers[session] = params["mcpServers"]
        self.say(id=number, result=({} if self.is_mute else {"sessionId": session}) | self.offered)

    def on_load(self, number: Any, params: Any) -> None:
        if params["sessionId"] == "lethal":
            os._exit(4)
        if params["sessionId"].startswith("agent-"):
            self.servers[params["sessionId"]] = params["mcpServers"]
            self.update(params["sessionId"], "agent_message_chunk", text("from before"))
            self.say(id=number, result=self.offered)
        else:
            self.say(id=number, error={"code": -32002, "message": "no such session"})

    def on_set_mode(self, number: Any, params: Any) -> None:
        self.modes[params["sessionId"]] = params["modeId"]
        self.say(id=number, result={})

        with self.changed:
            self.changed.notify_all()

    def on_set_model(self, number: Any, params: Any) -> None:
        self.models[params["sessionId"]] = params["modelId"]
        self.say(id=number, result={})

    def on_set_config_option(self, number: Any, params: Any) -> None:
        chosen = self.modes if params["configId"] == "mode" else self.models
        chosen[params["sessionId"]] = params["value"]
        self.say(id=number, result={"configOptions": []})

    def on_prompt(self, number: Any, params: Any) -> None:
        threading.Thread(target=self.turn, args=(number, params), daemon=True).start()

    def on_cancel(self, number: Any, params: Any) -> None:
        self.cancelled.setdefault(params["sessionId"], threading.Event()).set()

    def on_other(self, number: Any, params: Any) -> None:
        if number is not None:
            self.say(id=number, result={})

    def update(self, session: str, kind: str, fields: dict[str, Any]) -> None:
        self.say(method=UPDATE, params={"sessionId": session, "update": {"sessionUpdate": kind, **fields}})

    def turn(self, number: int, params: dict[str, Any]) -> None:
        session = params["sessionId"]
        cancelled = self.cancelled[session] = threading.Event()
        images = [part for part in params["prompt"] if part["type"] == "image"]
        self.shown[session] = [f"{part['mimeType']} {part['data']}" for part in images]
        prompt = next((part["text"] for part in params["prompt"] if part["type"] == "text"), "shown")
        verb, _, rest = prompt.splitlines()[-1].partition(" ")
        act = getattr(self, f"do_{verb}", None)
        if act is None:
            for word in prompt.split():
                self.update(session, "agent_message_chunk", text(f"{word} "))
            self.say(id=number, result=ended())
            return
        error = act(session, rest, cancelled)
        if error is not None:
            self.say(id=number, error=error)
        elif verb != "deaf":
            self.say(id=number, result=ended(REASONS.get(verb) or stopped(cancelled)))

    def do_say(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(rest))

    def do_shown(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(" ".join(self.shown[session])))

    def do_count(self, session: str, rest: str, cancelled: threading.Event) -> None:
        for index in range(int(rest)):
            if cancelled.wait(0.01 if index > 50 else 0):
                return
            self.update(session, "agent_message_chunk", text(f"{index} "))

    def do_flood(self, session: str, rest: str, cancelled: threading.Event) -> None:
        for index in range(int(rest)):
            self.update(session, "agent_message_chunk", text(f"{index} "))

    def do_think(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_thought_chunk", text(rest))
        self.update(session, "agent_message_chunk", text("thought"))

    def do_plan(self, session: str, rest: str, cancelled: threading.Event) -> None:
        entries = [{"content": "first", "priority": "high", "status": "pending"}]
        self.update(session, "plan", {"entries": entries})
        if rest == "hold":
            entries = [
                {**entries[0], "status": "completed"},
                {**entries[0], "content": "second", "status": "in_progress"},
            ]
            self.update(session, "plan", {"entries": entries})
            cancelled.wait()

    def do_write(self, session: str, rest: str, cancelled: threading.Event) -> None:
        call = {
            "toolCallId": "call-1",
            "title": f"Write {rest}",
            "kind": "edit",
            "rawInput": {"path": rest},
            "locations": [{"path": rest}],
            "content": [{"type": "diff", "path": rest, "oldText": None, "newText": "written"}],
        }
        outcome = self.permission(session, call)
        status = "failed"
        if outcome.get("optionId") == "once":
            Path(rest).write_text("written")
            status = "completed"
        self.update(session, "tool_call_update", {"toolCallId": "call-1", "status": status})

    def do_ask(self, session: str, rest: str, cancelled: threading.Event) -> None:
        call = {
            "toolCallId": "call-2",
            "title": "rm -r build",
            "kind": "execute",
            "rawInput": {"command": "rm -r build"},
        }
        self.update(session, "agent_message_chunk", text(json.dumps(self.permission(session, call))))
        if rest == "hold":
            cancelled.wait()

    def do_run(self, session: str, rest: str, cancelled: threading.Event) -> None:
        call = {"toolCallId": "call-3", "title": "Terminal", "kind": "execute", "status": "pending"}
        self.update(session, "tool_call", call)
        asked = {**text_part("why"), "toolCallId": "call-3", "title": rest, "rawInput": {"command": rest}}
        self.update(session, "tool_call_update", asked)
        if self.permission(session, asked).get("optionId") != "once":
            cancelled.set()
            return
        for piece in ("one ", "two"):
            shown = {"terminal_output_delta": {"data": piece}}
            self.update(session, "tool_call_update", {"toolCallId": "call-3", "_meta": shown})
        done = {"toolCallId": "call-3", "status": "completed", "content": []}
        self.update(session, "tool_call_update", done)
        self.update(session, "tool_call_update", {"toolCallId": "call-3", "_meta": {}})

    def do_look(self, session: str, rest: str, cancelled: threading.Event) -> None:
        call = {"toolCallId": "call-4", "title": "mcp.notes.look_up", "kind": "execute", "status": "pending"}
        self.update(session, "tool_call", {**call, "rawInput": {"tool": "look_up"}})
        self.permission(session, {"toolCallId": "call-4", "kind": "execute"})

    def permission(self, session: str, call: dict[str, Any]) -> dict[str, Any]:
        options = [
            {"optionId": "ever", "name": "Always", "kind": "allow_always"},
            {"optionId": "once", "name": "Once", "kind": "allow_once"},
            {"optionId": "no", "name": "No", "kind": "reject_once"},
        ]
        params = {"sessionId": session, "toolCall": call, "options": options}
        return dict(self.request("session/request_permission", params)["result"]["outcome"])

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self.requests)
        answer = self.answers[number] = queue.Queue()
        self.say(id=number, method=method, params=params)
        return dict(answer.get())

    def do_call(self, session: str, rest: str, cancelled: threading.Event) -> None:
        answer = self.request(rest, {"sessionId": session, "path": "/etc/hostname"})
        self.update(session, "agent_message_chunk", text(json.dumps(answer.get("error", answer))))

    def do_client(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(json.dumps(self.client)))

    def do_rate(self, *_: Any) -> dict[str, Any]:
        return {"code": -32603, "message": "Internal error", "data": {"errorKind": "rate_limit", "message": "try at 5"}}

    def do_limit(self, session: str, rest: str, cancelled: threading.Event) -> dict[str, Any]:
        self.update(session, "agent_message_chunk", text("You have hit your limit.\n\n"))
        said = {"message": "You have hit your limit.", "codexErrorInfo": "usageLimitExceeded"}
        return {"code": -32603, "message": "Internal error", "data": said}

    def do_half(self, session: str, rest: str, cancelled: threading.Event) -> dict[str, Any]:
        self.update(session, "agent_message_chunk", text(rest))
        return {"code": 429, "message": "Rate limit exceeded."}

    def do_auth(self, *_: Any) -> dict[str, Any]:
        return {"code": -32000, "message": "Authentication required"}

    def do_refuse(self, *_: Any) -> None:
        """End with a refusal."""

    def do_tire(self, *_: Any) -> None:
        """End at a limit."""

    def do_give(self, *_: Any) -> None:
        """End as if somebody had cancelled the turn."""

    def do_crash(self, *_: Any) -> None:
        sys.stderr.write("out of luck\n")
        sys.stderr.flush()
        os._exit(3)

    def do_hang(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text("waiting"))
        cancelled.wait()

    def do_deaf(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text("la la la"))

    def do_child(self, session: str, rest: str, cancelled: threading.Event) -> None:
        child = subprocess.Popen(["sleep", "1000"])
        self.update(session, "agent_message_chunk", text(str(child.pid)))

    def do_stray(self, session: str, rest: str, cancelled: threading.Event) -> None:
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        self.update(session, "agent_message_chunk", text(str(child.pid)))

    def do_env(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(os.environ.get(rest, "not set")))

    def do_place(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(session))

    def do_servers(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(json.dumps(self.servers[session])))

    def do_mode(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(self.modes.get(session, "none")))

    def do_model(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text(self.models.get(session, "none")))

    def do_until(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.update(session, "agent_message_chunk", text("waiting "))
        with self.changed:
            self.changed.wait_for(lambda: self.modes.get(session) == rest)
        self.update(session, "agent_message_chunk", text(rest))

    def do_go(self, session: str, rest: str, cancelled: threading.Event) -> None:
        self.modes[session] = rest
        self.update(session, "current_mode_update", {"currentModeId": rest})


def modes() -> dict[str, Any]:
    available = [{"id": "careful", "name": "Careful"}, {"id": "quick", "name": "Quick"}]
    models = [{"modelId": "small", "name": "Small"}, {"modelId": "large", "name": "Large"}]
    return {
        "modes": {"currentModeId": "careful", "availableModes": available},
        "models": {"currentModelId": "small", "availableModels": models},
    }


def options() -> dict[str, Any]:
    values = {"mode": ("careful", "quick"), "model": ("small", "large")}
    return {
        "configOptions": [
            {"id": name, "name": name, "currentValue": choices[0], "options": [{"value": one} for one in choices]}
            for name, choices in values.items()
        ]
    }


def text(words: str) -> dict[str, Any]:
    return {"content": {"type": "text", "text": words}}


def text_part(words: str) -> dict[str, Any]:
    return {"content": [{"type": "content", **text(words)}]}


def stopped(cancelled: threading.Event) -> str:
    return "cancelled" if cancelled.is_set() else "end_turn"


def ended(reason: str = "end_turn") -> dict[str, Any]:
    return {"stopReason": reason, "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}}


if __name__ == "__main__":
    agent = Agent(
        can_load="--no-load" not in sys.argv,
        takes_images="--images" in sys.argv,
        is_mute="--mute" in sys.argv,
        offered=options() if "--options" in sys.argv else {} if "--bare" in sys.argv else None,
    )
    threading.Thread(target=agent.read, daemon=True).start()
    agent.serve()
