"""The web page and its files."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from tests.gateway.house import House, house_with


def build(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Atrium</title>")
    (folder / "assets" / "index-1a2b.js").write_text("export {}")
    (folder / "icon.svg").write_text("<svg/>")
    return folder


def visitor(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=house.address, trust_env=False)


async def test_the_page_its_routes_and_its_files(tmp_path: Path) -> None:
    async with house_with(static_dir=build(tmp_path / "static")) as house, visitor(house) as browser:
        page = await browser.get("/")
        inner = await browser.get("/sessions/0193-abc")
        asset = await browser.get("/assets/index-1a2b.js")
        icon = await browser.get("/icon.svg")
        head = await browser.head("/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert inner.text == page.text
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/none.png",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/assets/%00",
    ],
)
async def test_nothing_but_the_files_of_the_build_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("do not show")
    async with house_with(static_dir=build(tmp_path / "static")) as house:
        status, _, body = await house.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n\r\n".encode())

    assert status == 404
    assert b"do not show" not in body


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"packed by brotli"),
        ("GZIP", "gzip", b"packed by gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"packed by gzip"),
        ("br;q=0.0 , deflate", None, b"export {}"),
        ("identity", None, b"export {}"),
        ("", None, b"export {}"),
    ],
)
async def test_a_file_is_sent_packed_to_who_takes_it(
    tmp_path: Path, accepted: str, coding: str | None, body: bytes
) -> None:
    folder = build(tmp_path / "static")
    (folder / "assets" / "index-1a2b.js.br").write_bytes(b"packed by brotli")
    (folder / "assets" / "index-1a2b.js.gz").write_bytes(b"packed by gzip")
    async with house_with(static_dir=folder) as house, visitor(house) as browser:
        headers = {"Accept-Encoding": accepted}
        async with browser.stream("GET", "/assets/index-1a2b.js", headers=headers) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        plain = await browser.get("/icon.svg", headers=headers)
        packed = await browser.get("/assets/index-1a2b.js.gz")

    assert (answer.headers.get("content-encoding"), raw) == (coding, body)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert (plain.headers.get("content-encoding"), plain.text) == (None, "<svg/>")
    assert packed.status_code == 404


async def test_a_packed_file_of_an_older_build_is_not_sent(tmp_path: Path) -> None:
    folder = build(tmp_path / "static")
    packed = folder / "index.html.gz"
    packed.write_bytes(b"packed before")
    os.utime(packed, (0, 0))
    async with house_with(static_dir=folder) as house, visitor(house) as browser:
        page = await browser.get("/", headers={"Accept-Encoding": "gzip"})
        assert (await browser.get("/index.html.gz")).status_code == 404

    assert page.text == "<!doctype html><title>Atrium</title>"
    assert "content-encoding" not in page.headers


async def test_the_catch_all_does_not_cover_the_api(tmp_path: Path) -> None:
    async with house_with(static_dir=build(tmp_path / "static")) as house, visitor(house) as browser:
        for path in ("/api", "/api/", "/api/v1", "/api/v2/sessions", "/api/v1/none"):
            assert (await browser.get(path)).status_code == 401
            assert (await browser.get(path, headers=house.bearer)).status_code == 404
        posted = await browser.post("/sessions")

    assert posted.status_code == 405
    assert posted.headers["content-type"] == "application/problem+json"


async def test_a_missing_build_says_how_to_get_it_and_is_found_once_made(tmp_path: Path) -> None:
    async with house_with(static_dir=tmp_path / "static") as house, visitor(house) as browser:
        missing = await browser.get("/")
        build(tmp_path / "static")
        built = await browser.get("/")

    assert "make web" in missing.text
    assert "Node 20" in missing.text
    assert "<title>Atrium</title>" in built.text
