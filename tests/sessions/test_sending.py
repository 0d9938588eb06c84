"""Sending: acknowledged means stored, a token means one message, and refusals say what to do."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.sessions import MessageStored, SessionUpdated, TurnFinished
from atrium.plugins.sessions.limits import MAX_CONTENT_BYTES, MAX_QUEUED
from atrium.sdk import AtriumError, InvalidInput, NotFound, StorageFailed, TooManyRequests
from atrium.testing.held_storage import HeldStorageAdapter
from tests.sessions.hub import ALICE, BOB, Hub


async def test_a_token_gives_the_same_answer_again(hub: Hub) -> None:
    session_id = await hub.create()
    first = await hub.send(session_id, "say once", token="t 1/é")
    await hub.idle(session_id)
    assert await hub.send(session_id, "say once", token="t 1/é") == first
    assert (await hub.get(session_id))["messageCount"] == 2
    assert (await hub.entries(session_id))[0]["data"]["clientToken"] == "t 1/é"


async def test_a_token_with_other_content_or_another_target_is_refused(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "say once", token="t")
    with pytest.raises(InvalidInput) as refused:
        await hub.send(session_id, "say twice", token="t")
    assert [field.field for field in refused.value.fields] == ["clientToken"]
    with pytest.raises(InvalidInput):
        await hub.sessions.send(ALICE, session_id, "say once", target_agent="other", client_token="t")
    await hub.idle(session_id)
    assert (await hub.get(session_id))["messageCount"] == 2


async def test_tokens_belong_to_their_session(hub: Hub) -> None:
    one, two = await hub.create(), await hub.create()
    assert await hub.send(one, "say x", token="t") != await hub.send(two, "say x", token="t")
    await hub.idle(one)
    await hub.idle(two)


async def test_a_hundred_duplicates_at_once_are_one_message(hub: Hub) -> None:
    session_id = await hub.create()
    answers = await asyncio.gather(*(hub.send(session_id, "say once", token="t") for _ in range(100)))
    assert len(set(answers)) == 1
    await hub.idle(session_id)
    assert (await hub.types(session_id)).count("message.added") == 1


async def test_many_senders_at_once_lose_nothing(hub: Hub) -> None:
    session_id = await hub.create()
    answers = await asyncio.gather(*(hub.send(session_id, f"say {n}") for n in range(50)))
    await hub.idle(session_id)
    assert len({a.offset for a in answers}) == 50
    assert (await hub.get(session_id))["messageCount"] == 100
    offsets = [int(e["offset"]) for e in await hub.entries(session_id)]
    assert offsets == sorted(offsets)
    prevs = [int(e["prev"]) for e in await hub.entries(session_id)]
    assert prevs == [0, *offsets[:-1]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        (7, "string"),
        ("a\0b", r"U\+0000"),
        ("half \ud83d", "surrogate"),
        ("x" * (MAX_CONTENT_BYTES + 1), "at most"),
        ("é" * MAX_CONTENT_BYTES, "at most"),
    ],
    ids=["empty", "blank", "number", "nul", "half", "long", "long in bytes"],
)
async def test_content_that_cannot_be_sent_is_refused_by_name(small: Hub, content: Any, words: str) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput, match=words) as refused:
        await small.send(session_id, content)
    assert [field.field for field in refused.value.fields] == ["content"]
    assert (await small.get(session_id))["messageCount"] == 0


async def test_the_longest_content_is_kept_whole(small: Hub) -> None:
    session_id = await small.create()
    content = "say " + "x" * (MAX_CONTENT_BYTES - 4)
    await small.ask(session_id, content)
    assert small.providers.requests[0].content == content


@pytest.mark.parametrize("token", ["", " ", "a\nb", "x" * 201, 7, "\ud800"])
async def test_tokens_that_cannot_be_kept_are_refused_by_name(small: Hub, token: Any) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.send(session_id, "say x", token=token)
    assert [field.field for field in refused.value.fields] == ["clientToken"]


async def test_an_unknown_target_is_refused_by_name(hub: Hub) -> None:
    session_id = await hub.create()
    with pytest.raises(InvalidInput) as refused:
        await hub.sessions.send(ALICE, session_id, "say x", target_agent="nobody")
    assert [field.field for field in refused.value.fields] == ["targetAgent"]


@pytest.mark.parametrize(
    "session_id",
    [
        "",
        "nonsense",
        "../../etc/passwd",
        "0190b6f0-0000-7000-8000-000000000000",
        "0190B6F0-0000-7000-8000-00000000000A",
    ],
)
async def test_unknown_and_malformed_sessions_are_not_found(small: Hub, session_id: str) -> None:
    with pytest.raises(NotFound):
        await small.send(session_id, "say x")


async def test_a_full_queue_refuses_with_a_time_to_wait_but_remembers_tokens(small: Hub) -> None:
    session_id = await small.create()
    await small.send(session_id, "wait here")
    await small.providers.arrived("here")
    first = await small.send(session_id, "say first", token="t")
    for number in range(MAX_QUEUED - 1):
        await small.send(session_id, f"say {number}")
    with pytest.raises(TooManyRequests) as refused:
        await small.send(session_id, "say too much")
    assert refused.value.retry_after
    assert await small.send(session_id, "say first", token="t") == first
    assert (await small.get(session_id))["queued"] == MAX_QUEUED
    await small.sessions.stop_session(ALICE, session_id)
    assert (await small.types(session_id)).count("turn.cancelled") == MAX_QUEUED + 1
    included = (await small.sessions.get(ALICE, session_id, include="messages")).data["messages"]
    assert [m["content"] for m in included[-2:]] == [f"say {MAX_QUEUED - 2}", "half "]


async def test_other_plugins_hear_of_messages_and_turns(hub: Hub) -> None:
    heard: list[Any] = []

    async def hear(event_type: str, event: Any) -> None:
        heard.append(event)

    hub.runtime.event_bus.subscribe("sessions.*", hear)
    session_id = await hub.create(metadata={"title": "T"})
    accepted = await hub.ask(session_id, "say x")
    await hub.runtime.event_bus.drain()
    updates = [e for e in heard if isinstance(e, SessionUpdated)]
    assert [(u.status, u.message_count, u.title) for u in updates] == [
        ("created", 0, "T"),
        ("active", 1, "T"),
        ("active", 2, "T"),
    ]
    assert {u.stream for u in updates} == {f"sessions/{session_id}"}
    [stored] = [e for e in heard if isinstance(e, MessageStored)]
    assert (stored.message_id, stored.space, stored.by) == (accepted.message_id, "user/alice", "alice")
    [finished] = [e for e in heard if isinstance(e, TurnFinished)]
    assert (finished.turn_id, finished.status) == (accepted.turn_id, "completed")
    assert finished.answer_id == (await hub.messages(session_id))[1]["id"]


async def test_a_commit_that_fails_acknowledges_nothing_and_the_session_goes_on() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = asyncio.create_task(hub.send(session_id, "say lost", token="t"))
    await held(adapter)
    adapter.fail(StorageFailed("the disk is full"))
    with pytest.raises(StorageFailed):
        await sending
    adapter.hold = False
    await hub.send(session_id, "say kept", token="t")
    await hub.idle(session_id)
    assert [m["content"] for m in await hub.messages(session_id)] == ["say kept", "you said kept "]
    await hub.stop()


async def held(adapter: HeldStorageAdapter) -> None:
    for _ in range(100):
        if adapter.held:
            return
        await asyncio.sleep(0)
    raise AssertionError("nothing was committed")


async def test_a_caller_that_goes_away_while_the_commit_waits_changes_nothing() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = asyncio.create_task(hub.send(session_id, "say still here"))
    await held(adapter)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    adapter.hold = False
    adapter.let_go()
    await hub.until(session_id, lambda s: s["messageCount"] == 2)
    await hub.stop()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_callers_cancelled_at_random_points_lose_nothing_and_double_nothing(seed: int) -> None:
    """Whoever was answered finds the message; whoever was cancelled may find it, and may send it again by its token."""
    chance = random.Random(seed)
    hub = await Hub(MemoryStorageAdapter()).start()
    try:
        session_id = await hub.create()
        answered: dict[str, str] = {}

        async def send(number: int) -> None:
            accepted = await hub.send(session_id, f"say {number}", token=str(number))
            answered[accepted.message_id] = f"say {number}"

        tasks = [asyncio.create_task(send(number)) for number in range(12)]
        while running := [task for task in tasks if not task.done()]:
            if chance.random() < 0.3:
                chance.choice(running).cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        for number in range(12):
            await send(number)
        await hub.idle(session_id)
        messages = await hub.messages(session_id)
        questions = {m["id"]: m["content"] for m in messages if m["role"] == "user"}
        assert answered.items() <= questions.items()
        assert sorted(questions.values()) == sorted(f"say {number}" for number in range(12))
        assert len(messages) == 24
        assert {m["status"] for m in messages} == {"completed"}
    finally:
        await hub.stop()


async def test_a_stopped_plugin_answers_whoever_waits() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = asyncio.create_task(hub.send(session_id, "say x"))
    await held(adapter)
    stopping = asyncio.create_task(hub.runtime.plugin_manager.stop_plugin("sessions"))
    await asyncio.sleep(0)
    adapter.hold = False
    adapter.let_go()
    await stopping
    assert (await sending).message_id
    await hub.stop()


async def test_another_person_sees_nothing_of_it(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    calls: list[Any] = [
        hub.sessions.get(BOB, session_id),
        hub.sessions.send(BOB, session_id, "hi"),
        hub.sessions.messages(BOB, session_id),
        hub.sessions.events_of(BOB, session_id),
        hub.sessions.cancel(BOB, session_id),
        hub.sessions.stop_session(BOB, session_id),
        hub.sessions.retry(BOB, session_id),
        hub.sessions.fork(BOB, session_id),
        hub.sessions.update(BOB, session_id, {"title": "mine"}),
        hub.sessions.delete(BOB, session_id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            await call
    assert (await hub.sessions.list_sessions(BOB)).data == []
    assert await hub.sessions.overview(BOB) == []
    assert (await hub.get(session_id))["turn"]["status"] == "running"
    hub.providers.gate("x").set()
    await hub.idle(session_id)


async def test_errors_are_of_the_one_tree(small: Hub) -> None:
    session_id = await small.create()
    with pytest.raises(AtriumError) as refused:
        await small.sessions.cancel(ALICE, session_id)
    assert refused.value.status == 409
