"""The local provider with the real model: the contract, what it answers, crashes. All tests have one provider."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from atrium.adapters.providers.local import SLOTS, LocalProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import InvalidInput, ProviderCrashed
from atrium.sdk.providers import Provider, TextDelta, TurnRequest, Usage
from atrium.testing.provider_suite import ProviderSuite, begun_turn, run_turn, text_of, turn
from tests.providers.conftest import home_with
from tests.providers.model_children import only_child

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.network, pytest.mark.timeout(180)]

LONG = "Write a long story about a dragon and a lighthouse."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory, model_file: Path) -> AsyncIterator[LocalProvider]:
    """A provider for all tests: the model is loaded once."""
    provider = LocalProvider(home_with(model_file, tmp_path_factory.mktemp("local")), SystemClock())
    # So small a model says strange things when it picks its words freely.
    await provider.configure({"maxTokens": 32, "temperature": 0})
    yield provider
    await provider.close()


async def at_rest() -> None:
    """Wait until the model's process has used no CPU time for a while."""
    process = only_child()
    while True:
        before = process.cpu_times()
        await asyncio.sleep(0.2)
        after = process.cpu_times()
        if after.user + after.system - before.user - before.system < 0.05:
            return


class TestContract(ProviderSuite):
    long = LONG

    @pytest_asyncio.fixture(loop_scope="module")
    async def provider(  # type: ignore[override]  # the decorator has no type of its own
        self, local: LocalProvider, request: pytest.FixtureRequest
    ) -> Provider:
        if "closed_provider" in request.node.name:
            await local.close()  # what it leaves behind is seen only if nothing was there before
        return local

    @pytest_asyncio.fixture(loop_scope="module")
    async def unavailable(self, tmp_path: Path) -> Provider:  # type: ignore[override]
        return LocalProvider(tmp_path, SystemClock())

    async def nothing_runs(self, provider: Provider) -> None:
        await at_rest()


async def test_it_answers_and_reports_usage(local: LocalProvider) -> None:
    events = await run_turn(local, turn("What is the capital of France?"))
    assert "Paris" in text_of(events)
    assert isinstance(events[-1], Usage)
    assert 0 < events[-1].output_tokens <= 32


async def test_the_answer_comes_in_pieces(local: LocalProvider) -> None:
    events = await run_turn(local, turn(LONG))
    assert len([event for event in events if isinstance(event, TextDelta)]) > 20


async def test_a_kill_fails_the_turn_and_the_next_one_gets_a_new_child(local: LocalProvider) -> None:
    with pytest.raises(ProviderCrashed, match="signal 9"):
        async with begun_turn(local, turn(LONG)) as events:
            first = only_child()
            first.send_signal(signal.SIGKILL)
            async for _ in events:
                pass
    assert "Paris" in text_of(await run_turn(local, turn("What is the capital of France?")))
    assert only_child().pid != first.pid


async def test_both_turns_of_a_killed_child_fail(local: LocalProvider) -> None:
    async with (
        begun_turn(local, turn(LONG, session="a")) as one,
        begun_turn(local, turn(LONG, session="b")) as other,
    ):
        only_child().send_signal(signal.SIGKILL)
        for events in (one, other):
            with pytest.raises(ProviderCrashed):
                async for _ in events:
                    pass
    assert text_of(await run_turn(local, turn("Hi.")))


async def test_a_child_that_was_ended_on_purpose_has_not_crashed(local: LocalProvider) -> None:
    for _ in range(2):
        async with begun_turn(local, turn(LONG)) as events:
            await local.close()
            with pytest.raises(ProviderCrashed):
                async for _event in events:
                    pass
    assert text_of(await run_turn(local, turn("Hi.")))


async def test_more_turns_than_slots_wait_in_order(local: LocalProvider) -> None:
    await run_turn(local, turn("Hi."))
    finished: list[int] = []

    async def ask(number: int) -> None:
        request = turn("Say yes.", session=f"session-{number}")
        async with begun_turn(local, request) as events:
            assert len(finished) >= number + 1 - SLOTS, "it has overtaken one that came earlier"
            async for _ in events:
                pass
        finished.append(number)

    await asyncio.gather(*(ask(number) for number in range(3 * SLOTS)))


async def test_the_session_may_set_its_own_prompt(local: LocalProvider) -> None:
    request = TurnRequest("s", "t", "Who are you?", settings={"systemPrompt": "", "maxTokens": 5, "temperature": 0})
    events = await run_turn(local, request)
    assert isinstance(events[-1], Usage)
    assert events[-1].output_tokens <= 5
    with pytest.raises(InvalidInput, match=r"settings\.temperature"):
        await local.start_session("s", {"temperature": 9})
