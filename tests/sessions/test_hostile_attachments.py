"""Uploads that are not what they say, too large, not theirs, or never end: each is refused, and nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.house import House, read_answer, until
from tests.sessions.pictures import PNG, attached, gif, house_of_images, jpeg, png, session, upload, webp

LIMIT = 65_536
NOBODY = "0193a1b2-0000-7000-8000-000000000000"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><script>alert(1)</script></svg>'


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    config = {"sessions": {"attachmentLimit": LIMIT}}
    async with house_of_images(tmp_path, config=config, body_timeout=0.5) as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


def kept(home: Path) -> list[Path]:
    return [path for path in (home / "sessions" / "attachments").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("media_type", "content", "status", "told"),
    [
        pytest.param(PNG, b"", 422, "is not image/png", id="empty"),
        pytest.param(PNG, b"GET / HTTP/1.1\r\n\r\n", 422, "is not image/png", id="no image"),
        pytest.param(PNG, SVG, 422, "is not image/png", id="svg as png"),
        pytest.param("image/svg+xml", SVG, 415, "image/png, image/jpeg, image/webp or image/gif", id="svg"),
        pytest.param("text/html", png(), 415, "not text/html", id="html"),
        pytest.param("", png(), 415, "without a Content-Type", id="no type"),
        pytest.param("image/jpeg", png(), 422, "is not image/jpeg", id="another type"),
        pytest.param(PNG, png()[:20], 422, "damaged", id="cut"),
        pytest.param(PNG, png(2**31 - 1, 2**31 - 1), 422, "at most 100 million pixels", id="bomb"),
        pytest.param("image/webp", webp(1 << 24, 1 << 24), 422, "at most 100 million pixels", id="webp bomb"),
        pytest.param("image/gif", gif(0, 9), 422, "damaged", id="no width"),
        pytest.param("image/jpeg", jpeg(1, 1)[:8] + b"\0" * 60_000, 422, "damaged", id="endless jpeg"),
        pytest.param("image/webp", b"RIFF\0\0\0\0WEBPVP8L", 422, "damaged", id="cut webp"),
        pytest.param(PNG, png() + bytes(LIMIT), 413, "at most 65536 bytes", id="too large"),
    ],
)
async def test_what_is_no_image_or_too_much_is_refused_and_nothing_stays(
    http: httpx.AsyncClient, tmp_path: Path, media_type: str, content: bytes, status: int, told: str
) -> None:
    session_id = await session(http)
    answer = await upload(http, session_id, content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told in answer.json()["detail"]
    assert kept(tmp_path) == []


async def test_a_body_of_unknown_length_is_cut_where_it_is_too_long(http: httpx.AsyncClient, tmp_path: Path) -> None:
    session_id = await session(http)

    async def endless() -> AsyncIterator[bytes]:
        yield png()
        for _ in range(64):
            yield bytes(4096)

    answer = await upload(http, session_id, endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert kept(tmp_path) == []
    again = await upload(http, session_id, png())
    assert again.status_code == 201


async def test_who_stops_sending_is_not_waited_for(house: House, http: httpx.AsyncClient, tmp_path: Path) -> None:
    session_id = await session(http)
    head = house.head("POST", f"/api/v1/sessions/{session_id}/attachments?name=a.png", f"Content-Type: {PNG}",
                      "Content-Length: 5000")  # fmt: skip
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(head + png())
    status, headers, _ = await read_answer(reader)
    assert (status, headers["connection"]) == (408, "close")
    writer.close()
    _, leaving = await asyncio.open_connection("127.0.0.1", house.port)
    leaving.write(head + png())
    await until(lambda: len(kept(tmp_path)) == 1)
    leaving.close()
    await until(lambda: kept(tmp_path) == [])


@pytest.mark.parametrize(
    ("name", "called"),
    [("../../etc/passwd", "passwd"), ("C:\\fakepath\\a b.png", "a b.png"), ("/a.png/", "a.png"), ("\u202ea.png", None)],
)
async def test_a_path_in_a_name_names_no_file(
    http: httpx.AsyncClient, tmp_path: Path, name: str, called: str | None
) -> None:
    image = await attached(http, await session(http), png(), name)
    assert image["name"] == (called or name)
    assert [path.name for path in kept(tmp_path)] == [image["attachmentId"]]


@pytest.mark.parametrize("name", ["", "/", "..", "a/..", "a\nb.png", "x" * 201])
async def test_a_name_that_is_none_is_refused(http: httpx.AsyncClient, tmp_path: Path, name: str) -> None:
    answer = await upload(http, await session(http), png(), name)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")
    assert kept(tmp_path) == []


async def test_images_of_others_are_not_there(http: httpx.AsyncClient) -> None:
    mine, other = await session(http), await session(http)
    image = (await attached(http, mine, png()))["attachmentId"]
    for session_id, attachment_id in (
        (other, image),
        (NOBODY, image),
        ("..", image),
        (mine, "0" * 64),
        (mine, image.upper()),
        (mine, "../incoming"),
        (mine, f"..%2F{other}%2F{image}"),
    ):
        answer = await http.get(f"/sessions/{session_id}/attachments/{attachment_id}")
        assert answer.status_code == 404, (session_id, attachment_id)
    assert (await upload(http, NOBODY, png())).status_code == 404
    for session_id, ids, field in (
        (other, [image], "attachments.0"),
        (mine, [image, "no id"], "attachments.1"),
        (mine, [f"{number:064}" for number in range(11)], "attachments"),
        (mine, [7], "attachments.0"),
    ):
        for path, body in (
            (f"/sessions/{session_id}/messages", {"content": "x"}),
            (f"/sessions/{session_id}/fork", {"content": "x"}),
        ):
            refused = await http.post(path, json={**body, "attachments": ids})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), (path, ids)
    empty = await http.post(f"/sessions/{mine}/messages", json={"content": " ", "attachments": []})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "content")
