"""A client's frames are handled several in a turn of the loop: few writes for its followers, and nobody else waits."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import httpx
from websockets.frames import Frame, Opcode

from atrium.plugins.gateway.connection import Connection
from tests.gateway.house import House, Socket, until
from tests.gateway.test_falling_behind import live

IN_ONE_TURN = 8
FLOOD = 5 * IN_ONE_TURN


def send_at_once(socket: Socket, messages: list[dict[str, Any]]) -> None:
    """Send frames in one write: they arrive together."""
    frames = [Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True) for message in messages]
    socket.connection.transport.write(b"".join(frames))


def listen_in(house: House) -> list[Connection]:
    """Return whose socket is written to, from now on: a connection for each write."""
    writes: list[Connection] = []

    def record(connection: Connection) -> None:
        write = connection.transport_write

        def recorded(data: Any) -> None:
            writes.append(connection)
            write(data)

        connection.transport_write = recorded

    for connection in house.gateway.serving.hub.connections:
        assert isinstance(connection, Connection)
        record(connection)
    return writes


async def test_what_a_client_sends_at_once_is_one_write_to_each_follower(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as one, house.socket() as other, house.socket() as publisher:
        for follower in (one, other):
            await follower.ask("subscribe", {"streams": {"notes/n1": None}})
        await until(lambda: live(house.gateway.serving.hub) == [True] * 2)
        writes = listen_in(house)

        words = [str(number) for number in range(IN_ONE_TURN)]
        send_at_once(publisher, [{"type": "notes:type", "payload": {"noteId": "n1", "word": word}} for word in words])

        for follower in (one, other):
            assert [(await follower.next("stream:chunk"))["payload"]["content"] for _ in words] == words
    assert len(writes) == len(set(writes)) == 2


async def test_of_two_who_flood_the_hub_neither_waits_for_more_than_a_turn_of_the_other(house: House) -> None:
    async with house.socket() as one, house.socket() as other:
        answered = listen_in(house)
        for flooder in (one, other):
            send_at_once(flooder, [{"type": "ping", "id": number} for number in range(FLOOD)])
        for flooder in (one, other):
            assert [(await flooder.next("pong"))["id"] for _ in range(FLOOD)] == list(range(FLOOD))
    runs = [len(list(run)) for _, run in groupby(answered)]
    assert sum(runs) == 2 * FLOOD
    assert max(runs) <= IN_ONE_TURN
