"""What a person prepares before it is a message: a draft, and images to go along."""

from __future__ import annotations

from atrium.contracts.base import Model


class Attachment(Model):
    """An image that goes with a message. `attachment_id` is the SHA-256 of its bytes in hex.

    `width` and `height` are in pixels, as it is shown.
    """

    attachment_id: str
    name: str
    media_type: str
    size_bytes: int
    width: int
    height: int


class Draft(Model):
    """What a person has begun to write in a session: `text` is empty if there is nothing; `client` wrote it last."""

    id: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    updated_at: str | None = None
    client: str | None = None
