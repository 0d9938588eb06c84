"""WebSocket frames: what clients send, what they get, and the bytes on the wire, built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from atrium.contracts.sessions import MessageDelta
from atrium.plugins.gateway.encoding import encode
from atrium.plugins.gateway.errors import MalformedFrame
from atrium.sdk import AtriumError, Entry, FieldError, InvalidInput

PING = b"\x89\x00"
SESSIONS = "sessions/"
MAX_ID = 128
MAX_TYPE = 64

FrameId = str | int


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A frame from a client. `id` is set if it wants an answer."""

    type: str
    payload: dict[str, Any]
    id: FrameId | None = None
    session_id: str | None = None


def parse_frame(message: str | bytes) -> tuple[FrameId | None, ClientFrame | AtriumError]:
    """Return the frame's id, as far as there is a usable one, and the frame or what is wrong with it."""
    if isinstance(message, bytes):
        return None, MalformedFrame("send text frames, not binary ones")
    try:
        frame = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        return None, MalformedFrame(f"it is not JSON: {error.msg}")
    if not isinstance(frame, dict):
        return None, MalformedFrame('send an object: {"type": ..., "payload": ...}')
    frame_id, wrong = frame.get("id"), _wrong_fields(frame)
    usable = isinstance(frame_id, str | int) and all(field.field != "id" for field in wrong)
    if wrong:
        detail = "; ".join(f"{field.field}: {field.message}" for field in wrong)
        return frame_id if usable else None, InvalidInput(detail, fields=wrong)
    parsed = ClientFrame(frame["type"], frame.get("payload") or {}, frame_id, frame.get("sessionId"))
    return frame_id, parsed


def _wrong_fields(frame: Mapping[str, Any]) -> list[FieldError]:
    frame_id, frame_type, session_id = frame.get("id"), frame.get("type"), frame.get("sessionId")
    wrong = []
    if not isinstance(frame_type, str) or not 0 < len(frame_type) <= MAX_TYPE:
        wrong.append(FieldError("type", "is required: the name of the frame"))
    if isinstance(frame_id, bool) or not isinstance(frame_id, str | int | None) or len(str(frame_id)) > MAX_ID:
        wrong.append(FieldError("id", f"should be a string of at most {MAX_ID} characters"))
    if not isinstance(frame.get("payload"), dict | None):
        wrong.append(FieldError("payload", "should be an object"))
    if session_id is not None and (not isinstance(session_id, str) or len(session_id) > MAX_ID):
        wrong.append(FieldError("sessionId", "should be the id of a session"))
    return wrong


def envelope(
    frame_type: str,
    payload: Any,
    timestamp: str,
    *,
    frame_id: FrameId | None = None,
    session_id: str | None = None,
) -> bytes:
    """Return a frame as a text message on the wire."""
    frame: dict[str, Any] = {"type": frame_type}
    if frame_id is not None:
        frame["id"] = frame_id
    if session_id is not None:
        frame["sessionId"] = session_id
    frame["payload"] = payload
    frame["timestamp"] = timestamp
    return text_message(encode(frame))


def chunk(stream: str, entry: Entry, timestamp: str) -> bytes:
    """Return the `stream:chunk` message of an entry: its stored bytes, with the seed's fields beside message deltas."""
    payload = entry.encoded
    if entry.type == MessageDelta.type:
        data = orjson.loads(payload)["data"]
        beside = orjson.dumps({"role": data.get("role"), "content": data.get("content"), "delta": True})
        payload = payload[:-1] + b"," + beside[1:]
    session = b""
    if stream.startswith(SESSIONS):
        session = b'"sessionId":' + orjson.dumps(stream.removeprefix(SESSIONS)) + b","
    return text_message(
        b'{"type":"stream:chunk",' + session + b'"payload":' + payload + b',"timestamp":"' + timestamp.encode() + b'"}'
    )


def text_message(payload: bytes) -> bytes:
    """Return an unmasked, unfragmented WebSocket text message."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
