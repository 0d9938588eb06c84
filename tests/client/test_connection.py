"""One connection: streams go on over cuts, gaps are found, topics and calls survive or fail clearly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from atrium.client import (
    Client,
    ClientError,
    ConnectionLost,
    ConnectionState,
    Entry,
    NotRunning,
    Pace,
    ProblemError,
    StreamReset,
    UnexpectedAnswer,
    attach,
)
from atrium.client.follower import LIMIT
from tests.client.conftest import Peer, acknowledge, entry, send


async def collect(client: Client, count: int, after: int | None = 0) -> list[int]:
    found: list[int] = []
    async for one in client.follow("s1", after=after):
        found.append(one.offset)
        if len(found) == count:
            break
    return found


def serving(history: list[dict[str, Any]]) -> Any:
    """Return a script that answers a subscription with all entries beyond its cursor."""

    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await send(socket, "ack", {"streams": {"sessions/s1": history[-1]["offset"]}}, frame["id"])
        if frame["type"] == "subscribe":
            cursor = int(frame["payload"].get("streams", {}).get("sessions/s1") or 0)
            for one in history:
                if int(one["offset"]) > cursor:
                    await send(socket, "stream:chunk", one)

    return script


HISTORY = [entry(10, 0), entry(20, 10), entry(30, 20), entry(40, 30)]


async def test_the_token_travels_in_the_header_and_never_in_the_address(peer: Peer, pace: Pace) -> None:
    async with attach(peer.home, pace=pace) as client:
        await client.connection.call("ping", {})
    assert peer.tokens == ["Bearer first"]
    assert peer.connections[0].request is not None
    assert "token" not in peer.connections[0].request.path


async def test_a_cut_stream_goes_on_from_its_cursor(peer: Peer, pace: Pace) -> None:
    serve_all = serving(HISTORY)

    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if len(peer.connections) > 1:
            await serve_all(peer, socket, frame)
        else:
            await serving(HISTORY[:2])(peer, socket, frame)
            await socket.close(1012)

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        assert await collect(client, 4) == [10, 20, 30, 40]
    assert [one["streams"] for one in peer.subscriptions()] == [{"sessions/s1": "0"}, {"sessions/s1": "20"}]


async def test_duplicates_are_dropped(peer: Peer, pace: Pace) -> None:
    peer.script = serving([HISTORY[0], HISTORY[1], HISTORY[0], HISTORY[1], HISTORY[2]])
    async with attach(peer.home, pace=pace) as client:
        assert await collect(client, 3) == [10, 20, 30]


async def test_a_gap_is_found_and_filled(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        first = len(peer.subscriptions()) == 1
        await serving([HISTORY[0], HISTORY[2]] if first else HISTORY)(peer, socket, frame)

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        assert await collect(client, 4) == [10, 20, 30, 40]
    assert peer.subscriptions()[1] == {"streams": {"sessions/s1": "10"}}


async def test_a_gap_that_stays_is_a_reset(peer: Peer, pace: Pace) -> None:
    peer.script = serving([HISTORY[0], HISTORY[2]])
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(StreamReset, match="gap"):
            await collect(client, 4)


async def test_hints_name_the_durable_entry_before_them(peer: Peer, pace: Pace) -> None:
    kind = "sessions.message.delta.v1"
    peer.script = serving([entry(10, 0), entry(11, 10, kind, x=1), entry(12, 10, kind, x=1), entry(13, 10)])
    async with attach(peer.home, pace=pace) as client:
        assert await collect(client, 4) == [10, 11, 12, 13]


async def test_live_following_begins_at_the_head(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await send(socket, "ack", {"streams": {"sessions/s1": "30"}}, frame["id"])
        await send(socket, "stream:chunk", entry(40, 30))

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        assert await collect(client, 1, after=None) == [40]
    assert peer.subscriptions()[0] == {"streams": {"sessions/s1": None}}


async def test_a_reset_is_raised(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await acknowledge(peer, socket, frame)
        await send(socket, "stream:reset", {"stream": "sessions/s1", "reason": "beyond the head"})

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(StreamReset, match="beyond the head"):
            await collect(client, 1)


async def test_following_ends_after_the_deletion(peer: Peer, pace: Pace) -> None:
    peer.script = serving([entry(10, 0), entry(20, 10, "sessions.session.deleted.v1", by="local")])
    async with attach(peer.home, pace=pace) as client:
        assert [one.offset async for one in client.follow("s1")] == [10, 20]


async def test_a_stream_that_is_not_there_is_a_problem(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        problem = {"title": "There is no such thing", "status": 404, "detail": "no stream", "code": "NOT_FOUND"}
        await send(socket, "error", problem, frame["id"])

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(ProblemError) as caught:
            await collect(client, 1)
    assert (caught.value.code, caught.value.status) == ("NOT_FOUND", 404)


async def test_a_slow_reader_gets_everything_though_only_so_much_is_kept(peer: Peer, pace: Pace) -> None:
    many = [entry(index, index - 1) for index in range(1, LIMIT + 500)]
    peer.script = serving(many)
    async with attach(peer.home, pace=pace) as client, client.following("s1") as entries:
        await client.connection.call("ping", {})  # its answer comes after all entries
        found = [(await anext(entries)).offset for _ in many]
    assert found == list(range(1, LIMIT + 500))
    assert peer.subscriptions()[1] == {"streams": {"sessions/s1": str(LIMIT)}}


async def test_several_streams_and_topics_share_one_connection(peer: Peer, pace: Pace) -> None:
    heard: list[object] = []

    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await acknowledge(peer, socket, frame)
        for stream in frame["payload"].get("streams", {}):
            await send(socket, "stream:chunk", {**entry(10, 0), "source": f"/{stream}"})
        for topic in frame["payload"].get("topics", []):
            await send(socket, "sync:invalidate", {"topic": topic, "revision": "5"})

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        one, two = client.connection.follow("sessions/a", 0), client.connection.follow("sessions/b", 0)
        forget = await client.connection.watch("sessions", heard.append)
        assert [(await anext(one)).offset, (await anext(two)).offset] == [10, 10]
        await client.connection.call("ping", {})
        assert heard == [{"topic": "sessions", "revision": "5"}]
        forget()
        await peer.until(lambda: peer.frames[-1]["type"] == "unsubscribe")
        assert peer.frames[-1]["payload"] == {"topics": ["sessions"]}
    assert len(peer.connections) == 1


async def test_topics_are_subscribed_again_after_a_cut(peer: Peer, pace: Pace) -> None:
    async with attach(peer.home, pace=pace) as client:
        await client.connection.watch("sessions", lambda payload: None)
        await peer.connections[0].close()
        await peer.until(lambda: len(peer.subscriptions()) == 2)
    assert peer.subscriptions() == [{"topics": ["sessions"], "snapshots": True}] * 2


async def test_a_restarted_hub_is_found_at_its_new_place_with_its_new_token(peer: Peer, pace: Pace) -> None:
    states: list[ConnectionState] = []
    async with attach(peer.home, pace=pace) as client:
        client.connection.on_state(states.append)
        await client.connection.call("ping", {})
        await send(peer.connections[0], "core:restarting", {})
        await peer.stop()
        await peer.start("second")
        await client.connection.call("ping", {})
    assert peer.tokens == ["Bearer first", "Bearer second"]
    assert states == [
        ConnectionState.ONLINE,
        ConnectionState.RESTARTING,
        ConnectionState.ONLINE,
        ConnectionState.CLOSED,
    ]


async def test_a_call_that_is_cut_says_so(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await socket.close()

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(ConnectionLost):
            await client.connection.call("session:message", {"content": "x"}, "s1")


async def test_followers_are_told_when_the_hub_is_given_up(peer: Peer, pace: Pace) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 10
        return now

    impatient = Pace(sleep=pace.sleep, random=pace.random, monotonic=clock, offline_limit=25)
    async with attach(peer.home, pace=impatient) as client:
        await peer.stop()
        with pytest.raises(NotRunning):
            await collect(client, 1)
        with pytest.raises(NotRunning):
            await client.connection.call("ping", {})


async def test_nonsense_ends_the_connection_with_a_clear_error(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await socket.send("[1, 2")

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(UnexpectedAnswer, match="no JSON object"):
            await collect(client, 1)


async def test_closing_ends_followers_and_further_use(peer: Peer, pace: Pace) -> None:
    client = attach(peer.home, pace=pace)
    follower = client.connection.follow("sessions/s1", 0)
    await client.close()
    assert [one async for one in follower] == []
    with pytest.raises(ClientError, match="closed"):
        await client.connection.call("ping", {})


@pytest.mark.parametrize("payload", [None, [], {"streams": []}, {"streams": {}}, {"streams": {"sessions/s1": "x"}}])
async def test_an_ack_without_the_head_of_the_stream_is_named(peer: Peer, pace: Pace, payload: Any) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await send(socket, "ack", payload, frame["id"])

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(UnexpectedAnswer, match="where sessions/s1 ends"):
            await collect(client, 1)


async def test_frames_with_payloads_of_another_form_are_survived(peer: Peer, pace: Pace) -> None:
    async def script(peer: Peer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await send(socket, "stream:reset", ["sessions/s1"])
        await send(socket, "error", ["no problem document"], frame["id"])

    peer.script = script
    async with attach(peer.home, pace=pace) as client:
        with pytest.raises(ProblemError):
            await client.connection.call("ping", {})
        with pytest.raises(ProblemError):
            await client.connection.call("ping", {})


def test_a_home_without_a_hub_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match=r"not running; start it with `atrium up`"):
        attach(tmp_path)


def test_a_url_needs_its_token() -> None:
    with pytest.raises(ClientError, match="both url and token"):
        attach(url="http://127.0.0.1:1")


@pytest.mark.parametrize("wire", [{}, {"offset": "x", "prev": "0", "type": "t", "data": {}}, [], None])
def test_a_malformed_entry_is_named(wire: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="without a valid"):
        Entry.from_wire(wire)
