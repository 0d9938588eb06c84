"""What the header of an image says: whether it is of the type that it is called, and how large it is."""

from __future__ import annotations

import re
import struct
from io import BytesIO
from pathlib import Path

from atrium.sdk.inputs import invalid

_BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
}
MEDIA_TYPES = tuple(_BEGINNINGS)

MAX_PIXELS = 100_000_000
"""A small file may unfold to more than any screen can show, or any memory hold."""

_HEADER_BYTES = 1 << 20
"""How much of a file is looked at: before its size a photo may have a colour profile and a preview."""


def size_of_image(path: Path, media_type: str) -> tuple[int, int]:
    """Return width and height in pixels; raises `InvalidInput` for what is no such image, or too large to be shown."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    if not _BEGINNINGS[media_type].match(head):
        raise invalid("body", f"is not {media_type}: send an image with the Content-Type that it has")
    width, height = _size(head)
    if width < 1 or height < 1:
        raise invalid("body", "the image is damaged: its header does not say how large it is; save it anew")
    if width * height > MAX_PIXELS:
        millions = MAX_PIXELS // 1_000_000
        raise invalid("body", f"at most {millions} million pixels, not {width} x {height}: send a smaller image")
    return width, height


def _size(head: bytes) -> tuple[int, int]:
    import imagesize  # type: ignore[import-untyped]  # here, since it takes a while that a start need not wait for

    try:
        width, height = imagesize.get(BytesIO(head))
    except (ValueError, TypeError, IndexError, struct.error):
        return 0, 0
    return int(width), int(height)
