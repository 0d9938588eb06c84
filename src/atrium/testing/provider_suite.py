"""The contract of the `Provider` SPI as tests: inherit, say how to get a provider, and run it with pytest.

class TestMine(ProviderSuite):
    @pytest.fixture
    async def provider(self):
        mine = MyProvider()
        await mine.configure({...})
        yield mine
        await mine.close()

    @pytest.fixture
    async def unavailable(self):
        return MyProvider()
"""

# ruff: noqa: D102  # the tests' names say what they test

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import get_args

import pytest

from atrium.sdk.errors import AtriumError, InvalidInput, ProviderError
from atrium.sdk.providers import (
    ChatMessage,
    Closeable,
    Command,
    Provider,
    ProviderEvent,
    ProviderStatus,
    TextDelta,
    ThinkingDelta,
    TurnRequest,
    Usage,
)


def turn(content: str, *history: ChatMessage, session: str = "session-1") -> TurnRequest:
    """Return a turn of a session, with the messages before it."""
    return TurnRequest(session_id=session, turn_id="turn-1", content=content, history=history)


async def run_turn(provider: Provider, request: TurnRequest) -> list[ProviderEvent]:
    """Run a turn to its end and return all of its events."""
    await provider.start_session(request.session_id, request.settings)
    return [event async for event in provider.stream_events(request.session_id, request)]


def text_of(events: list[ProviderEvent]) -> str:
    """Return the answer's text."""
    return "".join(event.content for event in events if isinstance(event, TextDelta))


@asynccontextmanager
async def begun_turn(provider: Provider, request: TurnRequest) -> AsyncIterator[AsyncIterator[ProviderEvent]]:
    """Run a turn until its first event, and close its iterator when the block ends."""
    await provider.start_session(request.session_id, request.settings)
    events = provider.stream_events(request.session_id, request)
    try:
        await anext(events)
        yield events
    finally:
        close = getattr(events, "aclose", None)
        assert close is not None, "the iterator of a turn must be one that can be closed"
        await close()


def tasks() -> Counter[str]:
    """Count the tasks there are, by the coroutine they run."""
    return Counter(task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr]  # a coroutine


class ProviderSuite:
    """What every provider promises. `unavailable` is one that cannot take turns as it is configured."""

    short = "Say hello."
    """A message that is answered with some text."""

    long = "Count from one to one thousand."
    """A message whose answer has several events and goes on for longer than the first of them."""

    @pytest.fixture
    async def provider(self) -> Provider:
        """Return a provider that is configured and available; the fixture closes it in the end."""
        raise NotImplementedError

    @pytest.fixture
    async def unavailable(self) -> Provider:
        """Return a provider that cannot take turns."""
        raise NotImplementedError

    async def nothing_runs(self, provider: Provider) -> None:
        """Return when nothing works on a closed turn any more; override where work is done outside of this process."""

    async def test_info_is_complete_and_stable(self, provider: Provider) -> None:
        info = provider.info
        assert info == provider.info
        assert info.id
        assert info.id == info.id.lower()
        assert info.name
        assert info.version
        assert all(isinstance(value, bool) for value in info.capabilities.values())
        assert all(isinstance(value, int | str) for value in info.limits.values())
        await run_turn(provider, turn(self.short))
        assert info == provider.info

    async def test_an_available_provider_gives_no_reason(self, provider: Provider) -> None:
        assert provider.availability.status == "active"
        assert provider.availability.reason is None

    async def test_an_unavailable_provider_says_why(self, unavailable: Provider) -> None:
        available = unavailable.availability
        assert available.status in set(get_args(ProviderStatus)) - {"active"}
        assert available.reason

    async def test_an_unavailable_provider_refuses_turns_with_the_reason(self, unavailable: Provider) -> None:
        with pytest.raises(ProviderError) as refusal:
            await run_turn(unavailable, turn(self.short))
        assert unavailable.availability.reason
        assert unavailable.availability.reason in str(refusal.value)

    async def test_a_turn_is_made_of_events_of_the_union(self, provider: Provider) -> None:
        events = await run_turn(provider, turn(self.short))
        assert text_of(events)
        for event in events:
            assert isinstance(event, get_args(ProviderEvent))
            if isinstance(event, TextDelta | ThinkingDelta):
                assert event.content
            if isinstance(event, Usage):
                assert min(event.input_tokens, event.output_tokens) >= 0

    async def test_earlier_messages_and_any_script_are_taken(self, provider: Provider) -> None:
        history = (
            ChatMessage("user", "Hé, 你好 🐉?"),
            ChatMessage("assistant", "🐉"),
            ChatMessage("user", "unanswered"),
        )
        assert text_of(await run_turn(provider, turn("Ça va, 🐉?", *history)))

    async def test_closing_the_iterator_cancels_the_turn(self, provider: Provider) -> None:
        await run_turn(provider, turn(self.short))
        before = tasks()
        async with begun_turn(provider, turn(self.long)):
            pass
        await self.nothing_runs(provider)
        assert tasks() <= before
        assert text_of(await run_turn(provider, turn(self.short)))

    async def test_cancelling_the_task_cancels_the_turn(self, provider: Provider) -> None:
        await run_turn(provider, turn(self.short))
        before = tasks()
        begun = asyncio.Event()

        async def follow() -> None:
            async for _ in provider.stream_events("session-1", turn(self.long)):
                begun.set()
                await asyncio.sleep(0)

        task = asyncio.create_task(follow())
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        await self.nothing_runs(provider)
        assert tasks() <= before
        assert text_of(await run_turn(provider, turn(self.short)))

    async def test_sessions_run_side_by_side(self, provider: Provider) -> None:
        requests = [turn(self.short, session=f"session-{number}") for number in range(3)]
        answers = await asyncio.gather(*(run_turn(provider, request) for request in requests))
        assert all(text_of(answer) for answer in answers)

    async def test_a_session_goes_on_after_it_was_stopped(self, provider: Provider) -> None:
        await run_turn(provider, turn(self.short))
        await provider.stop_session("session-1")
        assert text_of(await run_turn(provider, turn(self.short)))

    async def test_stopping_an_unknown_session_does_nothing(self, provider: Provider) -> None:
        await provider.stop_session("nobody")
        await provider.stop_session("nobody")

    async def test_an_unknown_command_is_refused(self, provider: Provider) -> None:
        with pytest.raises(InvalidInput, match="no-such-command"):
            await provider.control("session-1", Command("no-such-command"))

    async def test_an_unknown_setting_is_named_and_changes_nothing(self, provider: Provider) -> None:
        before = provider.info
        with pytest.raises(InvalidInput) as refusal:
            await provider.configure({"noSuchSetting": "secret-value"})
        assert any("noSuchSetting" in problem.field for problem in refusal.value.fields)
        assert "secret-value" not in str(refusal.value)
        assert provider.info == before
        assert provider.availability.status == "active"

    async def test_a_closed_provider_holds_nothing(self, provider: Provider) -> None:
        before = tasks()
        await run_turn(provider, turn(self.short))
        if isinstance(provider, Closeable):
            await provider.close()
            await provider.close()
        assert tasks() <= before

    async def test_closing_in_the_middle_of_a_turn_ends_it(self, provider: Provider) -> None:
        if not isinstance(provider, Closeable):
            return
        begun = asyncio.Event()

        async def follow() -> None:
            async for _ in provider.stream_events("session-1", turn(self.long)):
                begun.set()

        task = asyncio.create_task(follow())
        await begun.wait()
        await provider.close()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            assert isinstance(task.exception(), AtriumError)
