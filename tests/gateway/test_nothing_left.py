"""A connection that is gone is freed at once: what only the collector finds piles up, 15 kB each, until it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.gateway.house import House, until
from tests.gateway.test_one_connection import FOLLOW, line_to


@contextmanager
def collected() -> Iterator[set[str]]:
    """Fill a set with the names of our types that were garbage in cycles at the end of the block."""
    found: set[str] = set()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found |= {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith("atrium.")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def test_what_a_client_leaves_needs_no_collector(house: House, http: httpx.AsyncClient) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    open_now = house.gateway.serving.server.server_state.connections
    before = set(open_now)
    with collected() as cycles:
        async with house.socket() as socket:
            await socket.ask("subscribe", {"topics": ["notes/n1"], "streams": {"notes/n1": head}})
        for media_type in ("text/event-stream", "application/x-ndjson"):
            async with line_to(house) as line:
                line.send(house.head("GET", f"{FOLLOW}&after={head}", f"Accept: {media_type}"))
                assert (await line.answer())[0] == 200
        async with house.http() as other:
            assert (await other.get("/notes/n1")).status_code == 200
        await until(lambda: open_now == before)
    assert cycles == set()
