"""WebSockets: frames, topics, streams and pushes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateway.house import House, house_with


async def test_a_frame_with_an_id_is_acknowledged(house: House) -> None:
    async with house.socket() as socket:
        answer = await socket.ask("notes:shout", {"text": "hi"}, sessionId="s1")

    assert answer["type"] == "ack"
    assert answer["sessionId"] == "s1"
    assert answer["payload"] == {"text": "HI", "sessionId": "s1", "user": "local"}
    assert answer["timestamp"].endswith("Z")


async def test_a_frame_without_an_id_gets_no_acknowledgement(house: House) -> None:
    async with house.socket() as socket:
        await socket.send("notes:shout", {"text": "hi"})
        await socket.send("ping", id=7)

        assert (await socket.next())["type"] == "pong"


async def test_ping_is_answered_by_pong(house: House) -> None:
    async with house.socket() as socket:
        answer = await socket.ask("ping")

    assert (answer["type"], answer["payload"]) == ("pong", {})


async def test_subscribing_acknowledges_the_revision_and_pushes_invalidations(
    house: House, http: httpx.AsyncClient
) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket:
        answer = await socket.ask("subscribe", {"topics": ["notes"]})
        snapshot = (await http.get("/topics/notes")).json()
        assert answer["payload"] == {"topics": {"notes": snapshot["revision"]}, "streams": {}}

        await http.post("/notes", json={"noteId": "n2"})
        told = await socket.next("sync:invalidate")
        snapshot = (await http.get("/topics/notes")).json()
        assert told["payload"]["topic"] == "notes"
        assert told["payload"]["revision"] == snapshot["revision"]
        assert isinstance(told["payload"]["timestampMs"], int)

        await socket.ask("unsubscribe", {"topics": ["notes"]})
        await http.post("/notes", json={"noteId": "n3"})
        assert (await socket.ask("ping"))["type"] == "pong"


async def test_a_stream_is_replayed_from_the_cursor_and_goes_on_live(house: House, http: httpx.AsyncClient) -> None:
    first = (await http.post("/notes", json={"noteId": "n1", "text": "one"})).json()["offset"]
    await http.post("/notes/n1/words", json={"words": ["two", "three"]})
    async with house.socket() as socket:
        answer = await socket.ask("subscribe", {"streams": {"notes/n1": first}})
        replayed = [(await socket.next("stream:chunk"))["payload"] for _ in range(2)]
        await http.post("/notes/n1/words", json={"words": ["four"]})
        live = (await socket.next("stream:chunk"))["payload"]

    assert answer["payload"]["streams"] == {"notes/n1": replayed[-1]["offset"]}
    assert [entry["data"]["word"] for entry in (*replayed, live)] == ["two", "three", "four"]
    assert [entry["prev"] for entry in (*replayed, live)] == [first, *[entry["offset"] for entry in replayed]]
    assert live["source"] == "/notes/n1"


async def test_a_stream_without_a_cursor_begins_now(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": None}})
        await http.post("/notes/n1/words", json={"words": ["new"]})

        assert (await socket.next())["payload"]["data"] == {"word": "new"}


async def test_following_again_moves_the_cursor(house: House, http: httpx.AsyncClient) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    async with house.socket() as socket:
        for cursor in ("0", None, head, "0"):
            await socket.ask("subscribe", {"streams": {"notes/n1": cursor}})
            if cursor == "0":
                assert (await socket.next("stream:chunk"))["payload"]["offset"] == head
        await http.post("/notes/n1/words", json={"words": ["once"]})
        assert (await socket.next("stream:chunk"))["payload"]["data"] == {"word": "once"}
        await socket.ask("unsubscribe", {"streams": ["notes/n1"]})
        await http.post("/notes/n1/words", json={"words": ["never"]})
        await socket.send("ping")
        assert (await socket.next())["type"] == "pong"


async def test_message_deltas_carry_the_fields_of_the_seed(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": None}})
        await http.post("/notes/n1/words", json={"words": ['say "hé"\n'], "hints": True})
        payload = (await socket.next("stream:chunk"))["payload"]

    assert (payload["role"], payload["content"], payload["delta"]) == ("assistant", 'say "hé"\n', True)
    assert payload["data"]["content"] == payload["content"]


async def test_a_cursor_beyond_the_head_is_reset(house: House, http: httpx.AsyncClient) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    async with house.socket() as socket:
        await socket.send("subscribe", {"streams": {"notes/n1": str(int(head) + 5)}}, id="s")
        acknowledged = await socket.next()
        reset = await socket.next()

    assert acknowledged["type"] == "ack"
    assert reset["type"] == "stream:reset"
    assert reset["payload"]["stream"] == "notes/n1"
    assert reset["payload"]["head"] == head
    assert reset["payload"]["reason"]


async def test_unknown_names_subscribe_to_nothing(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket:
        wrong = {"topics": ["notes", "nothing"], "streams": {"notes/n1": None, "notes/none": None}}
        refused = await socket.ask("subscribe", wrong)
        await http.post("/notes", json={"noteId": "n2"})
        await http.post("/notes/n1/words", json={"words": ["x"]})
        after = await socket.ask("ping")

    assert refused["type"] == "error"
    assert refused["payload"]["status"] == 404
    assert refused["payload"]["message"] == refused["payload"]["detail"]
    assert {error["field"] for error in refused["payload"]["errors"]} == {"topics.nothing", "streams.notes/none"}
    assert after["type"] == "pong"


async def test_what_was_followed_before_is_followed_on_when_a_name_is_wrong(
    house: House, http: httpx.AsyncClient
) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": head}, "topics": ["notes"]})
        for streams in ({"notes/n1": head, "notes/none": None}, {"notes/n1": "9" * 18}):
            await socket.send("subscribe", {"streams": streams, "topics": ["notes"]})
        assert {(await socket.next())["type"] for _ in range(2)} == {"error", "stream:reset"}
        await http.post("/notes/n1/words", json={"words": ["on"]})
        assert (await socket.next("stream:chunk"))["payload"]["data"] == {"word": "on"}
        await socket.send("ping")
        assert (await socket.next())["type"] == "pong"


async def test_a_deleted_stream_ends_with_its_last_entry(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    async with house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": None}})
        await http.delete("/notes/n1")

        assert (await socket.next())["payload"]["type"] == "notes.note.deleted.v1"
        assert (await socket.ask("ping"))["type"] == "pong"
    assert not house.gateway.serving.hub._rooms


async def test_pushes_reach_those_who_follow_the_stream(house: House, http: httpx.AsyncClient) -> None:
    for note in ("n1", "n2"):
        await http.post("/notes", json={"noteId": note})
    async with house.socket() as following, house.socket() as other:
        await following.ask("subscribe", {"streams": {"notes/n1": None}})
        await other.ask("subscribe", {"streams": {"notes/n2": None}})
        await following.send("notes:rename", {"noteId": "n1", "title": "new"})

        pushed = await following.next()
        assert pushed["type"] == "notes:update"
        assert pushed["payload"] == {"title": "new", "wordCount": 2}
        assert (await other.ask("ping"))["type"] == "pong"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "MALFORMED_FRAME"),
        ("[]", "MALFORMED_FRAME"),
        ('"x"', "MALFORMED_FRAME"),
        (b"\x00\x01", "MALFORMED_FRAME"),
        ("{}", "INVALID_INPUT"),
        ('{"type": 5}', "INVALID_INPUT"),
        ('{"type": ""}', "INVALID_INPUT"),
        (json.dumps({"type": "x" * 1000}), "INVALID_INPUT"),
        (json.dumps({"type": "ping", "id": "x" * 1000}), "INVALID_INPUT"),
        ('{"type": "ping", "id": true}', "INVALID_INPUT"),
        ('{"type": "ping", "id": {}}', "INVALID_INPUT"),
        ('{"type": "ping", "payload": []}', "INVALID_INPUT"),
        ('{"type": "ping", "sessionId": 3}', "INVALID_INPUT"),
        ('{"type": "no:such"}', "UNKNOWN_FRAME"),
        ('{"type": "subscribe", "payload": {"topics": "notes"}}', "INVALID_INPUT"),
        ('{"type": "subscribe", "payload": {"streams": ["notes/n1"]}}', "INVALID_INPUT"),
        ('{"type": "subscribe", "payload": {"streams": {"notes/n1": "-1"}}}', "INVALID_INPUT"),
        ('{"type": "subscribe", "payload": {"streams": {"notes/n1": -1}}}', "INVALID_INPUT"),
        ('{"type": "subscribe", "payload": {"streams": {"notes/n1": 1.5}}}', "INVALID_INPUT"),
        ('{"type": "subscribe", "payload": {"streams": {"notes/n1": "99999999999999999999"}}}', "INVALID_INPUT"),
        ('{"type": "notes:shout", "payload": {}}', "INVALID_INPUT"),
        ('{"type": "notes:strict", "payload": {"wordCount": "many"}}', "INVALID_INPUT"),
        ('{"type": "notes:crash"}', "INTERNAL_ERROR"),
        ("[" * 100_000, "MALFORMED_FRAME"),
    ],
)
async def test_bad_frames_are_answered_and_the_connection_lives(house: House, message: Any, code: str) -> None:
    async with house.socket() as socket:
        await socket.connection.send(message)
        refused = await socket.next()
        assert refused["type"] == "error"
        assert refused["payload"]["code"] == code
        assert refused["payload"]["message"]
        assert "secret" not in json.dumps(refused)
        assert len(json.dumps(refused)) < 2000
        assert (await socket.ask("ping"))["type"] == "pong"


async def test_a_plugins_model_names_the_fields_of_the_payload(house: House) -> None:
    async with house.socket() as socket:
        refused = await socket.ask("notes:strict", {"wordCount": "many", "colour": "red"})

    assert {error["field"] for error in refused["payload"]["errors"]} == {"text", "wordCount", "colour"}


async def test_a_frame_that_is_too_large_closes_the_socket_with_1009(house: House) -> None:
    async with house.socket() as socket:
        await socket.connection.send("x" * ((1 << 20) + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_the_frame_of_a_stopped_plugin_names_the_plugin(house: House) -> None:
    async with house.socket() as socket:
        await house.runtime.plugin_manager.stop_plugin("notes")
        refused = await socket.ask("notes:shout", {"text": "hi"})

    assert refused["payload"]["code"] == "PLUGIN_STOPPED"
    assert "'notes'" in refused["payload"]["detail"]


async def test_subscriptions_are_limited() -> None:
    async with house_with(max_subscriptions=2) as house, house.http() as client:
        for note in ("n1", "n2", "n3"):
            await client.post("/notes", json={"noteId": note})
        async with house.socket() as socket:
            assert (await socket.ask("subscribe", {"topics": ["notes", "notes/n1"]}))["type"] == "ack"
            assert (await socket.ask("subscribe", {"topics": ["notes/n1"]}))["type"] == "ack"
            refused = await socket.ask("subscribe", {"topics": ["notes/n3"]})
            assert refused["payload"]["status"] == 429
            assert (await socket.ask("subscribe", {"streams": {"notes/n1": None}}))["payload"]["status"] == 429
        async with house.socket() as socket:
            both = {"topics": ["notes"], "streams": {"notes/n1": None, "notes/n2": None}}
            assert (await socket.ask("subscribe", both))["payload"]["status"] == 429
            (connection,) = house.gateway.serving.hub.connections
            assert connection.subscriptions == 0


async def test_nothing_is_left_of_a_closed_connection(house: House, http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    hub = house.gateway.serving.hub
    async with house.socket() as socket:
        await socket.ask("subscribe", {"topics": ["notes"], "streams": {"notes/n1": None}})
        assert len(hub.connections) == 1
    async with house.socket() as socket:
        await socket.ask("ping")
        assert len(hub.connections) == 1
        assert not hub._feeds
        assert not hub._rooms
