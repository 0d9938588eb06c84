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

    A summary before them is kept as well, where it fits, and goes with the first message: the template takes turns.

    `count` tells the tokens of a text; a token has at least one byte, so short conversations are not counted at all.
    Raises `MessageTooLong` when the new message does not fit even alone.
    """
    summary, history = (history[:1], history[1:]) if history and history[0].is_summary else ([], history)
    known = sum(_bytes(message.content) for message in (*summary, *history))
    if _bytes(system) + _bytes(content) + known <= budget:
        return _messages(system, summary, history, content)
    left = budget - await count(system) - await count(content) - 2 * MESSAGE_OVERHEAD
    if left < 0:
        most = f"the message is {-left} tokens too long for this model's context of {budget} tokens: shorten it"
        raise MessageTooLong(most, fields=[FieldError("content", most)])
    for message in summary:
        size = await count(message.content) + MESSAGE_OVERHEAD
        summary, left = (summary, left - size) if size <= left else ([], left)
    return _messages(system, summary, await _newest(history, left, count), content)


def _messages(
    system: str, summary: Sequence[ChatMessage], history: Sequence[ChatMessage], content: str
) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": system}, *map(_plain, history), {"role": "user", "content": content}]
    for message in summary:
        messages[1]["content"] = f"{message.content}\n\n{messages[1]['content']}"
    return messages


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
