"""Many screens in a process of their own: `python -m tests.network.holders PORT STREAM ENTRIES CURSOR COUNT < token`.

Says `connected` once all are; reads an offset from stdin; says how many of the screens have every entry up to it.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from functools import partial

from atrium.testing.history import stream_violations
from tests.network.place import Place
from tests.network.screens import Screen

AT_ONCE = 200


async def hold(place: Place, cursor: int, count: int) -> None:
    """Connect, wait for the offset, read up to it."""
    screens = [Screen(partial(_same, place), "websocket", cursor) for _ in range(count)]
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(screen.connect() for screen in screens[start : start + AT_ONCE]))
    print("connected", flush=True)
    last = int(await asyncio.to_thread(sys.stdin.readline))
    await asyncio.gather(*(screen.read(last) for screen in screens))
    whole = [screen for screen in screens if screen.cursor == last and screen.connections == 1]
    print(sum(not stream_violations(screen.seen, after=cursor) for screen in whole), flush=True)


def _same(place: Place) -> Place:
    return place


def main() -> None:
    """Hold as many connections as the arguments say."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port, stream, entries, cursor, count = sys.argv[1:]
    place = Place(int(port), sys.stdin.readline().strip(), stream, entries)
    asyncio.run(hold(place, int(cursor), int(count)))


if __name__ == "__main__":
    main()
