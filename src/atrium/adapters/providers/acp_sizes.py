"""How much of what an agent sends of a tool call is kept, and how much may wait to be stored."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from atrium.sdk.providers import ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult

LARGEST = 1 << 20
"""Characters of the output of a call, and of its arguments, that are kept."""
MOST_WAITING = 10_000
"""Events that may wait to be stored: an agent that sends more than that ahead is stopped."""
MOST_WAITING_CHARACTERS = 64 << 20
"""And what they may be worth."""

_LEAST = 8  # what a value is worth at least: many small ones are large too


def cut_text(text: str, room: int = LARGEST) -> str:
    """Return a text with what is beyond `room` left out, which it says."""
    left_out = len(text) - room
    return text if left_out <= 0 else f"{text[:room]}\n… {left_out} characters left out"


def cut_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with what is beyond `LARGEST` left out, which they say."""
    if _worth(arguments) <= LARGEST:
        return dict(arguments)
    cut: dict[str, Any] = _Cutting().cut(arguments)
    return cut


class Output:
    """What a terminal shows, piece by piece, up to `LARGEST`."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def add(self, piece: str) -> None:
        """Take in what it shows next."""
        room = LARGEST - self._length
        if room > 0 and piece:
            self._pieces.append(piece[:room])
        self._length += len(piece)

    def __bool__(self) -> bool:
        return self._length > 0

    def __str__(self) -> str:
        left_out = self._length - LARGEST
        more = [f"\n… {left_out} characters left out"] if left_out > 0 else []
        return "".join([*self._pieces, *more])


class Waiting(asyncio.Queue["ProviderEvent | None"]):
    """The events of a turn that wait to be stored, and a None at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._worths: deque[int] = deque()
        self._characters = 0

    @property
    def is_flooded(self) -> bool:
        """Tell whether more waits than may."""
        return self.qsize() > MOST_WAITING or self._characters > MOST_WAITING_CHARACTERS

    def _put(self, item: ProviderEvent | None) -> None:
        self._worths.append(_worth_of(item))
        self._characters += self._worths[-1]
        super()._put(item)

    def _get(self) -> ProviderEvent | None:
        self._characters -= self._worths.popleft()
        return super()._get()


class _Cutting:
    """Takes what there is room for, in the order in which it stands."""

    def __init__(self) -> None:
        self._room = LARGEST

    def cut(self, value: Any) -> Any:
        self._room -= _LEAST
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        return self._list(value) if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        kept = cut_text(text, max(self._room, 0))
        self._room -= len(text)
        return kept

    def _mapping(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in mapping.items():
            if self._room <= 0:
                return kept | {"…": f"{len(mapping) - len(kept)} left out"}
            name = self._text(key)
            kept[name] = self.cut(value)
        return kept

    def _list(self, values: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for value in values:
            if self._room <= 0:
                return [*kept, f"… {len(values) - len(kept)} left out"]
            kept.append(self.cut(value))
        return kept


def _worth(value: object) -> int:
    """Return about how many characters a value takes."""
    if isinstance(value, str):
        return _LEAST + len(value)
    if isinstance(value, Mapping):
        return _LEAST + sum(len(name) + _worth(item) for name, item in value.items())
    return _LEAST + sum(map(_worth, value)) if isinstance(value, list) else _LEAST


def _worth_of(event: ProviderEvent | None) -> int:
    match event:
        case TextDelta() | ThinkingDelta():
            return len(event.content)
        case ToolCall():
            return _worth(event.arguments)
        case ToolResult():
            return len(event.output)
    return 0
