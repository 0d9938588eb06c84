"""S11, S12: whatever is sent in whatever amount, it is refused in words, costs little, and hinders nobody else."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.network.place import UPGRADE
from tests.security.hostile import (
    BINARY,
    PING,
    PONG,
    SECONDS,
    Target,
    answer,
    close_code,
    frame,
    next_frame,
    post,
    send,
    settles,
    target_at,
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read from /proc"),
]

LIMIT = 1 << 20
BLOCK = b"x" * (64 << 10)
CHUNK = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    async with target_at(tmp_path_factory.mktemp("hub")) as running:
        yield running


async def test_a_body_of_a_gigabyte_is_refused_before_it_comes(target: Target) -> None:
    head = target.head("POST", "/notes", f"Content-Length: {1 << 30}", "Content-Type: application/json")
    with target.bounded():
        status, problem = await target.ask(head, *itertools.repeat(BLOCK, (1 << 30) // len(BLOCK)))
    assert (status, problem["code"]) == (413, "BODY_TOO_LARGE")
    assert str(LIMIT) in problem["detail"]


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 30, "0x10", "1 1", "+5"])
async def test_a_length_that_is_none_is_refused(target: Target, length: str) -> None:
    status, problem = await target.ask(target.head("POST", "/notes", f"Content-Length: {length}"))
    assert status in {400, 413}
    assert problem["code"] in {"MALFORMED_REQUEST", "BODY_TOO_LARGE"}


async def test_a_chunked_body_without_end_is_refused_at_the_limit(target: Target) -> None:
    head = target.head("POST", "/notes", "Transfer-Encoding: chunked", "Content-Type: application/json")
    with target.bounded():
        status, problem = await target.ask(head, *itertools.repeat(CHUNK, 1000))
    assert (status, problem["code"]) == (413, "BODY_TOO_LARGE")
    assert str(LIMIT) in problem["detail"]


async def test_two_lengths_of_one_body_are_no_second_request(target: Target) -> None:
    smuggled = target.head("POST", "/notes", "Content-Length: 4", "Transfer-Encoding: chunked")
    async with target.line() as (reader, writer):
        writer.write(smuggled + b"0\r\n\r\n" + target.head("GET", "/status"))
        status, _ = await answer(reader)
        async with asyncio.timeout(SECONDS):
            rest = await reader.read()
    assert status == 400
    assert b"uptime" not in rest


async def test_a_body_that_trickles_is_given_up_in_time(target: Target) -> None:
    head = target.head("POST", "/notes", "Content-Length: 1000", "Content-Type: application/json")
    async with target.line() as (reader, writer):
        writer.write(head)
        trickling = asyncio.create_task(_trickle(writer))
        status, problem = await answer(reader)
        trickling.cancel()
    assert (status, problem["code"]) == (408, "REQUEST_TIMEOUT")
    assert "1 seconds" in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("arrays in arrays", b'{"noteId": ' + b"[" * 500_000),
        ("objects in objects", b'{"a":' * 200_000),
        ("a number of 900,000 digits", b'{"noteId": "n", "text": %s}' % (b"9" * 900_000)),
        ("an exponent without end", b'{"noteId": "n", "text": 1e%s}' % (b"9" * 900_000)),
        ("90,000 keys", b"{%s}" % b",".join(b'"k%d":0' % number for number in range(90_000))),
        ("200,000 tags", b'{"noteId": "n", "tags": [%s]}' % b",".join([b"0"] * 200_000)),
        ("one key 60,000 times", b"{%s}" % b",".join([b'"text":""'] * 60_000)),
        ("not a number", b'{"noteId": NaN}'),
        ("half a character", b'{"noteId": "\xed\xa0\x80"}'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_body_made_to_be_costly_is_refused_cheaply(target: Target, kind: str, body: bytes) -> None:
    await _is_refused_cheaply(target, body)


async def test_half_a_gigabyte_packed_by_gzip_is_refused_cheaply(target: Target) -> None:
    packed = gzip.compress(bytes(500 << 20), 9)
    await _is_refused_cheaply(target, packed, "Content-Type: application/json", "Content-Encoding: gzip")


async def test_slow_heads_hinder_nobody_and_end_in_time(target: Target) -> None:
    before = target.open_files()
    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(_slow_head(target)) for _ in range(300)]
        for _ in range(10):
            await target.is_well()
    assert {task.result() for task in slow} == {408}
    await settles(lambda: target.open_files() <= before)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nX: ", *[b"x" * 1000] * 2000],
        [b"GET / HTTP/1.1\r\n", *[b"X-%d: y\r\n" % number for number in range(20_000)]],
        [b"GET /", *[b"a" * 1000] * 2000],
    ],
    ids=["a header without end", "headers without end", "an address without end"],
)
async def test_a_head_without_end_is_refused(target: Target, pieces: list[bytes]) -> None:
    with target.bounded():
        status, problem = await target.ask(*pieces)
    assert (status, problem["code"]) in {(431, "HEADERS_TOO_LARGE"), (400, "MALFORMED_REQUEST")}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(frame(b"", length=1 << 31), 1009, id="a frame of 2 GiB"),
        pytest.param(frame(b"", length=(1 << 63) - 1), 1009, id="a frame of 8 EiB"),
        pytest.param(frame(b"", BINARY, length=LIMIT + 1), 1009, id="one byte too much"),
        pytest.param(b"\xc1\x85" + bytes(4) + b"\xaaV*-\xca", 1002, id="compressed without agreement"),
        pytest.param(b"\x81\x02hi", 1002, id="not masked"),
        pytest.param(frame(b"", 3), 1002, id="an opcode of nobody"),
        pytest.param(frame(b"x" * 126, PING), 1002, id="a ping too long"),
        pytest.param(frame(b"", PING, final=False), 1002, id="half a ping"),
        pytest.param(frame(b"", 0), 1002, id="going on with nothing"),
        pytest.param(frame(b"a", final=False) + frame(b"b"), 1002, id="a message within a message"),
        pytest.param(frame(b"\xff\xfe"), 1007, id="no UTF-8"),
    ],
)
async def test_a_frame_against_the_rules_closes_the_socket_with_its_code(
    target: Target, sent: bytes, code: int
) -> None:
    with target.bounded():
        async with target.socket() as (reader, writer):
            writer.write(sent)
            assert await close_code(reader) == code


async def test_fragments_count_together(target: Target) -> None:
    following = itertools.repeat(frame(BLOCK[:1024], 0, final=False), LIMIT // 1024)
    fragments = itertools.chain([frame(b"x", final=False)], following)
    with target.bounded():
        async with target.socket() as (reader, writer):
            sending = asyncio.create_task(send(writer, fragments))
            assert await close_code(reader) == 1009
            sending.cancel()


async def test_frames_without_end_wait_outside_until_their_answers_are_read(target: Target) -> None:
    total = 2 * max(_system_buffer("wmem"), 2 << 20) // 200  # an answer has more than 200 bytes
    filler = b"x" * max(1000, 2 * (_system_buffer("rmem") + _system_buffer("wmem")) // total)
    with target.bounded():
        async with target.socket() as (reader, writer):
            sending = asyncio.create_task(send(writer, _pings(total, filler)))
            await target.is_well()
            await asyncio.sleep(0.5)
            assert not sending.done(), "the hub took everything in"
            await target.is_well()
            for number in range(total):
                opcode, payload = await next_frame(reader)
                while opcode == PING:
                    opcode, payload = await next_frame(reader)
                assert payload.startswith(b'{"type":"pong"')
                assert b'"id":"%d-' % number in payload
            await sending


async def test_pings_without_end_are_answered_as_they_are_read(target: Target) -> None:
    total = 50_000
    with target.bounded():
        async with target.socket() as (reader, writer):
            sending = asyncio.create_task(send(writer, itertools.repeat(frame(b"?" * 125, PING), total)))
            assert await next_frame(reader) == (PONG, b"?" * 125)
            await target.is_well()
            writer.write(frame(b'{"type": "ping", "id": 1}'))
            while (await next_frame(reader))[0] == PONG:
                continue
            await sending


async def test_a_frame_of_names_is_refused_with_a_short_answer(target: Target) -> None:
    names = [f"t{number}" for number in range(90_000)]
    with target.bounded():
        async with target.socket() as (reader, writer):
            writer.write(frame(json.dumps({"type": "subscribe", "id": 1, "payload": {"topics": names}}).encode()))
            _, payload = await next_frame(reader)
    assert json.loads(payload)["payload"]["code"] == "TOO_MANY_REQUESTS"
    assert len(payload) < 64 << 10
    await target.is_well()


async def test_subscriptions_beyond_the_limit_are_refused_and_name_it(target: Target) -> None:
    for number in range(60):
        await target.ask(*post(target, "/notes", b'{"noteId": "s%d"}' % number))
    topics = [f"notes/s{number}" for number in range(60)]
    async with target.socket() as (reader, writer):
        writer.write(frame(json.dumps({"type": "subscribe", "id": 1, "payload": {"topics": topics}}).encode()))
        refused = json.loads((await next_frame(reader))[1])["payload"]
        assert (refused["status"], refused["code"]) == (429, "TOO_MANY_REQUESTS")
        assert "50" in refused["detail"]


async def test_five_hundred_who_connect_and_say_nothing_are_let_go(target: Target) -> None:
    before = target.open_files()
    with target.bounded():
        lines = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(500)]
        await target.is_well()
        async with asyncio.timeout(SECONDS):
            said = await asyncio.gather(*(reader.read() for reader, _ in lines))
    assert all(one == b"" or one.startswith(b"HTTP/1.1 408 ") for one in said)
    for _, writer in lines:
        writer.close()
    await settles(lambda: target.open_files() <= before)


async def test_a_thousand_sockets_of_nobody_are_refused_one_by_one(target: Target) -> None:
    before = target.open_files()
    lines = "\r\n".join(["GET /api/v1/stream?token=guess HTTP/1.1", f"Host: 127.0.0.1:{target.port}", *UPGRADE, "", ""])
    with target.bounded():
        for _ in range(10):
            answers = await asyncio.gather(*(target.ask(lines.encode()) for _ in range(100)))
            assert {status for status, _ in answers} == {401}
    await settles(lambda: target.open_files() <= before)


async def test_a_thousand_guessed_codes_are_refused_with_the_time_to_wait(target: Target) -> None:
    answers: list[tuple[int, dict[str, Any]]] = []
    with target.bounded():
        for number in range(100):
            guesses = [post(target, "/auth/login", b'{"code": "guess-%d-%d"}' % (number, one)) for one in range(10)]
            answers = await asyncio.gather(*(target.ask(*guess) for guess in guesses))
            assert {status for status, _ in answers} <= {401, 429}
    status, problem = answers[-1]
    assert (status, problem["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 0 < problem["retryAfter"] <= 60


async def test_tickets_that_nobody_redeems_are_forgotten(target: Target) -> None:
    tickets = []
    with target.bounded():
        for _ in range(3000):
            status, body = await target.ask(target.head("POST", "/auth/ticket", "Content-Length: 0"))
            assert status == 200
            tickets.append(body["ticket"])
    first, last = (
        f"GET /api/v1/stream?token={ticket} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        for ticket in (tickets[0], tickets[-1])
    )
    assert (await target.ask((first + "\r\n".join([*UPGRADE, "", ""])).encode()))[0] == 401
    assert (await target.ask((last + "\r\n".join([*UPGRADE, "", ""])).encode()))[0] == 101


async def _is_refused_cheaply(target: Target, body: bytes, *lines: str) -> None:
    assert len(body) <= LIMIT
    before = target.cpu_seconds()
    with target.bounded():
        status, problem = await target.ask(*post(target, "/notes", body, *lines))
    assert status in {400, 413, 415, 422}, problem
    assert len(json.dumps(problem)) < 64 << 10
    assert target.cpu_seconds() - before < 5
    await target.is_well()


async def _slow_head(target: Target) -> int:
    async with target.line() as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\nHost: 127")
        trickling = asyncio.create_task(_trickle(writer))
        status, _ = await answer(reader)
        trickling.cancel()
    return status


async def _trickle(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"a")
        await asyncio.sleep(0.1)


def _system_buffer(name: str) -> int:
    """Return how many bytes the system may hold at one end of a connection: `rmem` that came, `wmem` that shall go."""
    return int(Path(f"/proc/sys/net/ipv4/tcp_{name}").read_text(encoding="ascii").split()[2])


def _pings(total: int, filler: bytes = BLOCK[:1000]) -> Iterator[bytes]:
    for number in range(total):
        name = b"%d-" % number
        yield frame(b'{"type": "ping", "id": "%s", "payload": {"filler": "%s"}}' % (name.ljust(128, b"x"), filler))
