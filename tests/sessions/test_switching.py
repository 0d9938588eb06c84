"""Another provider for a session: because a person wants it, or because its own one fails; with the conversation."""

import asyncio
import copy
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.sdk import InvalidInput, NotFound, StorageFailed
from atrium.sdk.errors import ProviderAuthFailed, ProviderCrashed, ProviderError, ProviderUnreachable
from atrium.sdk.providers import ChatMessage, TextDelta, ToolCall, ToolResult
from atrium.testing.held_storage import HeldStorageAdapter
from tests.sessions.failing import FailingHub, Flaky, failing_hub
from tests.sessions.hub import ALICE, BOB, committing, ends


def said(history: Any) -> list[tuple[str, str, str]]:
    return [(message.role, message.content, message.provider_id) for message in history]


async def switch(hub: FailingHub, session_id: str, provider_id: str, *, retry: bool = False) -> dict[str, Any]:
    data: dict[str, Any] = (await hub.sessions.switch_provider(ALICE, session_id, provider_id, retry)).data
    return data


async def test_the_next_turn_is_answered_by_the_other_one_with_all_that_was_said() -> None:
    call = ToolCall("t1", "search", {"q": "x"})
    one = Flaky("one", [call, ToolResult("t1", "search", "found y"), TextDelta("it is y")])
    two = Flaky("two")
    async with failing_hub(one, two) as hub:
        session_id = await hub.create(provider_id="one", settings={"model": "big", "cwd": "/tmp"})
        await hub.ask(session_id, "what is x?")
        assert (await switch(hub, session_id, "two"))["providerId"] == "two"
        await hub.ask(session_id, "are you sure?")
        [request] = two.requests
        assert said(request.history) == [("user", "what is x?", "one"), ("assistant", "it is y", "one")]
        [tool] = request.history[1].tools
        assert (tool.name, tool.arguments, tool.output, tool.status) == ("search", {"q": "x"}, "found y", "completed")
        assert request.settings == {"cwd": "/tmp"}, "a model of the one says nothing to the other"
        [changed] = await hub.told(session_id, "provider.changed")
        assert changed == {
            "providerId": "two",
            "before": "one",
            "reason": "requested",
            "messages": 2,
            "kept": 2,
            "by": "alice",
        }
        await switch(hub, session_id, "one")
        await hub.ask(session_id, "and you?")
        assert one.requests[-1].settings == {"model": "big", "cwd": "/tmp"}
        assert said(one.requests[-1].history)[-1] == ("assistant", "two answers", "two")


async def test_a_provider_without_tools_reads_of_them() -> None:
    one = Flaky("one", [ToolCall("t1", "search", {"q": "x"}), ToolResult("t1", "search", "y" * 5000)])
    plain = Flaky("plain")
    plain.info.capabilities["tools"] = False  # type: ignore[index]  # this test's own mapping
    async with failing_hub(one, plain) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.ask(session_id, "what is x?")
        await switch(hub, session_id, "plain")
        await hub.ask(session_id, "well?")
        told: ChatMessage = plain.requests[0].history[1]
        assert told.tools == ()
        assert told.content.startswith('[tool search {"q": "x"}, completed: yyy')
        assert "[1000 more characters]" in told.content


async def test_the_note_says_how_much_the_other_one_can_read() -> None:
    async with failing_hub(Flaky("one"), Flaky("small", historyCharacters=40)) as hub:
        session_id = await hub.create(provider_id="one")
        for number in range(3):
            await hub.ask(session_id, f"question {number}")
        await switch(hub, session_id, "small")
        [changed] = await hub.told(session_id, "provider.changed")
        assert (changed["messages"], changed["kept"]) == (6, 2)


async def test_the_same_provider_again_changes_nothing() -> None:
    async with failing_hub(Flaky("one")) as hub:
        session_id = await hub.create(provider_id="one")
        await switch(hub, session_id, "one")
        assert await hub.entries(session_id) == []


async def test_what_cannot_be_is_refused_by_name() -> None:
    async with failing_hub(Flaky("one"), Flaky("two")) as hub:
        session_id = await hub.create(provider_id="one")
        with pytest.raises(InvalidInput, match="'none' is not a provider; there is one, two") as refusal:
            await switch(hub, session_id, "none")
        assert refusal.value.fields[0].field == "providerId"
        with pytest.raises(NotFound):
            await hub.sessions.switch_provider(BOB, session_id, "two")
        with pytest.raises(InvalidInput, match=r"fallback\.1: 'none' is not a provider"):
            await hub.create(provider_id="one", fallback=["two", "none"])
        with pytest.raises(InvalidInput, match="at most 10"):
            await hub.sessions.update(ALICE, session_id, fallback=["two"] * 11)
        await hub.sessions.stop_session(ALICE, session_id)
        with pytest.raises(Exception, match="stopped"):
            await switch(hub, session_id, "two")
        assert (await hub.get(session_id))["providerId"] == "one"


async def test_a_failed_turn_is_asked_again_of_the_other_one_in_one_step() -> None:
    one, two = Flaky("one", [ProviderAuthFailed("bad key")]), Flaky("two")
    async with failing_hub(one, two) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.ask(session_id, "hello")
        await switch(hub, session_id, "two", retry=True)
        await hub.idle(session_id)
        assert ends(await hub.types(session_id)) == ["turn.failed", "turn.completed"]
        assert [request.content for request in two.requests] == ["hello"]
        assert (await hub.told(session_id, "turn.started"))[1]["providerId"] == "two"


async def test_a_turn_that_waits_to_be_tried_again_goes_on_with_the_other_one_at_once() -> None:
    one, two = Flaky("one", [ProviderUnreachable("no route")]), Flaky("two")
    async with failing_hub(one, two) as hub:
        session_id = await hub.create(provider_id="one")
        accepted = await hub.send(session_id, "hello")
        await hub.shown(session_id, lambda entry: entry["type"] == "sessions.provider.retrying.v1")
        await switch(hub, session_id, "two")
        await hub.idle(session_id)
        [changed] = await hub.told(session_id, "provider.changed")
        assert changed["turnId"] == accepted.turn_id
        assert ends(await hub.types(session_id)) == ["turn.completed"]
        assert (len(one.requests), len(two.requests)) == (1, 1)
        await hub.ask(session_id, "and now?")
        assert said(two.requests[-1].history)[0] == ("user", "hello", "two"), "who was asked in the end"


async def test_cancelling_works_while_it_waits_to_be_tried_again() -> None:
    one = Flaky("one", [ProviderUnreachable("no route")])
    async with failing_hub(one) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.send(session_id, "hello")
        await hub.shown(session_id, lambda entry: entry["type"] == "sessions.provider.retrying.v1")
        await hub.sessions.cancel(ALICE, session_id)
        assert ends(await hub.types(session_id)) == ["turn.cancelled"]
        assert len(one.requests) == 1


async def test_a_turn_that_is_being_answered_keeps_its_provider() -> None:
    gate = asyncio.Event()
    one, two = Flaky("one", [TextDelta("I was "), gate, TextDelta("first")]), Flaky("two")
    async with failing_hub(one, two) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.send(session_id, "hello")
        await hub.shown(session_id, lambda entry: entry["type"] == "sessions.message.delta.v1")
        await switch(hub, session_id, "two")
        gate.set()
        await hub.ask(session_id, "next")
        assert [m["content"] for m in await hub.told(session_id, "message.completed")] == ["I was first", "two answers"]
        [changed] = await hub.told(session_id, "provider.changed")
        assert "turnId" not in changed


@pytest.mark.parametrize("error", [ProviderUnreachable("no route"), ProviderAuthFailed("bad key"), KeyError("bug")])
async def test_the_next_of_the_chain_goes_on_and_everybody_is_told(error: Exception) -> None:
    one, two, three = Flaky("one", [error]), Flaky("two", [ProviderCrashed("gone")]), Flaky("three")
    async with failing_hub(one, two, three, attempts=1, fallback=["none", "one", "two", "three"]) as hub:
        session_id = await hub.create(provider_id="one")
        accepted = await hub.ask(session_id, "hello")
        changes = await hub.told(session_id, "provider.changed")
        assert [(c["before"], c["providerId"], c["reason"]) for c in changes] == [
            ("one", "two", "fallback"),
            ("two", "three", "fallback"),
        ]
        assert {c["turnId"] for c in changes} == {accepted.turn_id}
        assert changes[1]["problem"]["code"] == "PROVIDER_CRASHED"
        assert ends(await hub.types(session_id)) == ["turn.completed"]
        assert (await hub.get(session_id))["providerId"] == "three"


async def test_a_session_has_its_own_chain_and_none_if_it_wants_none() -> None:
    failing: list[Any] = [ProviderAuthFailed("bad key")]
    one, two, three = Flaky("one", failing, failing), Flaky("two"), Flaky("three")
    async with failing_hub(one, two, three, fallback=["two"]) as hub:
        own = await hub.create(provider_id="one", fallback=["three"])
        assert (await hub.get(own))["fallback"] == ["three"]
        await hub.ask(own, "hello")
        assert (await hub.get(own))["providerId"] == "three"
        none = await hub.create(provider_id="one")
        await hub.sessions.update(ALICE, none, fallback=[])
        await hub.ask(none, "hello")
        assert ends(await hub.types(none)) == ["turn.failed"]


async def test_a_message_for_one_provider_goes_to_no_other() -> None:
    class BudgetExceeded(ProviderError):
        """The budget is used up."""

        category = "userAction"
        hands_over = False

    one, two = Flaky("one", [BudgetExceeded("enough")]), Flaky("two", [ProviderAuthFailed("bad key")])
    async with failing_hub(one, two, fallback=["two", "one"]) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.sessions.send(ALICE, session_id, "hello", target_agent="two")
        await hub.idle(session_id)
        await hub.ask(session_id, "a budget does not hand over either")
        assert ends(await hub.types(session_id)) == ["turn.failed", "turn.failed"]
        assert await hub.told(session_id, "provider.changed") == []


async def test_two_who_switch_at_once_end_with_one_provider_and_the_turn_is_its() -> None:
    gate = asyncio.Event()
    one, two, three = Flaky("one", [gate]), Flaky("two"), Flaky("three")
    async with failing_hub(one, two, three) as hub:
        session_id = await hub.create(provider_id="one")
        await hub.send(session_id, "hello")
        await one.arrived.wait()
        await asyncio.gather(*(switch(hub, session_id, name) for name in ("two", "three", "two", "three")))
        await hub.idle(session_id)
        now = (await hub.get(session_id))["providerId"]
        changes = await hub.told(session_id, "provider.changed")
        assert changes[-1]["providerId"] == now
        assert [a["providerId"] for a in changes[:-1]] == [b["before"] for b in changes[1:]]
        assert [m["content"] for m in await hub.told(session_id, "message.completed")] == [f"{now} answers"]
        assert ends(await hub.types(session_id)) == ["turn.completed"]


async def test_a_switch_that_cannot_be_stored_leaves_all_as_it_was() -> None:
    adapter = HeldStorageAdapter()
    hub = FailingHub(adapter, Flaky("one", [asyncio.Event()]), two := Flaky("two"))
    await hub.start()
    try:
        session_id = await hub.create(provider_id="one")
        await hub.send(session_id, "hello")
        await hub.flaky["one"].arrived.wait()
        adapter.hold = True
        switching = asyncio.create_task(switch(hub, session_id, "two"))
        await committing(adapter)
        adapter.hold = False
        adapter.fail(StorageFailed("the disk is full"))
        with pytest.raises(StorageFailed):
            await switching
        await hub.idle(session_id)
        assert (await hub.get(session_id))["providerId"] == "one"
        assert two.requests == []
        assert [m["content"] for m in await hub.told(session_id, "message.completed")] == ["one answers"]
    finally:
        await hub.stop()


async def test_a_crash_between_two_attempts_leaves_a_turn_that_can_be_asked_of_another() -> None:
    adapter = MemoryStorageAdapter()
    before = FailingHub(adapter, Flaky("one", [ProviderUnreachable("no route")]), Flaky("two"))
    await before.start()
    session_id = await before.create(provider_id="one")
    accepted = await before.send(session_id, "hello")
    await before.shown(session_id, lambda entry: entry["type"] == "sessions.provider.retrying.v1")
    after = FailingHub(copy.deepcopy(adapter), Flaky("one"), two := Flaky("two"))
    await before.stop()
    await after.start()
    try:
        assert (await after.get(session_id))["turn"] == {"id": accepted.turn_id, "status": "interrupted"}
        await switch(after, session_id, "two", retry=True)
        await after.idle(session_id)
        assert ends(await after.types(session_id)) == ["turn.interrupted", "turn.completed"]
        assert [request.content for request in two.requests] == ["hello"]
    finally:
        await after.stop()


async def test_a_turn_of_a_provider_that_is_gone_goes_to_the_next_one() -> None:
    adapter = MemoryStorageAdapter()
    before = FailingHub(adapter, Flaky("one"))
    await before.start()
    session_id = await before.create(provider_id="one")
    await before.stop()
    after = FailingHub(copy.deepcopy(adapter), Flaky("two"), fallback=["two"])
    await after.start()
    try:
        await after.send(session_id, "hello")
        await after.idle(session_id)
        assert [m["content"] for m in await after.told(session_id, "message.completed")] == ["two answers"]
        [change] = await after.told(session_id, "provider.changed")
        assert change["problem"]["code"] == "PROVIDER_NOT_INSTALLED"
    finally:
        await after.stop()
