"""A server on `websockets` that sends what it gets to everybody: `python broadcast.py PORT`."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int) -> None:
    clients: set[ServerConnection] = set()

    async def handle(client: ServerConnection) -> None:
        clients.add(client)
        try:
            async for message in client:
                broadcast(clients, message)
        finally:
            clients.discard(client)

    options = {"compression": None, "ping_interval": None, "backlog": 2048}
    async with serve(handle, "127.0.0.1", port, **options):  # type: ignore[arg-type]  # of several types
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
