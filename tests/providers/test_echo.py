"""The echo provider: the script of the wire's section on it, and the provider contract."""

import asyncio

import pytest

from atrium.adapters.providers.echo import EchoProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import (
    AtriumError,
    InvalidInput,
    ProviderAuthFailed,
    ProviderCrashed,
    ProviderRateLimited,
    ProviderUnreachable,
)
from atrium.sdk.providers import Provider, ProviderEvent, TextDelta, ThinkingDelta, ToolCall, ToolResult
from atrium.testing.clock import ManualClock
from atrium.testing.provider_suite import ProviderSuite, run_turn, text_of, turn


async def enabled(clock: ManualClock | SystemClock) -> EchoProvider:
    provider = EchoProvider(clock)
    await provider.configure({"enabled": True})
    return provider


class TestContract(ProviderSuite):
    long = "/tokens 1000"

    @pytest.fixture
    async def provider(self) -> Provider:
        return await enabled(SystemClock())

    @pytest.fixture
    async def unavailable(self) -> Provider:
        return EchoProvider(SystemClock())


async def answer(message: str, clock: ManualClock | None = None) -> list[ProviderEvent]:
    return await run_turn(await enabled(clock or ManualClock()), turn(message))


@pytest.mark.parametrize(
    "text",
    ["hello", "two words", "  leading", "trailing \n", "a\n\n  b\tc", "/unknown thing", " ", "\n", "ä 🐉 ö", "x" * 99],
)
async def test_other_text_comes_back_word_by_word(text: str) -> None:
    events = await answer(text)
    assert text_of(events) == text
    assert len(events) >= len(text.split())


async def test_nothing_comes_back_from_nothing() -> None:
    assert await answer("") == []


async def test_tokens() -> None:
    assert await answer("/tokens 3") == [TextDelta("tok-1 "), TextDelta("tok-2 "), TextDelta("tok-3 ")]
    assert len(await answer("/tokens 100000")) == 100_000


async def test_what_follows_the_command_is_ignored() -> None:
    assert await answer("/tokens 2 please, and thank you") == await answer("/tokens 2")


async def test_sleep_takes_the_clocks_time_and_then_answers() -> None:
    clock = ManualClock(0)
    assert text_of(await answer("/sleep 2.5", clock)) == "slept 2.5 s"
    assert clock.time == 2.5


async def test_sleep_can_be_cancelled() -> None:
    provider = await enabled(SystemClock())
    task = asyncio.create_task(run_turn(provider, turn("/sleep 86400")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("rate_limit", ProviderRateLimited, "PROVIDER_RATE_LIMIT"),
        ("auth", ProviderAuthFailed, "PROVIDER_AUTH"),
        ("crash", ProviderCrashed, "PROVIDER_CRASHED"),
        ("network", ProviderUnreachable, "PROVIDER_NETWORK"),
    ],
)
async def test_fail(kind: str, error: type[AtriumError], code: str) -> None:
    with pytest.raises(error) as failure:
        await answer(f"/fail {kind}")
    assert failure.value.code == code
    assert (failure.value.retry_after is not None) == (kind == "rate_limit")


async def test_tool() -> None:
    call, result, text = await answer("/tool weather in Paris")
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.id, call.name) == (result.id, result.name)
    assert call.name == "weather"
    assert isinstance(text, TextDelta)


async def test_think() -> None:
    events = await answer("/think 3")
    assert [type(event) for event in events] == [ThinkingDelta] * 3 + [TextDelta]


@pytest.mark.parametrize("size", [1, 4096, 4097, 1_000_000])
async def test_big(size: int) -> None:
    events = await answer(f"/big {size}")
    assert len(text_of(events).encode()) == size


@pytest.mark.parametrize(
    "message",
    [
        "/tokens",
        "/tokens 0",
        "/tokens -1",
        "/tokens 100001",
        "/tokens many",
        "/tokens 1e3",
        "/tokens ٣",
        "/sleep",
        "/sleep soon",
        "/sleep nan",
        "/sleep 1e9",
        "/sleep 99999999",
        "/fail",
        "/fail badly",
        "/tool",
        "/tool  ",
        "/think x",
        "/big",
        "/big 99999999999",
    ],
)
async def test_a_bad_argument_is_refused_with_what_would_be_right(message: str) -> None:
    with pytest.raises(InvalidInput, match="take") as refusal:
        await answer(message)
    assert refusal.value.fields[0].field == "content"


@pytest.mark.parametrize(("message", "breaths"), [("/tokens 100000", 1000), ("/think 9999", 100), ("/big 9999999", 30)])
async def test_an_endless_answer_lets_others_run(message: str, breaths: int) -> None:
    provider = await enabled(ManualClock())
    task = asyncio.create_task(run_turn(provider, turn(message)))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > breaths
