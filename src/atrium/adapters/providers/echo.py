"""The `echo` provider: instant, deterministic, scripted by the message. For tests, benchmarks and demos."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pydantic import Field

from atrium.adapters.providers.settings import ProviderSettings, parse_settings
from atrium.sdk.errors import (
    AtriumError,
    FieldError,
    InvalidInput,
    ProviderAuthFailed,
    ProviderCrashed,
    ProviderError,
    ProviderNotInstalled,
    ProviderRateLimited,
    ProviderUnreachable,
)
from atrium.sdk.phrases import phrase
from atrium.sdk.plugin import Clock
from atrium.sdk.providers import (
    Availability,
    Command,
    Progress,
    ProviderEvent,
    ProviderInfo,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResult,
    TurnRequest,
)

MAX_DELTAS = 100_000
MAX_SECONDS = 86_400.0
MAX_BYTES = 64 << 20
CHUNK_BYTES = 4096
BREATH = 64
"""Deltas after which the loop may turn: an instant stream must not starve everybody else."""

FAILURES: Mapping[str, type[ProviderError]] = {
    "rate_limit": ProviderRateLimited,
    "auth": ProviderAuthFailed,
    "crash": ProviderCrashed,
    "network": ProviderUnreachable,
}

Script = AsyncIterator[ProviderEvent]


class EchoSettings(ProviderSettings):
    """Settings of the echo provider."""

    enabled: bool = Field(False, description="Whether the provider is offered; it is for tests and demos.")


class EchoProvider:
    """Answers from a script: see the wire's section on it. It tells which images it was given, and their sizes."""

    info = ProviderInfo(
        id="echo",
        name="Echo",
        version="1.0.0",
        capabilities={"streaming": True, "cancel": True, "thinking": True, "tools": True, "images": True},
        limits={"maxDeltas": MAX_DELTAS, "maxBytes": MAX_BYTES},
        retries=False,
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._enabled = False
        self._commands: Mapping[str, Callable[[str], Script]] = {
            "/tokens": self._tokens,
            "/sleep": self._sleep,
            "/tool": self._tool,
            "/think": self._think,
            "/big": self._big,
        }

    @property
    def availability(self) -> Availability:
        """Return whether it is enabled."""
        if self._enabled:
            return Availability("active")
        return Availability("unavailable", phrase("echo.disabled", "set `providers.echo.enabled` to true"))

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take `{enabled}`."""
        self._enabled = parse_settings(EchoSettings, settings, "providers.echo").enabled

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Do nothing: there is nothing to fetch."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Do nothing: sessions have no state here."""

    async def stream_events(self, session_id: str, turn: TurnRequest) -> Script:
        """Yield what the message says."""
        if not self._enabled:
            raise ProviderNotInstalled(self.availability.reason or "")
        command, _, rest = turn.content.partition(" ")
        argument = rest.split(maxsplit=1)[0] if rest.strip() else ""
        if command == "/fail":
            raise _failure(argument)
        script = self._commands.get(command)
        if script is None:
            for word in re.findall(r"\s*\S+|\s+$", turn.content):
                yield TextDelta(word)
            async for line in _images(turn):
                yield line
            return
        async for event in script(argument):
            yield event

    async def control(self, session_id: str, command: Command) -> None:
        """Refuse: the script is all that steers it."""
        raise InvalidInput(f"the provider echo takes no command {command.kind!r}; close the turn to cancel it")

    async def stop_session(self, session_id: str) -> None:
        """Do nothing: sessions have no state here."""

    async def _tokens(self, argument: str) -> Script:
        for number in range(1, _whole("/tokens", argument, MAX_DELTAS) + 1):
            yield TextDelta(f"tok-{number} ")
            if number % BREATH == 0:
                await asyncio.sleep(0)

    async def _sleep(self, argument: str) -> Script:
        seconds = _seconds(argument)
        await self._clock.sleep(seconds)
        yield TextDelta(f"slept {argument} s")

    async def _tool(self, argument: str) -> Script:
        if not argument:
            raise _invalid("/tool takes a tool's name, as in `/tool weather`")
        yield ToolCall(f"call-{argument}", argument, {"echo": True})
        yield ToolResult(f"call-{argument}", argument, f"{argument} was called")
        yield TextDelta(f"called {argument}")

    async def _think(self, argument: str) -> Script:
        count = _whole("/think", argument, MAX_DELTAS)
        for number in range(1, count + 1):
            yield ThinkingDelta(f"thought-{number} ")
            if number % BREATH == 0:
                await asyncio.sleep(0)
        yield TextDelta(f"thought {count} times")

    async def _big(self, argument: str) -> Script:
        size = _whole("/big", argument, MAX_BYTES)
        for number, start in enumerate(range(0, size, CHUNK_BYTES), 1):
            yield TextDelta("x" * min(CHUNK_BYTES, size - start))
            if number % BREATH == 0:
                await asyncio.sleep(0)


async def _images(turn: TurnRequest) -> Script:
    """Tell of the images of the message, and of those of the messages before it."""
    earlier = [image for message in turn.history for image in message.images]
    for images, which in ((turn.images, ""), (earlier, "earlier ")):
        for image in images:
            size = len(await turn.bytes_of(image))
            yield TextDelta(f"\n[{which}image {image.name} {image.width}x{image.height}, {size} bytes]")


def _whole(command: str, argument: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", argument) or not 1 <= int(argument) <= most:
        raise _invalid(f"{command} takes a whole number from 1 to {most}, not {argument!r}")
    return int(argument)


def _seconds(argument: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", argument) or float(argument) > MAX_SECONDS:
        raise _invalid(f"/sleep takes seconds from 0 to {MAX_SECONDS:.0f}, not {argument!r}")
    return float(argument)


def _failure(argument: str) -> AtriumError:
    failure = FAILURES.get(argument)
    if failure is None:
        return _invalid(f"/fail takes one of {', '.join(FAILURES)}, not {argument!r}")
    return failure("as the message asked", retry_after=1.0 if failure is ProviderRateLimited else None)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, fields=[FieldError("content", message)])
