"""A conversation as a provider reads it that may not have been there when it was held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from atrium.sdk.providers import ChatMessage, ProviderInfo, TurnRequest

CHARACTERS_PER_TOKEN = 3
"""A cautious guess: a model counts its tokens itself, and drops what is too much."""

SHARE = 2
"""The part of its window that an earlier conversation may fill: one of so many; the rest is for what comes."""


def as_read(turn: TurnRequest, info: ProviderInfo) -> TurnRequest:
    """Return a turn whose history the provider can read: tools as text for one that knows no tools."""
    if info.capabilities.get("tools") or not any(message.tools for message in turn.history):
        return turn
    return replace(turn, history=with_tools_written_out(turn.history))


def with_tools_written_out(history: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Return a conversation with each tool call as a line of the answer it belongs to."""
    return [replace(message, content=message.text, tools=()) if message.tools else message for message in history]


def reads_most_first(providers: Iterable[ProviderInfo], outgrown: ProviderInfo) -> list[str]:
    """Return the ids of providers for a conversation that was too long for one: those that read most first.

    One that does not say how much it reads counts as the one that was outgrown.
    """
    known = window_of(outgrown) or 0
    return [info.id for info in sorted(providers, key=lambda info: -(window_of(info) or known))]


def window_of(info: ProviderInfo) -> int | None:
    """Return how many characters of an earlier conversation a provider reads, None if it does not say."""
    characters = info.limits.get("historyCharacters")
    if isinstance(characters, int):
        return characters
    tokens = info.limits.get("contextSize")
    return tokens * CHARACTERS_PER_TOKEN // SHARE if isinstance(tokens, int) else None
