"""A client that was away and is 10,000 entries of 200 bytes behind: from its connection to the last of them.

Connecting, authenticating and subscribing are part of it, over WebSocket, SSE and NDJSON. Reference: as many entries
of a Redis stream, read with one XREAD on a new connection.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

from bench.fanout.servers import Server, post
from bench.figures import Bar, Effort, Figure, Reference
from bench.wire import text_frame, upgrade

ENTRIES = 10_000
CONTENT = f"@#{'x' * 198}"
MARK = b"@#"
READ = 1 << 18
TIMEOUT_SECONDS = 60


def behind(hub: Server, redis: Server | None, effort: Effort) -> Iterator[Figure]:
    """Measure the three ways to catch up, in turn."""
    token = hub.begin(1)[1]
    cursor = post(hub.port, token, "/api/v1/fanout/history", {"content": CONTENT, "count": ENTRIES})["offset"]
    ways: dict[str, Callable[[], float]] = {
        "WebSocket": lambda: _over_websocket(hub.port, token, cursor),
        "SSE": lambda: _over_http(hub.port, token, cursor, "text/event-stream"),
        "NDJSON": lambda: _over_http(hub.port, token, cursor, "application/x-ndjson"),
    }
    if redis is not None:
        _fill(redis.port)
        ways["redis"] = lambda: _seconds(redis.port, b"XREAD COUNT %d STREAMS s 0\r\n" % ENTRIES)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for repetition in range(effort.repetitions + 1):
        for name, way in ways.items():
            milliseconds = way() * 1000
            if repetition:
                found[name].append(milliseconds)
    beside = (Reference("redis, XREAD", tuple(found.pop("redis"))),) if "redis" in found else ()
    for name, values in found.items():
        yield Figure(f"{ENTRIES:,} entries behind, {name}", "ms", tuple(values), None, Bar("<=", 200), beside)


def _seconds(port: int, *questions: bytes) -> float:
    """Ask on a new connection, one question after the answer to the other; return when the last entry was read."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        for question in questions[:-1]:
            connection.sendall(question)
            if not connection.recv(READ).startswith(b"HTTP/1.1 101 "):
                raise RuntimeError("the WebSocket was refused")
        connection.sendall(questions[-1])
        missing, rest = ENTRIES, b""
        while missing > 0:
            data = connection.recv(READ)
            if not data:
                raise RuntimeError(f"the connection ended {missing} entries early")
            missing -= (rest + data).count(MARK)
            rest = data[-1:] if data.endswith(MARK[:1]) else b""
    return time.perf_counter() - began


def _over_http(port: int, token: str, cursor: str, form: str) -> float:
    path = f"/api/v1/fanout/entries?follow=true&after={cursor}"
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept: {form}\r\n\r\n"
    return _seconds(port, head.encode())


def _over_websocket(port: int, token: str, cursor: str) -> float:
    head = upgrade(port, token, "/api/v1/stream")
    subscribe = {"type": "subscribe", "id": 1, "payload": {"streams": {"fanout/load": cursor}}}
    return _seconds(port, head, text_frame(json.dumps(subscribe).encode()))


def _fill(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        connection.sendall(b"XADD s * content %b\r\n" % CONTENT.encode() * ENTRIES + b"XLEN s\r\n")
        answers = b""
        while not answers.endswith(b":%d\r\n" % ENTRIES):
            answers = (answers + connection.recv(READ))[-64:]
