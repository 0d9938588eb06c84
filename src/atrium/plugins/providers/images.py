"""Images of a conversation: which providers are given them, and how many of the earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from atrium.sdk import Action
from atrium.sdk.errors import ImagesNotSupported
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import ChatMessage, Image, Note, ProviderInfo, TurnRequest

MOST_IMAGES = 20
MOST_BYTES = 20 << 20
"""How many images of earlier messages, and bytes of them, are given again with each turn; the newest are."""


def takes_images(info: ProviderInfo) -> bool:
    """Tell whether a provider's sessions take images."""
    return info.capabilities.get("images", False)


def refusal(info: ProviderInfo, other: Mapping[str, str] | None = None) -> ImagesNotSupported:
    """Return why a message with images does not go to a provider, and `other`, if there is one, as the way out."""
    said = f"{info.name} takes no images: send it to another provider, or without them"
    error = ImagesNotSupported(phrase("images.not_taken", said, provider=info.name))
    if other is not None:
        switch = Action("switch_provider", f"Use {other['name']}", other["id"])
        error.actions = tuple(switch if action.id == switch.id else action for action in error.actions)
    return error


def as_seen(turn: TurnRequest, info: ProviderInfo) -> tuple[TurnRequest, Note | None]:
    """Return a turn with those images of earlier messages that a provider is given, and what to say of the others.

    The others are lines of text, which is said once: when they are new to the provider, or give way to others. Raises
    `ImagesNotSupported` if the turn's own message has images that are not taken.
    """
    takes = takes_images(info)
    if turn.images and not takes:
        raise refusal(info)
    room, count, left_out = MOST_BYTES, MOST_IMAGES if takes else 0, 0
    was_asked, is_news = False, bool(turn.images)
    history: list[ChatMessage] = []
    for message in reversed(turn.history):
        kept: list[Image] = []
        for image in message.images:
            if count > 0 and image.size <= room:
                kept.append(image)
                room, count = room - image.size, count - 1
        was_asked = was_asked or message.provider_id == info.id
        is_news = is_news or (not was_asked and len(kept) < len(message.images))
        left_out += len(message.images) - len(kept)
        history.append(_with_images(message, kept))
    if not left_out:
        return turn, None
    note = Note(_told(info, left_out, takes=takes)) if is_news else None
    return replace(turn, history=history[::-1]), note


def _with_images(message: ChatMessage, kept: list[Image]) -> ChatMessage:
    lines = [image.text for image in message.images if image not in kept]
    if not lines:
        return message
    return replace(message, content="\n".join([*lines, message.content]).strip(), images=tuple(kept))


def _told(info: ProviderInfo, left_out: int, *, takes: bool) -> str:
    some = "1 image" if left_out == 1 else f"{left_out} images"
    if takes:
        said = f"{info.name} was not given {some} of the beginning of this conversation, only their names."
        return phrase("images.earlier_left_out", said, provider=info.name, count=left_out)
    said = f"{info.name} takes no images: it was not given {some} of this conversation, only their names."
    return phrase("images.all_left_out", said, provider=info.name, count=left_out)
