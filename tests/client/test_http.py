"""The client against a real hub: calls, problems, entries over HTTP, topics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.client import Client, Entry, NotRunning, Pace, ProblemError, StreamReset, attach
from atrium.sync import SnapshotEnvelope, SyncErrorContext
from atrium.testing.daemon import DaemonProcess, running_daemon


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[DaemonProcess]:
    async with running_daemon(tmp_path / "home") as found:
        yield found


@pytest.fixture
async def client(daemon: DaemonProcess) -> AsyncIterator[Client]:
    async with daemon.attach() as found:
        yield found


async def finished(client: Client, session: str, content: str) -> None:
    accepted = await client.sessions.send(session, content)
    async with client.following(session, after=accepted.offset) as entries:
        async for entry in entries:
            if entry.type == "sessions.turn.completed.v1":
                return


async def test_a_session_from_creation_to_deletion(client: Client) -> None:
    session = await client.sessions.create("echo", title="One", tags=["a"])
    assert (await client.sessions.get(session)).metadata.title == "One"
    assert (await client.sessions.rename(session, "Two")).metadata.title == "Two"
    assert (await client.sessions.tag(session, ["b", "c"])).metadata.tags == ("b", "c")
    await finished(client, session, "hello")
    assert [one.content for one in (await client.sessions.messages(session)).messages] == ["hello", "hello"]
    fork = await client.sessions.fork(session)
    assert [one.content for one in (await client.sessions.messages(fork)).messages] == ["hello", "hello"]
    await client.sessions.stop(fork)
    assert (await client.sessions.get(fork)).status == "stopped"
    assert {one.id async for one in client.sessions.all(limit=1)} == {session, fork}
    await client.sessions.delete(session)
    with pytest.raises(ProblemError) as caught:
        await client.sessions.delete(session)
    assert (caught.value.status, caught.value.code) == (404, "NOT_FOUND")


async def test_the_same_token_is_the_same_message(client: Client) -> None:
    session = await client.sessions.create("echo")
    first = await client.sessions.send(session, "hello", client_token="t")
    assert await client.sessions.send(session, "hello", client_token="t") == first
    with pytest.raises(ProblemError) as caught:
        await client.sessions.send(session, "other", client_token="t")
    assert caught.value.status == 422


async def test_problems_carry_fields(client: Client) -> None:
    with pytest.raises(ProblemError) as caught:
        await client.sessions.create("nobody")
    assert caught.value.status == 422
    assert caught.value.fields[0].field == "providerId"
    assert caught.value.detail


@pytest.mark.parametrize("form", ["ndjson", "sse"])
async def test_entries_over_http_are_those_over_the_socket(client: Client, form: Any) -> None:
    session = await client.sessions.create("echo")
    await finished(client, session, "/tokens 3")
    over_http = [entry async for entry in client.events(session, form=form)]
    async with client.following(session) as entries:
        over_socket = [await anext(entries) for _ in over_http]
    assert over_http == over_socket
    middle = over_http[1].offset
    assert [one.offset async for one in client.events(session, after=middle, form=form)] == [
        one.offset for one in over_http[2:]
    ]


async def test_history_is_read_backwards_page_by_page(client: Client) -> None:
    session = await client.sessions.create("echo")
    for content in ("one", "two"):
        await finished(client, session, content)
    everything = [entry async for entry in client.events(session)]
    read: list[Entry] = []
    while not read or read[0].prev:
        read[:0] = await client.earlier(session, before=read[0].offset if read else None, limit=3)
    assert read == everything
    assert await client.earlier(session, before=read[0].offset) == []


async def test_following_over_http_sees_what_is_new_and_ends_with_the_session(client: Client) -> None:
    session = await client.sessions.create("echo")

    async def read() -> list[str]:
        return [entry.type async for entry in client.events(session, follow=True)]

    reading = asyncio.create_task(read())
    await finished(client, session, "hello")
    await client.sessions.delete(session)
    assert (await asyncio.wait_for(reading, 50))[-1] == "sessions.session.deleted.v1"


async def test_a_cursor_beyond_the_head_is_a_reset(client: Client) -> None:
    session = await client.sessions.create("echo")
    with pytest.raises(StreamReset):
        async for _ in client.follow(session, after=(1 << 62)):
            pytest.fail("there is nothing beyond the head")


async def test_a_session_that_is_not_there_cannot_be_followed(client: Client) -> None:
    with pytest.raises(ProblemError, match="no such"):
        async for _ in client.follow("01a1fdaa-456a-7000-bf6d-81b9fc3cf753"):
            pytest.fail("there is no such session")


async def test_a_topic_stays_in_step_over_a_restart(daemon: DaemonProcess, client: Client) -> None:
    titles: list[list[str]] = []
    changed = asyncio.Event()
    errors: list[SyncErrorContext] = []

    def apply(snapshot: SnapshotEnvelope[Any]) -> None:
        titles.append([one["metadata"]["title"] for one in snapshot.data])
        changed.set()

    async def until(wanted: list[str]) -> None:
        async with asyncio.timeout(50):
            while titles[-1] != wanted:
                changed.clear()
                await changed.wait()

    async with client.topic("sessions", apply, on_error=errors.append):
        session = await client.sessions.create("echo", title="One")
        await until(["One"])
        await daemon.kill()
        await daemon.start()
        async with daemon.attach() as another:
            await another.sessions.rename(session, "Two")
        await until(["Two"])
    assert all(error.phase == "getSnapshot" for error in errors)


async def test_a_stale_address_is_said_to_be_one(daemon: DaemonProcess, client: Client) -> None:
    await daemon.kill()
    with pytest.raises(NotRunning, match="start it with `atrium up`"):
        await client.status()


async def test_patience_ends(daemon: DaemonProcess) -> None:
    async with attach(daemon.home, pace=Pace(patience=0)) as client:
        session = await client.sessions.create("echo")
        await daemon.kill()
        with pytest.raises(NotRunning):
            await client.sessions.send(session, "hello")


async def test_a_wrong_token_is_a_problem_on_both_ways(daemon: DaemonProcess) -> None:
    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    async with attach(url=daemon.url, token="wrong", pace=Pace(sleep=at_once)) as client:
        with pytest.raises(ProblemError) as over_http:
            await client.status()
        with pytest.raises(ProblemError) as over_socket:
            await client.connection.call("subscribe", {"topics": ["sessions"]})
    assert (over_http.value.status, over_socket.value.status) == (401, 401)


async def test_proxies_and_netrc_are_not_asked(daemon: DaemonProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with daemon.attach() as client:
        assert (await client.health())["status"] == "ok"
        await client.connection.call("subscribe", {"topics": ["sessions"]})


async def test_a_problem_that_is_none_still_says_something() -> None:
    error = ProblemError.from_wire({"title": 5, "detail": ["x"], "code": "X"}, status=500)
    assert (error.status, error.code, str(error)) == (500, "X", "the hub answered 500")
