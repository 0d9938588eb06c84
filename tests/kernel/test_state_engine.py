import asyncio

import pytest

from atrium.kernel.state_engine import StateEngine


async def test_values_of_any_type_are_kept_and_forgotten() -> None:
    state, value = StateEngine(), object()
    await state.set("k", value)
    assert await state.get("k") is value
    await state.delete("k")
    await state.delete("k")
    assert await state.get("k", "default") == "default"


async def test_waiting_ends_when_the_predicate_holds() -> None:
    state = StateEngine()
    waiter = asyncio.create_task(state.wait_for("n", lambda value: value is not None and value > 2))
    for number in range(5):
        await asyncio.sleep(0)
        await state.set("n", number)
    assert await waiter == 3
    assert await state.wait_for("n", lambda value: value == 4) == 4


async def test_deleting_shows_waiters_none() -> None:
    state = StateEngine()
    await state.set("flag", True)
    waiter = asyncio.create_task(state.wait_for("flag", lambda value: value is None))
    await asyncio.sleep(0)
    await state.delete("flag")
    assert await waiter is None


async def test_a_predicate_that_fails_fails_its_waiter_only() -> None:
    state = StateEngine()
    bad = asyncio.create_task(state.wait_for("n", lambda value: value is not None and value.missing))
    good = asyncio.create_task(state.wait_for("n", lambda value: value == 1))
    await asyncio.sleep(0)
    await state.set("n", 1)
    assert await good == 1
    with pytest.raises(AttributeError):
        await bad


async def test_a_cancelled_waiter_leaves_nothing_behind() -> None:
    state = StateEngine()
    waiter = asyncio.create_task(state.wait_for("n", bool))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.wait([waiter])
    assert state._waiters == {}
