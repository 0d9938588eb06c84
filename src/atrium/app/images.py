"""Images from files, to go with a message."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atrium.app.errors import CommandFailed

if TYPE_CHECKING:
    from atrium.client import Client

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


class NoImage(CommandFailed):
    """There is no such image."""


def image_file(given: str) -> Path:
    """Return the file of an image; raises `NoImage` if there is none, or if it is of a type that no provider takes."""
    path = Path(given).expanduser()
    if not path.is_file():
        raise NoImage(f"there is no file {given}")
    if mimetypes.guess_type(path.name)[0] not in MEDIA_TYPES:
        raise NoImage(f"{path.name} is no PNG, JPEG, WebP or GIF image")
    return path


@dataclass(slots=True)
class ChosenImages:
    """The images that go with the next message."""

    files: list[Path]

    def choose(self, given: str) -> str:
        """Add a file, or forget all if none is given, and return what to say of it."""
        if not given:
            self.files.clear()
            return "/image FILE sends an image along with the next message; now there is none"
        try:
            self.files.append(image_file(given))
        except NoImage as error:
            return str(error)
        return f"With the next message: {', '.join(file.name for file in self.files)}"


async def attach_images(client: Client, session_id: str, files: Iterable[Path]) -> list[str]:
    """Upload images to a session and return their ids."""
    ids = []
    for file in files:
        media_type = mimetypes.guess_type(file.name)[0] or ""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise NoImage(f"{file} cannot be read: {error.strerror}") from None
        ids.append((await client.sessions.attach(session_id, file.name, media_type, content)).attachment_id)
    return ids
