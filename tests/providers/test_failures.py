"""What the hub does about a provider that fails: how long it waits, when it leaves it alone, what it tells."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.problems import Problem
from atrium.plugins.providers.backoff import delay_after
from atrium.plugins.providers.circuit import FAILURES, OPEN_SECONDS, Circuit
from atrium.sdk import errors
from atrium.sdk.clock import timestamp
from atrium.sdk.errors import (
    ProviderAuthFailed,
    ProviderContextExceeded,
    ProviderCrashed,
    ProviderError,
    ProviderNotInstalled,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderSuspended,
    ProviderUnreachable,
)
from atrium.sdk.providers import TextDelta, Usage
from atrium.testing.clock import ManualClock
from tests.sessions.failing import FailingHub, Flaky, failing_hub
from tests.sessions.hub import ALICE


def middle() -> float:
    return 0.5


def test_waits_double_up_to_a_minute() -> None:
    waits = [delay_after(failed, ProviderCrashed(), middle) for failed in (*range(1, 9), 1000)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(("draw", "expected"), [(lambda: 0.0, 3.0), (lambda: 0.999999, 5.0)])
def test_waits_differ_by_a_quarter(draw: Callable[[], float], expected: float) -> None:
    assert delay_after(3, ProviderCrashed(), draw) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(0.1, 1.0), (9.5, 9.5), (60.0, 60.0), (61.0, None), (float("inf"), None), (float("nan"), None), (-1.0, 1.0)],
)
def test_a_wait_that_the_provider_asks_for_is_kept_unless_it_is_too_long(asked: float, waits: float | None) -> None:
    assert delay_after(1, ProviderRateLimited(retry_after=asked), middle) == waits


def test_each_failure_of_a_provider_has_a_category_and_steps_that_clients_know() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)]
    assert {kind.category for kind in kinds} == {"recoverable", "userAction", "fatal"}
    for kind in kinds:
        steps = {action.id for action in kind.actions}
        assert "switch_provider" in steps, kind
        known = {"retry", "switch_provider", "configure_provider", "install_provider", "send_without_images"}
        known |= {"set_key", "new_session"}
        assert steps <= known, kind
        assert kind.recoverable == (kind.category == "recoverable"), kind
    assert ProviderQuotaExceeded.code == "PROVIDER_QUOTA"
    assert Problem.model_fields["category"].annotation is not None


def test_a_circuit_opens_after_failures_in_a_row_and_lets_one_probe_pass() -> None:
    clock = ManualClock()
    circuit = Circuit("flaky", clock)
    for _ in range(FAILURES - 1):
        circuit.failed(ProviderUnreachable("no route"))
    circuit.succeeded()
    assert circuit.describe() == {"state": "closed", "failures": 0}
    assert circuit.retry_after == 0
    for _ in range(FAILURES):
        assert not circuit.enter()
        circuit.failed(ProviderUnreachable("no route"))
    with pytest.raises(ProviderSuspended, match=r"5 failures in a row.*no route.*asked again in 300 s") as refusal:
        circuit.enter()
    assert refusal.value.retry_after == OPEN_SECONDS
    circuit.failed(ProviderUnreachable("a turn that had begun before"))
    clock.time += OPEN_SECONDS
    assert circuit.state == "halfOpen"
    assert circuit.enter()
    with pytest.raises(ProviderSuspended):
        circuit.enter()
    circuit.failed(ProviderUnreachable("still no route"))
    assert circuit.describe() == {"state": "open", "failures": FAILURES + 2, "retryAfter": OPEN_SECONDS}


def test_a_probe_that_was_cancelled_has_found_out_nothing() -> None:
    clock = ManualClock()
    circuit = Circuit("flaky", clock)
    for _ in range(FAILURES):
        circuit.failed(ProviderCrashed())
    clock.time += OPEN_SECONDS + 1
    circuit.leave(probe=circuit.enter())
    assert circuit.describe()["state"] == "halfOpen"
    assert circuit.enter()
    circuit.answered()
    assert circuit.describe()["state"] == "closed"
    circuit.failed(ProviderCrashed())
    assert circuit.describe()["state"] == "open", (
        "one that answers and fails again is not trusted as one that never failed"
    )


async def test_a_provider_is_asked_again_while_it_has_said_nothing() -> None:
    refused = ProviderRateLimited("slow down", retry_after=7.5)
    flaky = Flaky("flaky", [ProviderUnreachable("no route")], [Usage(1, 0), refused])
    async with failing_hub(flaky) as hub:
        session_id = await hub.create(provider_id="flaky")
        accepted = await hub.send(session_id, "hello")
        assert 0.75 <= await hub.clock.wake_next() <= 1.25
        assert await hub.clock.wake_next() == 7.5
        await hub.idle(session_id)
        retrying = await hub.told(session_id, "provider.retrying")
        [completed] = await hub.told(session_id, "message.completed")
        assert (await hub.circuits())["flaky"] == {"state": "closed", "failures": 0}
    assert [one["attempt"] for one in retrying] == [1, 2]
    assert {one["turnId"] for one in retrying} == {accepted.turn_id}
    assert retrying[1]["delayMs"] == 7500
    assert (retrying[1]["problem"]["code"], retrying[1]["providerId"]) == ("PROVIDER_RATE_LIMIT", "flaky")
    assert completed["content"] == "flaky answers"
    assert len(flaky.requests) == 3


async def test_a_turn_that_has_begun_to_be_answered_is_not_begun_anew() -> None:
    flaky = Flaky("flaky", [TextDelta("half an "), ProviderCrashed("gone")])
    async with failing_hub(flaky) as hub:
        session_id = await hub.create(provider_id="flaky")
        await hub.ask(session_id, "hello")
        assert len(flaky.requests) == 1
        [failed] = await hub.told(session_id, "turn.failed")
        assert failed["problem"]["code"] == "PROVIDER_CRASHED"
        assert (await hub.circuits())["flaky"]["failures"] == 1
        await hub.sessions.retry(ALICE, session_id)
        await hub.idle(session_id)
        assert [one["content"] for one in await hub.told(session_id, "message.completed")] == [
            "half an ",
            "flaky answers",
        ]


@pytest.mark.parametrize("error", [ProviderAuthFailed("bad key"), ProviderNotInstalled("not here")])
async def test_what_a_person_must_mend_is_neither_tried_again_nor_counted(error: ProviderError) -> None:
    flaky = Flaky("flaky", [error])
    async with failing_hub(flaky) as hub:
        session_id = await hub.create(provider_id="flaky")
        await hub.ask(session_id, "hello")
        [failed] = await hub.told(session_id, "turn.failed")
        assert failed["problem"]["category"] == "userAction"
        assert not failed["problem"]["recoverable"]
        assert (await hub.circuits())["flaky"]["failures"] == 0


async def test_a_bug_in_a_provider_is_fatal_and_counted() -> None:
    flaky = Flaky("flaky", [KeyError("inside")])
    async with failing_hub(flaky) as hub:
        session_id = await hub.create(provider_id="flaky")
        await hub.ask(session_id, "hello")
        [failed] = await hub.told(session_id, "turn.failed")
        assert (failed["problem"]["code"], failed["problem"]["category"]) == ("PROVIDER_FAULT", "fatal")
        assert (await hub.circuits())["flaky"]["failures"] == 1


async def shown_circuits(hub: FailingHub, count: int) -> Any:
    """Return what the screens of a person show of circuits, once that is so many."""
    while True:
        shown = (await hub.runtime.storage.snapshot("providers/circuits", space=ALICE.space)).data
        if len(shown) == count:
            return shown
        await asyncio.sleep(0)


async def test_a_suspended_provider_is_not_asked_and_comes_back() -> None:
    flaky = Flaky("flaky", *[[ProviderCrashed("gone")]] * FAILURES)
    async with failing_hub(flaky, attempts=20) as hub:
        session_id = await hub.create(provider_id="flaky")
        await hub.send(session_id, "hello")
        for _ in range(FAILURES - 1):
            await hub.clock.wake_next()
        await hub.idle(session_id)
        assert (await hub.circuits())["flaky"] == {"state": "open", "failures": 5, "retryAfter": OPEN_SECONDS}
        until = timestamp(hub.clock.now() + OPEN_SECONDS)
        assert await shown_circuits(hub, 1) == [{"id": "flaky", "state": "open", "failures": 5, "until": until}]
        await hub.ask(session_id, "are you there?")
        assert len(flaky.requests) == FAILURES
        problems = [failed["problem"] for failed in await hub.told(session_id, "turn.failed")]
        assert [one["code"] for one in problems] == ["PROVIDER_CRASHED", "PROVIDER_SUSPENDED"]
        assert problems[1]["retryAfter"] == OPEN_SECONDS
        await hub.clock.pass_(OPEN_SECONDS)
        assert (await hub.circuits())["flaky"]["state"] == "halfOpen"
        await hub.ask(session_id, "and now?")
        assert (await hub.circuits())["flaky"] == {"state": "closed", "failures": 0}
        assert await shown_circuits(hub, 0) == []


async def test_what_the_last_run_showed_of_circuits_is_forgotten() -> None:
    adapter = MemoryStorageAdapter()
    for expected, script in ((1, [[ProviderCrashed("gone")]] * FAILURES), (0, [])):
        hub = FailingHub(adapter, Flaky("flaky", *script), attempts=1)
        await hub.start()
        try:
            if script:
                session_id = await hub.create(provider_id="flaky")
                for _ in range(FAILURES):
                    await hub.ask(session_id, "hello")
            assert len(await shown_circuits(hub, expected)) == expected
        finally:
            await hub.stop()


async def test_a_turn_gives_up_after_its_attempts_and_says_who_could_go_on() -> None:
    flaky = Flaky("flaky", *[[ProviderUnreachable("no route")]] * 9)
    async with failing_hub(flaky, Flaky("steady"), attempts=2) as hub:
        session_id = await hub.create(provider_id="flaky")
        await hub.send(session_id, "hello")
        await hub.clock.wake_next()
        await hub.idle(session_id)
        [failed] = await hub.told(session_id, "turn.failed")
        named = {"id": "switch_provider", "label": "Continue with Steady", "providerId": "steady"}
        assert named in failed["problem"]["actions"]
        assert len(flaky.requests) == 2


async def test_while_a_provider_is_waited_for_it_is_said_who_could_go_on() -> None:
    limited = Flaky("limited", [ProviderRateLimited("slow down", retry_after=30.0)])
    async with failing_hub(limited, Flaky("steady")) as hub:
        session_id = await hub.create(provider_id="limited")
        await hub.send(session_id, "hello")
        await hub.clock.wake_next()
        await hub.idle(session_id)
        [retrying] = await hub.told(session_id, "provider.retrying")
        named = {"id": "switch_provider", "label": "Continue with Steady", "providerId": "steady"}
        assert named in retrying["problem"]["actions"]


def small_and_large(*first: list[Exception]) -> list[Flaky]:
    """Return a provider that fails and three that differ in how much of a conversation they read."""
    small, large = Flaky("small", historyCharacters=100), Flaky("large", historyCharacters=10_000)
    return [Flaky("middle", *first, historyCharacters=1000), small, Flaky("silent"), large]


async def test_a_conversation_that_is_too_long_goes_to_the_one_that_reads_most() -> None:
    providers = small_and_large([ProviderContextExceeded("200 tokens too long")])
    async with failing_hub(*providers, fallback=["small", "silent", "large"]) as hub:
        session_id = await hub.create(provider_id="middle")
        await hub.ask(session_id, "hello")
        [changed] = await hub.told(session_id, "provider.changed")
        assert (changed["providerId"], changed["problem"]["code"]) == ("large", "PROVIDER_CONTEXT")


async def test_who_reads_most_is_offered_where_nobody_goes_on_by_itself() -> None:
    providers = small_and_large([ProviderContextExceeded("too long")])
    async with failing_hub(*providers) as hub:
        session_id = await hub.create(provider_id="middle")
        await hub.ask(session_id, "hello")
        [failed] = await hub.told(session_id, "turn.failed")
        assert failed["problem"]["actions"][0] == {
            "id": "switch_provider",
            "label": "Continue with Large",
            "providerId": "large",
        }
        call = hub.runtime.service_registry.call
        assert (await call("providers.next", ["large"], ["small", "silent"], "middle"))["id"] == "silent"
        assert (await call("providers.next", ["large", "silent"], ["small", "silent"], "middle"))["id"] == "small"
        assert await call("providers.next", ["small"], ["small"], "middle") is None


async def test_who_has_reached_a_limit_is_not_offered_until_it_begins_anew() -> None:
    one = Flaky("one", [ProviderRateLimited("no more", retry_after=3600.0)])
    two = Flaky("two", [ProviderRateLimited("no more either", retry_after=7200.0)])
    async with failing_hub(one, two) as hub:
        first, second = await hub.create(provider_id="one"), await hub.create(provider_id="two")
        await hub.ask(first, "hello")
        [failed] = await hub.told(first, "turn.failed")
        assert failed["problem"]["actions"][1]["providerId"] == "two"
        await hub.ask(second, "hello")
        [failed] = await hub.told(second, "turn.failed")
        assert "providerId" not in failed["problem"]["actions"][1], "the one has reached its own"
        await hub.clock.pass_(3600.0)
        assert (await hub.service("providers.other", "two"))["id"] == "one"
        await hub.ask(second, "somebody who asks for it by name may try")
        assert (await hub.service("providers.other", "one"))["id"] == "two"
