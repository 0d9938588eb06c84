"""Images for an agent: read and coded as the protocol wants them."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from atrium.sdk.errors import NotFound
from atrium.sdk.providers import Image, TurnRequest


@dataclass(frozen=True, slots=True)
class CodedImage:
    """An image in base64, with its media type."""

    data: str
    media_type: str


async def coded(turn: TurnRequest, images: Iterable[Image]) -> list[CodedImage]:
    """Return images of a turn; one whose file is gone is left out."""
    found = []
    for image in images:
        try:
            data = await turn.bytes_of(image)
        except NotFound:
            continue
        found.append(CodedImage((await asyncio.to_thread(b64encode, data)).decode(), image.media_type))
    return found
