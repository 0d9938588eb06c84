"""Every frame of the WebSocket, in both directions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.conformance.hub import Api, Hub, chunk_of

MALFORMED: tuple[str | bytes, ...] = (
    "x",
    "[]",
    "null",
    "[" * 100_000,
    '{"type":"ping","id":{}}',
    '{"type":"ping","id":true}',
    '{"type":"\\ud800"}',
    "{}",
    '{"type":5}',
    '{"type":"nope"}',
    '{"type":"ping","payload":0}',
    b"\x00\x01",
)

REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("session:create", {}, "providerId"),
    ("session:create", {"providerId": "nope"}, "providerId"),
    ("session:create", {"providerId": "echo", "metadata": {"title": 4}}, "metadata.title"),
    ("session:message", {"content": "x"}, "sessionId"),
    ("session:stop", {}, "sessionId"),
    ("turn:cancel", {}, "sessionId"),
    ("subscribe", {"topics": "x"}, "topics"),
    ("subscribe", {"topics": 0}, "topics"),
    ("subscribe", {"topics": False}, "topics"),
    ("subscribe", {"topics": [5]}, "topics"),
    ("subscribe", {"topics": ["nope"]}, "topics.nope"),
    ("subscribe", {"streams": ["x"]}, "streams"),
    ("subscribe", {"streams": ""}, "streams"),
    ("subscribe", {"streams": {"nope": "0"}}, "streams.nope"),
    ("subscribe", {"streams": {"nope": "x"}}, "streams.nope"),
    ("subscribe", {"streams": {"nope": "1" * 5000}}, "streams.nope"),
    ("unsubscribe", {"topics": 5}, "topics"),
)


def test_a_session_by_frames_alone(hub: Hub, api: Api) -> None:
    with hub.socket() as socket:
        created = socket.ask("session:create", {"providerId": "echo"})
        session_id = created["payload"]["sessionId"]
        ws_url = f"ws://127.0.0.1:{hub.port}/api/v1/sessions/{session_id}/stream"
        assert created["payload"] == {"sessionId": session_id, "status": "created", "wsUrl": ws_url}
        name = f"sessions/{session_id}"
        subscribed = socket.ask("subscribe", {"topics": ["sessions", name], "streams": {name: "0"}})
        assert set(subscribed["payload"]["topics"]) == {"sessions", name}
        message = {"content": "/tokens 4", "clientToken": "k"}
        socket.connection.send(_frame("session:message", message, session_id))
        due = {"session:update", "sync:invalidate", "ack", "sessions.turn.completed.v1"}
        seen = socket.until(lambda frame: not _left(due, frame))
        chunks = [frame for frame in seen if frame["type"] == "stream:chunk"]
        assert {frame["sessionId"] for frame in chunks} == {session_id}
        deltas = [frame["payload"] for frame in chunks if frame["payload"].get("delta")]
        assert [delta["content"] for delta in deltas] == ["tok-1 ", "tok-2 ", "tok-3 ", "tok-4 "]
        assert [delta["data"]["index"] for delta in deltas] == [0, 1, 2, 3]
        assert {delta["role"] for delta in deltas} == {"assistant"}
        for frame in seen:
            if frame["type"] == "session:update":
                assert frame["sessionId"] == session_id
                assert {"status", "messageCount", "title"} <= set(frame["payload"])
            elif frame["type"] == "sync:invalidate":
                assert {"topic", "revision"} <= set(frame["payload"])
                assert frame["payload"]["topic"] in {"sessions", name}
        assert socket.ask("session:stop", sessionId=session_id)["type"] == "ack"
        api("DELETE", f"/sessions/{session_id}")
        assert socket.until(chunk_of("session.deleted"))


def test_a_sockets_own_session(hub: Hub, api: Api) -> None:
    session_id = api.session()
    with hub.socket(f"/sessions/{session_id}/stream?after=0") as socket:
        socket.connection.send(_frame("session:message", {"content": "hi"}))
        seen = socket.until(chunk_of("turn.completed"))
        assert "ack" in [frame["type"] for frame in seen]
    head = api.entries(session_id)[-1]["offset"]
    with hub.socket(f"/sessions/{session_id}/stream?after={int(head) + 1}") as socket:
        [reset] = socket.until(lambda frame: True)
        assert (reset["type"], reset["payload"]["head"]) == ("stream:reset", head)
        assert {"stream", "reason"} <= set(reset["payload"])


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_frame_is_answered_and_the_connection_lives(hub: Hub, message: str | bytes) -> None:
    with hub.socket() as socket:
        socket.connection.send(message)
        [error] = socket.until(lambda frame: True)
        assert error["type"] == "error"
        assert {"code", "message", "recoverable", "status"} <= set(error["payload"])
        assert socket.ask("ping")["type"] == "pong"


@pytest.mark.parametrize(("frame_type", "payload", "field"), REFUSED)
def test_a_frame_that_is_refused_names_the_field(hub: Hub, frame_type: str, payload: Any, field: str) -> None:
    with hub.socket() as socket:
        error = socket.ask(frame_type, payload)
        assert error["type"] == "error"
        assert field in {wrong["field"] for wrong in error["payload"]["errors"]}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stream?token=used", 401),
        ("/sessions/x/stream", 404),
        ("/sessions/017fb34e-fb1f-4093-bce0-033cd9a91007/stream", 404),
        ("/nope", 404),
    ],
)
def test_a_socket_that_is_refused_is_no_error_of_the_hub(hub: Hub, path: str, status: int) -> None:
    log = hub.home / "logs"
    with pytest.raises(InvalidStatus) as refused, hub.socket(path, signed_in=status != 401):
        pass
    assert refused.value.response.status_code == status
    assert not [file for file in log.glob("*") if b"handshake" in file.read_bytes()]


def _frame(frame_type: str, payload: Any, session_id: str | None = None) -> str:
    frame = {"type": frame_type, "id": "sent", "payload": payload}
    return json.dumps(frame if session_id is None else {**frame, "sessionId": session_id})


def _left(due: set[str], frame: dict[str, Any]) -> set[str]:
    due -= {frame["type"], frame["payload"].get("type", "")}
    return due
