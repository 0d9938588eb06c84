import asyncio
from collections.abc import AsyncIterator

import pytest

from atrium.kernel.service_registry import STREAM_BUFFER, ServiceRegistry, deadline
from atrium.sdk import ServiceNotFound, ServiceTimeout, Unavailable


@pytest.fixture
def services() -> ServiceRegistry:
    return ServiceRegistry()


async def double(number: int) -> int:
    return number * 2


async def count(limit: int) -> AsyncIterator[int]:
    for number in range(limit):
        yield number


async def test_a_call_returns_the_result_or_raises_what_the_service_raises(services: ServiceRegistry) -> None:
    async def fail() -> None:
        raise KeyError("mine")

    services.register("math.double", double)
    services.register("math.fail", fail)
    assert await services.call("math.double", 21) == 42
    assert services.names() == ["math.double", "math.fail"]
    with pytest.raises(KeyError, match="mine"):
        await services.call("math.fail")
    with pytest.raises(ServiceNotFound, match=r"math\.half"):
        await services.call("math.half")


async def test_one_name_has_one_provider(services: ServiceRegistry) -> None:
    services.register("math.double", double, owner="maths")
    with pytest.raises(ValueError, match="maths"):
        services.register("math.double", double)


async def test_unregistering_refuses_new_calls_and_waits_for_those_in_progress(services: ServiceRegistry) -> None:
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "done"

    services.register("slow", slow)
    call = asyncio.create_task(services.call("slow"))
    await asyncio.sleep(0)
    leaving = asyncio.create_task(services.unregister("slow"))
    await asyncio.sleep(0)
    with pytest.raises(ServiceNotFound):
        await services.call("slow")
    assert not leaving.done()
    gate.set()
    await leaving
    assert await call == "done"


async def test_a_deadline_travels_along(services: ServiceRegistry) -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def outer() -> None:
        await services.call("inner")

    services.register("inner", inner)
    services.register("outer", outer)
    with deadline(0.01), pytest.raises(ServiceTimeout):
        await services.call("outer")


async def test_an_inner_deadline_cannot_extend_the_outer_one(services: ServiceRegistry) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    services.register("forever", forever)
    with deadline(0.01), deadline(1000), pytest.raises(ServiceTimeout, match="forever"):
        await services.call("forever")


async def test_a_services_own_timeout_is_not_taken_for_the_deadline(services: ServiceRegistry) -> None:
    async def own() -> None:
        raise TimeoutError("my own")

    services.register("own", own)
    with deadline(1000), pytest.raises(TimeoutError, match="my own"):
        await services.call("own")


async def test_a_stream_yields_everything_in_order_through_a_bounded_buffer(services: ServiceRegistry) -> None:
    services.register("count", count)
    async with services.stream("count", STREAM_BUFFER * 5) as items:
        assert [item async for item in items] == list(range(STREAM_BUFFER * 5))


async def test_a_fast_producer_waits_for_a_slow_reader(services: ServiceRegistry) -> None:
    produced = 0

    async def flood() -> AsyncIterator[int]:
        nonlocal produced
        while True:
            produced += 1
            yield produced

    services.register("flood", flood)
    async with services.stream("flood") as items:
        assert await anext(items) == 1
        for _ in range(20):
            await asyncio.sleep(0)
        assert produced <= STREAM_BUFFER + 1


async def test_leaving_the_block_closes_the_generator_before_going_on(services: ServiceRegistry) -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.set()

    services.register("endless", endless)
    async with services.stream("endless") as items:
        async for _ in items:
            break
    assert closed.is_set()


async def test_an_error_of_a_stream_reaches_the_reader_after_the_items(services: ServiceRegistry) -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise KeyError("mine")

    services.register("broken", broken)
    async with services.stream("broken") as items:
        assert await anext(items) == 1
        with pytest.raises(KeyError, match="mine"):
            await anext(items)


async def test_unregistering_ends_open_streams_with_a_reason(services: ServiceRegistry) -> None:
    async def endless() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    services.register("endless", endless)
    async with services.stream("endless") as items:
        assert await anext(items) == 1
        await services.unregister("endless")
        with pytest.raises(Unavailable):
            await anext(items)


async def test_a_plain_service_cannot_be_streamed_and_a_missing_one_is_named(services: ServiceRegistry) -> None:
    services.register("math.double", double)
    with pytest.raises(TypeError, match="call"):
        async with services.stream("math.double", 1):
            pass
    with pytest.raises(ServiceNotFound, match="nothing"):
        async with services.stream("nothing"):
            pass


async def test_every_call_can_be_traced(services: ServiceRegistry) -> None:
    seen = []
    services.trace = lambda name, arguments: seen.append((name, arguments))
    services.register("math.double", double)
    services.register("count", count)
    await services.call("math.double", 1)
    async with services.stream("count", 1):
        pass
    assert seen == [("math.double", (1,)), ("count", (1,))]
