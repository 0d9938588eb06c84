"""A conversation cut to what a model can read, and said so."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserContent,
    UserPromptPart,
)

from atrium.adapters.providers.settings import SessionSettings
from atrium.sdk.errors import NotFound
from atrium.sdk.phrases import phrase
from atrium.sdk.providers import ChatMessage, Image, Note, TurnRequest

BYTES_PER_TOKEN = 3
"""Tokens are counted by nobody but the vendor; this is fewer bytes than English, Russian or code have for each."""

ANSWER = 8192
"""Tokens that are kept for the answer, though never more than a quarter of the window."""


async def conversation(
    turn: TurnRequest, settings: SessionSettings, window: int | None
) -> tuple[Sequence[ModelMessage], Note | None]:
    """Return the conversation and the new message as pydantic-ai has them, and what to tell if some was left out."""
    prompt = settings.system_prompt
    summary = turn.history[0].content if turn.history and turn.history[0].is_summary else ""
    history, left_out = _fitting(turn, f"{prompt or ''}{summary}", window, settings.max_tokens)
    messages: list[ModelMessage] = [ModelRequest(parts=[SystemPromptPart(prompt)])] if prompt else []
    for message in (*history, ChatMessage("user", turn.content, images=tuple(turn.images))):
        if message.role == "user":
            # In one message with what follows it: many models take turns with the user strictly.
            content, summary = f"{summary}\n\n{message.content}" if summary else message.content, ""
            messages.append(ModelRequest(parts=[UserPromptPart(await _prompt(turn, content, message.images))]))
        else:
            messages.append(ModelResponse(parts=[TextPart(message.content)]))
    if not left_out:
        return messages, None
    some = "message was" if left_out == 1 else "messages were"
    said = (
        f"The conversation is longer than the model can read ({window} tokens): its first {left_out} {some} left out."
    )
    return messages, Note(phrase("model.beginning_left_out", said, window=window or 0, count=left_out))


async def _prompt(turn: TurnRequest, content: str, images: Sequence[Image]) -> str | list[UserContent]:
    """Return what a person said and showed; an image whose file is gone is told by its name."""
    said: list[UserContent] = []
    for image in images:
        try:
            said.append(BinaryContent(await turn.bytes_of(image), media_type=image.media_type))
        except NotFound:
            said.append(image.text)
    if not said:
        return content
    return [*said, content] if content.strip() else said


def _fitting(
    turn: TurnRequest, prompt: str, window: int | None, max_tokens: int | None
) -> tuple[Sequence[ChatMessage], int]:
    """Return the newest messages that fit, beginning with a person's, and how many were left out.

    A summary of what was said before them is none of them.
    """
    begin = int(bool(turn.history) and turn.history[0].is_summary)
    if window is None:
        return turn.history[begin:], 0
    answer = min(max_tokens or ANSWER, window // 4)
    room = (window - answer) * BYTES_PER_TOKEN - _size(prompt) - _size(turn.content)
    first = len(turn.history)
    while first > begin and room >= (size := _size(turn.history[first - 1].content)):
        room -= size
        first -= 1
    while begin < first < len(turn.history) and turn.history[first].role != "user":
        first += 1
    return turn.history[first:], first - begin


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + 4 * BYTES_PER_TOKEN
