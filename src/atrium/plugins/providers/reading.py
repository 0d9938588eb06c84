"""How much of an earlier conversation a provider reads, and what is done about one that is longer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from atrium.sdk.providers import ChatMessage, ProviderInfo
from atrium.sdk.summaries import Held, Reading

BYTES_PER_TOKEN = 3
"""Fewer bytes than English, Russian or code have for each token, so that what is taken to fit does."""

SHARE = 2
"""The part of its window that an earlier conversation may fill: one of so many; the rest is for what comes."""

AROUND = 20
"""What is written around each message, at most."""

VERBATIM = 2
"""The newest messages that are kept word for word fill one of so many parts of what a provider reads."""

SUMMARY = 4
"""A summary fills one of so many parts, at most; what is left is for what is said until the next one is needed."""

LONGEST_SUMMARY = 8_000
"""Characters of a summary, at most, however much a provider reads."""

WASTED = 4
"""A summary that leaves a provider less than one of so many parts of what it could read is written anew for it."""


@dataclass(frozen=True, slots=True)
class Window:
    """How much of an earlier conversation a provider reads: `room` characters, or bytes of UTF-8."""

    room: int
    in_bytes: bool = False

    def size(self, text: str) -> int:
        """Return how much of the window a text takes."""
        return len(text.encode("utf-8", "replace")) if self.in_bytes else len(text)

    def size_of(self, messages: Sequence[ChatMessage]) -> int:
        """Return how much of the window messages take, tools written out."""
        return sum(self.size(message.text) + AROUND for message in messages)


def window_in(info: ProviderInfo) -> Window | None:
    """Return how much of an earlier conversation a provider reads, None if it does not say."""
    characters, tokens = info.limits.get("historyCharacters"), info.limits.get("contextSize")
    if isinstance(characters, int):
        return Window(characters)
    return Window(tokens * BYTES_PER_TOKEN // SHARE, in_bytes=True) if isinstance(tokens, int) else None


def reads_most_first(providers: Iterable[ProviderInfo], outgrown: ProviderInfo) -> list[str]:
    """Return the ids of providers for a conversation that was too long for one: those that read most first.

    One that does not say how much it reads counts as the one that was outgrown.
    """
    unsaid = window_in(outgrown) or Window(0)
    return [info.id for info in sorted(providers, key=lambda info: -(window_in(info) or unsaid).room)]


def reading_of(held: Held, info: ProviderInfo) -> Reading:
    """Return how a provider is to be given a conversation; who writes a new summary is not decided here.

    What fits is given as it is, the messages themselves before a summary of them. A provider that remembers what it
    was told needs no new one for that.
    """
    window, messages, summary = window_in(info), held.messages, held.summary
    is_before_all = summary is not None and held.covered == 0
    whole = [summary, *messages] if summary is not None and is_before_all else messages
    if window is None or window.size_of(whole) <= window.room:
        return Reading(is_before_all)
    cut = _cut(messages, window)
    if summary is not None:
        size = window.size_of([summary, *messages[held.covered :]])
        if size <= window.room and (cut >= held.covered or size >= window.room // WASTED):
            return Reading(uses_summary=True)
    if window.size_of(_unheard(whole, info)) <= window.room:
        return Reading(uses_summary=summary is not None)
    extends = summary is not None and (is_before_all or cut >= held.covered)
    return Reading(summary is not None, cut, extends, room=min(window.room // SUMMARY, LONGEST_SUMMARY))


def _cut(messages: Sequence[ChatMessage], window: Window) -> int:
    """Return from which message on, a person's, the newest messages are few enough to be kept word for word."""
    room, first = window.room // VERBATIM, len(messages)
    while first > 0 and (room := room - window.size_of(messages[first - 1 : first])) >= 0:
        first -= 1
    while first < len(messages) and messages[first].role != "user":
        first += 1
    return first


def _unheard(messages: Sequence[ChatMessage], info: ProviderInfo) -> Sequence[ChatMessage]:
    """Return what a provider still has to read: all, unless it remembers what was said until it was asked last."""
    if not info.capabilities.get("remembers"):
        return messages
    asked = [place for place, message in enumerate(messages) if message.provider_id == info.id]
    return messages[asked[-1] + 1 :] if asked else messages
