"""Small images of each type, and headers that claim more than there is."""

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from atrium.adapters.providers.echo import EchoProvider
from atrium.plugins.providers import Providers
from atrium.plugins.sessions import Sessions
from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.providers import TextDelta
from tests.gateway.house import House, house_with
from tests.sessions.failing import Flaky

PNG = "image/png"


def png(width: int = 3, height: int = 2, colour: int = 0) -> bytes:
    """Return a whole image of one colour; one that is very large is only its header."""
    rows = (b"\0" + bytes([colour]) * width) * height if width * height < 10_000 else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(rows, 0))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + pixels + _chunk(b"IEND", b"")


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0" + before + frame + b"\xff\xd9"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Echoes(Plugin[NoConfig]):
    """Offers echo and `seeing`, which take images, and `plain`, which does not."""

    manifest = Manifest(name="echoes")

    async def start(self) -> None:
        self.context.extensions.contribute("providers.provider", EchoProvider(self.context.clock))
        self.context.extensions.contribute("providers.provider", Flaky("plain"))
        seeing = Flaky("seeing", [TextDelta("I see")])
        seeing.info = replace(seeing.info, capabilities={"images": True})
        self.context.extensions.contribute("providers.provider", seeing)


@asynccontextmanager
async def house_of_images(home: Path, **more: Any) -> AsyncIterator[House]:
    """Run a hub whose sessions take images."""
    config = {"providers": {"echo": {"enabled": True}, "discover": False}, **more.pop("config", {})}
    async with house_with(Providers, Sessions, Echoes, home=home, config=config, **more) as house:
        yield house


async def session(http: httpx.AsyncClient, provider_id: str = "echo") -> str:
    answer = await http.post("/sessions", json={"providerId": provider_id})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sessionId"])


async def upload(
    http: httpx.AsyncClient,
    session_id: str,
    content: bytes | AsyncIterator[bytes],
    name: str = "photo.png",
    **more: Any,
) -> httpx.Response:
    headers = {"Content-Type": PNG, **more.pop("headers", {})}
    return await http.post(
        f"/sessions/{session_id}/attachments", params={"name": name}, content=content, headers=headers
    )


async def attached(http: httpx.AsyncClient, session_id: str, content: bytes, name: str = "photo.png") -> dict[str, Any]:
    answer = await upload(http, session_id, content, name)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
