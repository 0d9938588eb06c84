"""Reference: an agent driven by the `agent-client-protocol` library alone, in the client's own process."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from acp import PROTOCOL_VERSION, spawn_agent_process, text_block
from acp.client.connection import ClientSideConnection
from acp.schema import AgentMessageChunk, ClientCapabilities, TextContentBlock

from bench.agents.homes import COMMAND, script
from bench.agents.seen import Seen, Watch

WARM_UP = 50


class _Client:
    def __init__(self) -> None:
        self.watch = Watch()

    async def session_update(self, session_id: str, update: object, **_: Any) -> None:
        assert isinstance(update, AgentMessageChunk)
        assert isinstance(update.content, TextContentBlock)
        self.watch.saw(update.content.text)


async def direct(sessions: int, updates: int, pause_ms: float) -> Seen:
    """Let an agent send so many updates in each of so many sessions at once."""
    client = _Client()
    async with spawn_agent_process(client, *COMMAND) as (agent, _):  # type: ignore[arg-type]  # it answers what is called
        await agent.initialize(protocol_version=PROTOCOL_VERSION, client_capabilities=ClientCapabilities())
        names = [(await agent.new_session(cwd="/", mcp_servers=[])).session_id for _ in range(sessions)]
        await _prompt(agent, names, script("stream", WARM_UP, 0))
        client.watch.times.clear()
        cpu = time.process_time()
        await _prompt(agent, names, script("stream", updates, pause_ms))
        return client.watch.seen(sessions * updates, time.process_time() - cpu)


async def _prompt(agent: ClientSideConnection, names: list[str], text: str) -> None:
    await asyncio.gather(*(agent.prompt(session_id=name, prompt=[text_block(text)]) for name in names))
