"""Streams over HTTP: NDJSON and server-sent events."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.gateway.protocols import HttpProtocol
from atrium.sdk.spi import Commit, CommitCallback
from tests.gateway.house import House, house_with, until

WORDS = [f"word-{number}" for number in range(500)]


async def lines_of(answer: httpx.Response, count: int) -> list[Any]:
    """Return the next entries of an open answer."""
    found: list[Any] = []
    async with asyncio.timeout(50):
        async for line in answer.aiter_lines():
            if line:
                found.append(json.loads(line))
            if len(found) == count:
                break
    return found


async def test_without_follow_everything_up_to_the_head_is_answered(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    await http.post("/notes/n1/words", json={"words": WORDS})
    answer = await http.get("/notes/n1/entries")

    assert answer.headers["content-type"] == "application/x-ndjson"
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert [entry["data"].get("word") for entry in entries[1:]] == WORDS
    assert entries[0]["prev"] == "0"
    assert [entry["prev"] for entry in entries[1:]] == [entry["offset"] for entry in entries[:-1]]

    rest = await http.get("/notes/n1/entries", params={"after": entries[-3]["offset"]})
    assert [json.loads(line)["offset"] for line in rest.text.splitlines()] == [e["offset"] for e in entries[-2:]]
    alias = await http.get("/notes/n1/entries", params={"last_event_id": entries[-3]["offset"]})
    assert alias.text == rest.text
    nothing = await http.get("/notes/n1/entries", params={"after": entries[-1]["offset"]})
    assert (nothing.status_code, nothing.text) == (200, "")


class LateNews(MemoryStorageAdapter):
    """A database that is slow to say that a commit is stored: others can read it already."""

    def __init__(self) -> None:
        super().__init__()
        self.is_late = False
        self.news: list[Callable[[], None]] = []

    def commit(self, commit: Commit, done: CommitCallback) -> None:
        if not self.is_late:
            super().commit(commit, done)
            return
        super().commit(commit, lambda outcome: self.news.append(lambda: done(outcome)))


async def test_without_follow_what_is_stored_and_not_yet_shown_is_answered_too() -> None:
    adapter = LateNews()
    async with house_with(adapter=adapter) as house, house.http() as http:
        await http.post("/notes", json={"noteId": "n1"})
        async with http.stream("GET", "/notes/n1/entries", params={"follow": "true"}) as following:
            await lines_of(following, 1)
            adapter.is_late = True
            posting = asyncio.create_task(http.post("/notes/n1/words", json={"words": ["stored", "both"]}))
            await until(lambda: adapter.news)
            async with house.http() as other, other.stream("GET", "/notes/n1/entries") as answer:
                lines = answer.aiter_lines()
                assert json.loads(await anext(lines))["type"] == "notes.note.added.v1"
                for tell in adapter.news:
                    tell()
                assert [json.loads(line)["data"]["word"] async for line in lines if line] == ["stored", "both"]
        assert (await posting).status_code == 202


async def test_following_goes_on_with_what_is_new(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with http.stream("GET", "/notes/n1/entries", params={"follow": "true"}) as answer:
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines))["type"] == "notes.note.added.v1"
        async with house.http() as other:
            await other.post("/notes/n1/words", json={"words": ["now"]})
            assert json.loads(await anext(lines))["data"] == {"word": "now"}
            await other.delete("/notes/n1")
        assert json.loads(await anext(lines))["type"] == "notes.note.deleted.v1"
        assert [line async for line in lines] == []


async def test_server_sent_events_carry_offset_and_type(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    await http.post("/notes/n1/words", json={"words": ["a\nb"]})
    answer = await http.get("/notes/n1/entries", headers={"Accept": "text/event-stream"})

    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second, rest = answer.text.split("\n\n")
    assert rest == ""
    identity, kind, data = second.split("\n")
    entry = json.loads(data.removeprefix("data: "))
    assert identity == f"id: {entry['offset']}"
    assert kind == "event: notes.word.added.v1"
    assert entry["data"] == {"word": "a\nb"}

    offset = first.split("\n")[0].removeprefix("id: ")
    resumed = await http.get("/notes/n1/entries", headers={"Accept": "text/event-stream", "Last-Event-ID": offset})
    assert resumed.text == second + "\n\n"


async def test_a_quiet_stream_has_a_heartbeat() -> None:
    async with house_with(heartbeat=0.01) as house, house.http() as http:
        head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
        query = {"follow": "true", "after": head}
        async with http.stream("GET", "/notes/n1/entries", params=query) as answer:
            assert await anext(answer.aiter_bytes()) == b"\n"
        async with http.stream(
            "GET", "/notes/n1/entries", params=query, headers={"Accept": "text/event-stream"}
        ) as answer:
            assert (await anext(answer.aiter_bytes())).startswith(b":")


async def test_following_needs_http_1_1(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    request = f"GET /api/v1/notes/n1/entries?follow=true HTTP/1.0\r\nHost: 127.0.0.1:{house.port}\r\n"
    status, _, body = await house.raw(f"{request}Authorization: {house.bearer['Authorization']}\r\n\r\n".encode())

    assert status == 422
    assert json.loads(body)["errors"][0]["field"] == "follow"


async def test_an_unknown_stream_is_404(http: httpx.AsyncClient) -> None:
    assert (await http.get("/notes/none/entries")).status_code == 404
    assert (await http.get("/notes/none/entries", params={"follow": "true"})).status_code == 404


async def test_a_client_that_leaves_is_forgotten(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    hub = house.gateway.serving.hub
    async with http.stream("GET", "/notes/n1/entries", params={"follow": "true"}) as answer:
        await lines_of(answer, 1)
        assert len(hub.connections) == 1
    await until(lambda: not hub.connections)


async def test_a_client_that_does_not_read_costs_a_bounded_buffer(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    sleeper.connect(("127.0.0.1", house.port))
    sleeper.sendall(house.head("GET", "/api/v1/notes/n1/entries?follow=true"))
    sleeper.setblocking(False)
    loop = asyncio.get_running_loop()
    assert (await loop.sock_recv(sleeper, 100)).startswith(b"HTTP/1.1 200")

    big = ["x" * 10_000] * 90
    for _ in range(7):
        assert (await http.post("/notes/n1/words", json={"words": big})).status_code == 202
    connections = house.gateway.serving.server.server_state.connections
    await until(lambda: any(isinstance(one, HttpProtocol) and one.flow.write_paused for one in connections))
    assert max(connection.transport.get_write_buffer_size() for connection in connections) < 300_000

    received = bytearray()
    async with asyncio.timeout(30):
        while received.count(b'"notes.word.added.v1"') < 90 * 7:
            received += await loop.sock_recv(sleeper, 1 << 20)
    sleeper.close()
