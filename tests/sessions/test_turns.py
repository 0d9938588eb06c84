"""Turns: what a message causes, in its order, and how it ends."""

import asyncio

import orjson
import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions.limits import MAX_ANSWER_CHARACTERS
from tests.sessions.hub import ALICE, Hub, ends, short


async def test_a_message_is_answered(hub: Hub) -> None:
    session_id = await hub.create()
    accepted = await hub.send(session_id, "say hello there")
    session = await hub.idle(session_id)
    entries = await hub.entries(session_id)
    assert [short(e["type"]) for e in entries] == [
        "message.added",
        "turn.started",
        "message.completed",
        "turn.completed",
    ]
    assert entries[0]["offset"] == accepted.offset
    assert entries[0]["prev"] == "0"
    assert entries[0]["source"] == f"/sessions/{session_id}"
    assert entries[0]["data"] == {
        "messageId": accepted.message_id,
        "turnId": accepted.turn_id,
        "role": "user",
        "content": "say hello there",
        "attachments": [],
        "by": "alice",
    }
    assert entries[2]["data"]["content"] == "you said hello there "
    assert {e["data"]["turnId"] for e in entries} == {accepted.turn_id}
    assert isinstance(entries[3]["data"]["durationMs"], int)
    assert (session["status"], session["messageCount"], session["turn"], session["queued"]) == ("active", 2, None, 0)


async def test_messages_list_both_sides_with_the_status_of_their_turn(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say a")
    await hub.ask(session_id, "fail late")
    await hub.send(session_id, "wait here")
    await hub.providers.arrived("here")
    waiting = await hub.send(session_id, "say later")
    messages = await hub.messages(session_id)
    assert [(m["role"], m["content"], m["status"]) for m in messages] == [
        ("user", "say a", "completed"),
        ("assistant", "you said a ", "completed"),
        ("user", "fail late", "failed"),
        ("assistant", "so far", "failed"),
        ("user", "wait here", "running"),
        ("user", "say later", "queued"),
    ]
    assert messages[-1]["turnId"] == waiting.turn_id
    included = (await hub.sessions.get(ALICE, session_id, include="messages")).data["messages"]
    assert included == messages


async def test_deltas_are_shown_at_once_and_trimmed_by_the_whole_text(hub: Hub) -> None:
    session_id = await hub.create()
    tail = await hub.storage.tail(f"sessions/{session_id}")
    await hub.send(session_id, "wait x")
    seen: list[dict[str, object]] = []
    async for batch in tail:
        seen += [orjson.loads(entry.encoded) for entry in batch]
        if seen[-1]["type"] == "sessions.message.delta.v1" and len(seen) == 3:
            hub.providers.gate("x").set()
        if seen[-1]["type"] == "sessions.turn.completed.v1":
            break
    deltas = [entry["data"] for entry in seen if entry["type"] == "sessions.message.delta.v1"]
    [completed] = [entry["data"] for entry in seen if entry["type"] == "sessions.message.completed.v1"]
    assert isinstance(completed, dict)
    assert [(d["index"], d["content"], d["role"]) for d in deltas if isinstance(d, dict)] == [
        (0, "half ", "assistant"),
        (1, "whole", "assistant"),
    ]
    assert {d["messageId"] for d in deltas if isinstance(d, dict)} == {completed["messageId"]}
    assert "".join(str(d["content"]) for d in deltas if isinstance(d, dict)) == completed["content"]
    assert len(await hub.entries(session_id, hints=True)) == 4


async def test_thinking_comes_before_the_answer_and_usage_is_the_last_reported(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "think")
    entries = {short(e["type"]): e["data"] for e in await hub.entries(session_id)}
    assert list(entries) == [
        "message.added",
        "turn.started",
        "thinking.completed",
        "message.completed",
        "usage.reported",
        "turn.completed",
    ]
    assert entries["thinking.completed"]["content"] == "hm hm"
    assert entries["thinking.completed"]["messageId"] == entries["message.completed"]["messageId"]
    usage = entries["usage.reported"]
    assert (usage["inputTokens"], usage["outputTokens"], usage["cost"]) == (10, 20, 0.5)


async def test_what_there_is_to_know_of_a_turn_is_noted(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "note")
    entries = {short(e["type"]): e["data"] for e in await hub.entries(session_id)}
    assert list(entries) == ["message.added", "turn.started", "note.added", "message.completed", "turn.completed"]
    assert entries["note.added"]["content"] == "its beginning was left out"


async def test_tools_are_announced_updated_and_finished_even_when_the_provider_forgets(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "tool")
    tools = [
        (short(e["type"]), e["data"]["toolCallId"], e["data"]["name"], e["data"]["status"])
        for e in await hub.entries(session_id)
        if e["type"].startswith("sessions.tool.")
    ]
    assert tools == [
        ("tool.called", "t1", "search", "running"),
        ("tool.updated", "t1", "search", "waiting"),
        ("tool.finished", "t1", "search", "completed"),
        ("tool.called", "t2", "unannounced", "running"),
        ("tool.finished", "t2", "unannounced", "failed"),
        ("tool.called", "t3", "left_open", "running"),
        ("tool.finished", "t3", "left_open", "completed"),
    ]
    finished = [e["data"] for e in await hub.entries(session_id) if e["type"] == "sessions.tool.finished.v1"]
    assert all(isinstance(data["durationMs"], int) for data in finished)
    assert finished[0]["output"] == "found"


async def test_a_failure_keeps_the_partial_text_and_says_what_to_do(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "fail late")
    entries = await hub.entries(session_id)
    assert [short(e["type"]) for e in entries][-2:] == ["message.completed", "turn.failed"]
    problem = entries[-1]["data"]["problem"]
    assert problem["code"] == "PROVIDER_RATE_LIMIT"
    assert problem["retryAfter"] == 3.0
    assert problem["detail"] == "slow down"
    assert {"id": "switch_provider", "label": "Use another provider"} in problem["actions"]
    assert (await hub.get(session_id))["messageCount"] == 2


async def test_a_failure_without_text_leaves_no_message_and_does_not_block_the_queue(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "fail now")
    await hub.ask(session_id, "say go on")
    assert ends(await hub.types(session_id)) == ["turn.failed", "turn.completed"]
    assert [m["role"] for m in await hub.messages(session_id)].count("assistant") == 1


async def test_a_crash_in_a_provider_fails_its_turn_and_tells_no_secrets(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "crash")
    end = (await hub.entries(session_id))[-1]
    assert short(end["type"]) == "turn.failed"
    assert "bug" not in orjson.dumps(end).decode()
    assert "RuntimeError: a bug" in caplog.text


async def test_a_provider_that_is_not_there_fails_the_turn(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.runtime.service_registry.unregister("providers.run")
    await hub.ask(session_id, "say anything")
    assert (await hub.entries(session_id))[-1]["data"]["problem"]["code"] == "SERVICE_NOT_FOUND"


async def test_an_answer_without_text_still_completes_with_a_message(hub: Hub) -> None:
    session_id = await hub.create()
    hub.providers.gate("x").set()
    await hub.ask(session_id, "silent x")
    assert (await hub.entries(session_id))[-2]["data"]["content"] == ""
    await hub.ask(session_id, "say hi")
    assert [m.role for m in hub.providers.requests[-1].history] == ["user"]


async def test_halves_of_characters_from_a_provider_are_replaced(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "halves")
    assert (await hub.entries(session_id))[-2]["data"]["content"] == "a\ufffd\ufffdb"


async def test_nothing_a_provider_sends_keeps_a_turn_from_ending(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "broken")
    entries = await hub.entries(session_id)
    assert [short(e["type"]) for e in entries[2:]] == ["tool.called", "tool.finished", "usage.reported", "turn.failed"]
    assert entries[2]["data"]["arguments"] == {"q": ["\ufffd", {"k": "\ufffd"}, 1]}
    assert entries[3]["data"]["output"] == "\ufffd"
    assert entries[4]["data"] == {"turnId": entries[0]["data"]["turnId"], "inputTokens": 1, "outputTokens": 2}
    assert entries[5]["data"]["problem"]["detail"] == "why \ufffd"
    assert "retryAfter" not in entries[5]["data"]["problem"]
    await hub.ask(session_id, "wrong")
    assert ends(await hub.types(session_id)) == ["turn.failed", "turn.failed"]


async def test_an_endless_answer_is_cut(small: Hub) -> None:
    session_id = await small.create()
    await small.ask(session_id, "flood")
    [*_, completed, end] = await small.entries(session_id)
    assert end["data"]["problem"]["code"] == "ANSWER_TOO_LONG"
    assert len(completed["data"]["content"]) == MAX_ANSWER_CHARACTERS


async def test_turns_of_a_session_run_one_after_another_in_order(hub: Hub) -> None:
    session_id = await hub.create()
    for number in range(20):
        await hub.send(session_id, f"say {number}")
    await hub.idle(session_id)
    assert [r.content for r in hub.providers.requests] == [f"say {number}" for number in range(20)]
    assert hub.providers.most == 1
    session = await hub.get(session_id)
    assert session["messageCount"] == 40


async def test_history_is_what_was_said_before_the_message_in_the_order_of_questions(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say two")
    await hub.send(session_id, "fail now")
    await hub.send(session_id, "say four")
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    last = hub.providers.requests[-1]
    assert last.content == "say four"
    assert [(m.role, m.content) for m in last.history] == [
        ("user", "wait x"),
        ("assistant", "half whole"),
        ("user", "say two"),
        ("assistant", "you said two "),
        ("user", "fail now"),
    ]
    assert hub.providers.requests[0].history == []


async def test_history_is_bounded(small: Hub) -> None:
    session_id = await small.create()
    for number in range(120):
        await small.ask(session_id, f"say {number}")
    history = small.providers.requests[-1].history
    assert len(history) == 200
    assert history[0].content == "say 19"
    assert history[-1].content == "you said 118 "
    big = "say " + "y" * 150_000
    await small.ask(session_id, big)
    await small.ask(session_id, "say end")
    assert small.providers.requests[-1].history == []


async def test_an_old_message_is_found_again_though_its_conversation_was_trimmed(small: Hub) -> None:
    session_id = await small.create()
    await small.ask(session_id, "say first")
    await small.ask(session_id, "fail now")
    for _ in range(4):
        await small.ask(session_id, "say " + "y" * 150_000)
    await small.ask(session_id, "say short")
    await small.sessions.retry(ALICE, session_id)
    await small.idle(session_id)
    request = small.providers.requests[-1]
    assert request.content == "fail now"
    assert [m.content for m in request.history] == ["say first", "you said first "]


async def test_a_message_may_name_another_provider_and_settings_travel_along(hub: Hub) -> None:
    session_id = await hub.create(settings={"model": "m"})
    await hub.sessions.send(ALICE, session_id, "say x", target_agent="other")
    await hub.idle(session_id)
    assert hub.providers.used == ["other"]
    assert hub.providers.requests[0].settings == {"model": "m"}
    started = (await hub.entries(session_id))[1]["data"]
    assert started["providerId"] == "other"
    assert started["messageId"] == (await hub.messages(session_id))[0]["id"]


async def test_at_most_max_concurrent_turns_run_and_the_others_wait_as_queued() -> None:
    hub = await Hub(MemoryStorageAdapter(), config={"sessions": {"maxConcurrent": 2}}).start()
    try:
        ids = [await hub.create() for _ in range(5)]
        for session_id in ids:
            await hub.send(session_id, "wait all")
        await asyncio.gather(*(hub.until(i, lambda s: s["turn"] is not None) for i in ids[:2]))
        assert [(await hub.get(i))["queued"] for i in ids] == [0, 0, 1, 1, 1]
        hub.providers.gate("all").set()
        for session_id in ids:
            await hub.idle(session_id)
        assert hub.providers.most == 2
    finally:
        await hub.stop()
