"""What the local model is asked: the system prompt, and as much of the conversation as its window holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from atrium.sdk.errors import SWITCH_PROVIDER, Action, FieldError, InvalidInput
from atrium.sdk.providers import ChatMessage

SYSTEM_PROMPT = (
    "You are a helpful assistant that runs on the user's own computer. "
    "Answer clearly and briefly. Say so when you do not know something."
)

MESSAGE_OVERHEAD = 8
"""Tokens that a chat template puts around one message, rounded up."""

DROP_STEP = 4
"""Messages are dropped in steps: the prompt then begins the same for some turns, and its cached part stays valid."""

Count = Callable[[str], Awaitable[int]]


class MessageTooLong(InvalidInput):
    """The message is too long for the model."""

    actions = (Action("edit_message", "Edit the message"), SWITCH_PROVIDER)


async def fit_prompt(
    system: str, history: Sequence[ChatMessage], content: str, budget: int, count: Count
) -> list[dict[str, str]]:
    """Return the messages to send: at most `budget` tokens, the oldest dropped first, the system prompt kept.

    `count` tells the tokens of a text; a token has at least one byte, so short conversations are not counted at all.
    Raises `MessageTooLong` when the new message does not fit even alone.
    """
    ends = [{"role": "system", "content": system}, {"role": "user", "content": content}]
    if _bytes(system) + _bytes(content) + sum(_bytes(message.content) for message in history) <= budget:
        return [ends[0], *map(_plain, history), ends[1]]
    left = budget - await count(system) - await count(content) - 2 * MESSAGE_OVERHEAD
    if left < 0:
        most = f"the message is {-left} tokens too long for this model's context of {budget} tokens: shorten it"
        raise MessageTooLong(most, fields=[FieldError("content", most)])
    return [ends[0], *map(_plain, await _newest(history, left, count)), ends[1]]


async def _newest(history: Sequence[ChatMessage], budget: int, count: Count) -> Sequence[ChatMessage]:
    first = len(history)
    while first > 0:
        budget -= await count(history[first - 1].content) + MESSAGE_OVERHEAD
        if budget < 0:
            break
        first -= 1
    first = -(-first // DROP_STEP) * DROP_STEP
    while first < len(history) and history[first].role == "assistant":
        first += 1
    return history[first:]


def _bytes(text: str) -> int:
    return len(text.encode()) + MESSAGE_OVERHEAD


def _plain(message: ChatMessage) -> dict[str, str]:
    return {"role": message.role, "content": message.content}
