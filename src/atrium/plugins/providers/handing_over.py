"""A conversation as a provider reads it that may not have been there when it was held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from atrium.sdk.providers import ChatMessage, ProviderInfo, TurnRequest


def as_read(turn: TurnRequest, info: ProviderInfo) -> TurnRequest:
    """Return a turn whose history the provider can read: tools as text for one that knows no tools."""
    if info.capabilities.get("tools") or not any(message.tools for message in turn.history):
        return turn
    return replace(turn, history=with_tools_written_out(turn.history))


def with_tools_written_out(history: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Return a conversation with each tool call as a line of the answer it belongs to."""
    return [replace(message, content=message.text, tools=()) if message.tools else message for message in history]
