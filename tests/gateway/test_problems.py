"""Every error is a problem that names what is wrong and what would be right."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from tests.gateway.house import House, house_with


def problem_of(answer: httpx.Response) -> Any:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["traceId"] == answer.headers["trace-id"]
    assert problem["title"]
    assert problem["detail"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", problem["timestamp"])
    return problem


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"noteId"}),
        ({"noteId": 5}, {"noteId"}),
        ({"noteId": "n1", "text": None}, {"text"}),
        ({"noteId": "n1", "colour": "red"}, {"colour"}),
        ({"text": 1, "colour": 2}, {"noteId", "text", "colour"}),
        ([], {"body"}),
        ("text", {"body"}),
    ],
)
async def test_a_wrong_body_names_its_fields(http: httpx.AsyncClient, body: object, fields: set[str]) -> None:
    answer = await http.post("/notes", json=body)

    assert answer.status_code == 422
    problem = problem_of(answer)
    assert problem["code"] == "INVALID_INPUT"
    assert {error["field"] for error in problem["errors"]} == fields
    assert all(field in problem["detail"] for field in fields)


async def test_a_nested_field_is_named_by_its_path(http: httpx.AsyncClient) -> None:
    answer = await http.post("/notes/n1/words", json={"words": ["a", 5]})

    assert [error["field"] for error in problem_of(answer)["errors"]] == ["words.1"]


async def test_a_wrong_header_is_named_as_it_was_sent(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})
    by_header = await http.get("/notes/n1/entries", headers={"Last-Event-ID": "x"})
    by_query = await http.get("/notes/n1/entries", params={"last_event_id": "x"})
    told = [problem_of(answer) for answer in (by_header, by_query)]

    assert [problem["errors"][0]["field"] for problem in told] == ["Last-Event-ID", "last_event_id"]
    assert [problem["detail"].partition(":")[0] for problem in told] == ["Last-Event-ID", "last_event_id"]


async def test_a_parameter_of_the_path_is_named_as_on_the_wire(http: httpx.AsyncClient) -> None:
    problem = problem_of(await http.get("/numbers/many"))

    assert [error["field"] for error in problem["errors"]] == ["noteNumber"]


async def test_a_header_that_is_required_is_named(http: httpx.AsyncClient) -> None:
    problem = problem_of(await http.delete("/numbers/1"))

    assert [(error["field"], error["message"]) for error in problem["errors"]] == [("If-Match", "is required")]


async def test_a_wrong_query_parameter_is_named(http: httpx.AsyncClient) -> None:
    problem = problem_of(await http.get("/notes", params={"minWords": "many"}))

    assert [error["field"] for error in problem["errors"]] == ["minWords"]
    assert "integer" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"noteId": NaN}', b'{"noteId": "\xff"}', b"[" * 100_000, b'{"noteId": ' + b"9" * 100_000],
)
async def test_malformed_json_is_400(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/notes", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert problem_of(answer)["code"] == "MALFORMED_JSON"


async def test_only_json_is_taken(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/notes", content=b"noteId=n1", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 415
    assert problem_of(answer)["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("path", ["/nothing", "/notes/n1/none", "/notes/", "/topics/none"])
async def test_unknown_paths_are_404(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.status_code == 404
    assert problem_of(answer)["code"] == "NOT_FOUND"


async def test_a_wrong_method_says_which_are_right(http: httpx.AsyncClient) -> None:
    answer = await http.patch("/notes/n1")

    assert answer.status_code == 405
    assert problem_of(answer)["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "DELETE, GET, PUT"


async def test_an_error_of_a_plugin_keeps_its_title_code_and_fields(http: httpx.AsyncClient) -> None:
    problem = problem_of(await http.post("/notes", json={"noteId": "n1", "text": "x" * 101}))

    assert problem["title"] == "The note is longer than 100 characters"
    assert problem["code"] == "NOTE_TOO_LONG"
    assert problem["errors"] == [{"field": "text", "message": "at most 100 characters"}]


async def test_an_unexpected_error_shows_nothing_of_the_inside(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await http.get("/crash")

    assert answer.status_code == 500
    assert problem_of(answer)["code"] == "INTERNAL_ERROR"
    assert "secret" not in answer.text
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


async def test_a_cursor_beyond_the_head_names_the_head(http: httpx.AsyncClient) -> None:
    head = (await http.post("/notes", json={"noteId": "n1"})).json()["offset"]
    answer = await http.get("/notes/n1/entries", params={"after": int(head) + 1})

    assert answer.status_code == 409
    problem = problem_of(answer)
    assert (problem["code"], problem["head"]) == ("CURSOR_RESET", head)
    assert problem["recoverable"] is True
    assert problem["actions"] == [{"id": "reload", "label": "Reload"}]


async def test_a_given_trace_id_is_kept(http: httpx.AsyncClient) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    kept = await http.get("/nothing", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    made = await http.get("/nothing", headers={"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"})

    assert problem_of(kept)["traceId"] == trace_id
    assert re.fullmatch("[0-9a-f]{32}", problem_of(made)["traceId"])
    assert problem_of(made)["traceId"] != "0" * 32


async def test_who_still_sends_a_refused_body_can_read_the_answer(house: House) -> None:
    head = house.head("POST", "/api/v1/notes", "Content-Type: application/json", "Content-Length: 99999999")
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(head)
    await reader.readuntil(b"HTTP/1.1 413 ")  # the hub has answered, and is not gone
    for _ in range(32):
        writer.write(b"x" * 16384)
        await writer.drain()
    assert b"application/problem+json" in await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    status, headers, body = await house.raw(house.head("POST", "/api/v1/notes", f"Content-Length: {1 << 30}"))

    assert status == 413
    assert headers["connection"] == "close"
    assert b"BODY_TOO_LARGE" in body


async def test_a_chunked_body_without_end_is_refused(house: House) -> None:
    chunk = b"%x\r\n%s\r\n" % (1 << 16, b"x" * (1 << 16))
    status, _, body = await house.raw(house.head("POST", "/api/v1/notes", "Transfer-Encoding: chunked") + chunk * 17)

    assert status == 413
    assert b"BODY_TOO_LARGE" in body


async def test_a_body_that_does_not_arrive_is_a_timeout() -> None:
    async with house_with(body_timeout=0.05) as house:
        status, _, body = await house.raw(house.head("POST", "/api/v1/notes", "Content-Length: 10") + b"{")

    assert status == 408
    assert b"REQUEST_TIMEOUT" in body


async def test_headers_that_do_not_arrive_are_a_timeout() -> None:
    async with house_with(header_timeout=0.05) as house:
        status, headers, _ = await house.raw(b"GET / HTTP/1.1\r\nHost: ")

    assert status == 408
    assert "content-security-policy" in headers


async def test_headers_that_do_not_end_are_refused(house: House) -> None:
    status, _, body = await house.raw(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(10_000)))

    assert status == 431
    assert b"HEADERS_TOO_LARGE" in body


async def test_what_is_not_http_is_400(house: House) -> None:
    status, headers, body = await house.raw(b"\x16\x03\x01 hello\r\n\r\n")

    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert b"MALFORMED_REQUEST" in body
