"""JSON-RPC over an agent's input and output: a message a line, and none that is too long."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from atrium.adapters.providers.acp_process import AgentProcess

log = logging.getLogger(__name__)

LONGEST_LINE = 64 << 20
"""In bytes; a file in a message can make it long."""


class Lines:
    """What the ACP package calls a transport. It reads without an end what has no line ends, and this does not."""

    def __init__(self, name: str, process: AgentProcess) -> None:
        self._name = name
        self._process = process
        self.ended = False
        """Whether nothing more is read."""
        self.fault = ""
        """Why, if that is the agent's fault."""

    async def send(self, message: dict[str, Any]) -> None:
        """Write a message; a call that is cancelled has written all of it or waits no longer for its being read."""
        self._process.writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        await self._process.writer.drain()

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message, None at the end; lines that are none are passed over."""
        while line := await self._line():
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                message = None
            if isinstance(message, dict):
                return message
            if line.strip():
                log.warning("%s wrote a line of %d bytes that is no message", self._name, len(line))
        self.ended = True
        return None

    async def close(self) -> None:
        """Do nothing: the process closes what it has."""

    async def _line(self) -> bytes:
        reader, pieces, length, whole = self._process.reader, list[bytes](), 0, False
        while not whole:
            try:
                piece, whole = await reader.readuntil(), True
            except asyncio.LimitOverrunError as error:
                piece = await reader.readexactly(error.consumed)
            except asyncio.IncompleteReadError as error:
                piece, whole = error.partial, True
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST_LINE:
                self.fault = f"sent a message of more than {LONGEST_LINE >> 20} MB"
                return b""
        return b"".join(pieces)
