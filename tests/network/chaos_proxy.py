"""A TCP proxy on loopback that treats what passes through it as bad networks do; every choice is drawn from a seed."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

Span = tuple[float, float]
"""From and to; what happens lies between, drawn anew for each connection (a delay: for each read)."""

RESET = struct.pack("ii", 1, 0)
"""`SO_LINGER` with no time: closing sends RST instead of FIN."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a connection. Bytes are counted towards the client; seconds count from its beginning."""

    delay: Span | None = None
    cut_after_bytes: Span | None = None
    cut_after_seconds: Span | None = None
    swallow_after_bytes: Span | None = None
    bytes_per_second: int | None = None
    piece: int | None = None


CALM = Fault()
FAULTS: Mapping[str, Fault] = {
    "delay": Fault(delay=(0, 0.01)),
    "cut-at-byte": Fault(cut_after_bytes=(0, 30_000)),
    "cut-at-time": Fault(cut_after_seconds=(0, 0.2)),
    "half-open": Fault(swallow_after_bytes=(0, 30_000)),
    "throttle": Fault(bytes_per_second=500_000),
    "pieces": Fault(piece=7),
    "all": Fault(delay=(0, 0.002), cut_after_bytes=(500, 60_000), bytes_per_second=2_000_000, piece=64),
}


class ChaosProxy:
    """Passes connections on to `upstream` on loopback. The first `faulty` connections get the fault, later ones none.

    So whoever goes on trying gets through in the end, and a test of it ends.
    """

    def __init__(self, seed: int, fault: Fault = CALM, faulty: int = 1 << 30) -> None:
        self.port = 0
        self.upstream = 0
        self.fault = fault
        self.connections = 0
        self.harmed = 0
        self._faulty = faulty
        self._dice = random.Random(seed)
        self._passing: set[asyncio.Task[None]] = set()

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Pass one connection on until either side ends it, or the fault does."""
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        self.connections += 1
        passage = Passage(self, self.fault if self.connections <= self._faulty else CALM, self._dice.random())
        try:
            hub, to_hub = await asyncio.open_connection("127.0.0.1", self.upstream)
            passage.writers = (to_client, to_hub)
            async with asyncio.TaskGroup() as both:
                _ = both.create_task(passage.pass_on(client, to_hub, "hub"))
                _ = both.create_task(passage.pass_on(hub, to_client, "client"))
        except* OSError:
            passage.reset()
        finally:
            for writer in passage.writers or (to_client,):
                writer.close()
            self._passing.discard(task)

    async def close(self) -> None:
        """Cut whatever still passes."""
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)


class Passage:
    """One connection through the proxy."""

    def __init__(self, proxy: ChaosProxy, fault: Fault, seed: float) -> None:
        self.writers: tuple[asyncio.StreamWriter, ...] = ()
        self._proxy = proxy
        self._fault = fault
        self._dice = random.Random(seed)
        self._cut_at = self._drawn(fault.cut_after_bytes)
        self._swallow_at = self._drawn(fault.swallow_after_bytes)
        self._seconds = self._drawn(fault.cut_after_seconds)
        self._passed = 0

    async def pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: Literal["hub", "client"]
    ) -> None:
        """Pass one direction on; an end is passed on too, unless the link is dead."""
        limit = None if self._seconds == float("inf") else self._seconds
        try:
            async with asyncio.timeout(limit):
                while data := await reader.read(1 << 16):
                    await asyncio.sleep(self._drawn(self._fault.delay, none=0))
                    await self._write(writer, data, to)
        except TimeoutError:
            self._proxy.harmed += 1
            raise ConnectionResetError from None
        except OSError:
            if not self._is_dead:
                raise
        if not self._is_dead:
            writer.write_eof()

    def reset(self) -> None:
        """Cut both sides with RST."""
        for writer in self.writers:
            link = writer.get_extra_info("socket")
            if link is not None and link.fileno() >= 0:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    @property
    def _is_dead(self) -> bool:
        return self._passed >= self._swallow_at

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, to: Literal["hub", "client"]) -> None:
        size = self._fault.piece or len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            if to == "client":
                self._count(len(piece))
            if self._is_dead:
                continue
            writer.write(piece)
            await writer.drain()
            # Another turn of the loop: else the kernel would join the pieces again.
            await asyncio.sleep(len(piece) / self._fault.bytes_per_second if self._fault.bytes_per_second else 0)

    def _count(self, size: int) -> None:
        alive = not self._is_dead
        self._passed += size
        if self._passed >= self._cut_at:
            self._proxy.harmed += 1
            raise ConnectionResetError
        if alive and self._is_dead:
            self._proxy.harmed += 1

    def _drawn(self, span: Span | None, none: float = float("inf")) -> float:
        return none if span is None else self._dice.uniform(*span)


@asynccontextmanager
async def chaos(seed: int, fault: Fault = CALM, faulty: int = 1 << 30) -> AsyncIterator[ChaosProxy]:
    """Run a proxy on a free port; `upstream` is set by whoever knows where the hub is."""
    proxy = ChaosProxy(seed, fault, faulty)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
