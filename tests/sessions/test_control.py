"""Cancelling, dismissing, withdrawing and retrying turns."""

import asyncio

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.contracts.sessions import SendMessage
from atrium.plugins.sessions.errors import NothingToCancel, NothingToRetry, SessionIsStopped
from atrium.sdk import InvalidInput, NotFound
from atrium.testing.clock import ManualClock
from tests.sessions.hub import ALICE, Hub, ends


async def test_cancel_ends_the_running_turn_with_its_partial_text(hub: Hub) -> None:
    session_id = await hub.create()
    accepted = await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    answer = await hub.sessions.cancel(ALICE, session_id)
    assert (answer.turn_id, answer.status) == (accepted.turn_id, "cancelled")
    assert (await hub.types(session_id))[-2:] == ["message.completed", "turn.cancelled"]
    assert [(m["content"], m["status"]) for m in await hub.messages(session_id)] == [
        ("wait x", "cancelled"),
        ("half ", "cancelled"),
    ]
    assert hub.providers.running == 0
    session = await hub.get(session_id)
    assert (session["turn"], session["messageCount"]) == (None, 2)


async def test_the_queue_goes_on_after_a_cancelled_turn(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "silent x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say next")
    await hub.sessions.cancel(ALICE, session_id)
    await hub.idle(session_id)
    assert ends(await hub.types(session_id)) == ["turn.cancelled", "turn.completed"]


async def test_a_queued_turn_is_withdrawn_by_its_id(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    queued = await hub.send(session_id, "say never")
    await hub.send(session_id, "say last")
    assert (await hub.sessions.cancel(ALICE, session_id, turn_id=queued.turn_id)).status == "cancelled"
    assert (await hub.get(session_id))["queued"] == 1
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    assert [r.content for r in hub.providers.requests] == ["wait x", "say last"]
    assert "say never" not in [m.content for m in hub.providers.requests[-1].history]
    with pytest.raises(NothingToCancel, match="cancelled"):
        await hub.sessions.cancel(ALICE, session_id, turn_id=queued.turn_id)


async def test_the_running_turn_is_cancelled_by_its_id_and_others_are_not(hub: Hub) -> None:
    session_id = await hub.create()
    done = await hub.ask(session_id, "say done")
    running = await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    with pytest.raises(NothingToCancel, match="completed"):
        await hub.sessions.cancel(ALICE, session_id, turn_id=done.turn_id)
    with pytest.raises(NotFound):
        await hub.sessions.cancel(ALICE, session_id, turn_id="no-such-turn")
    assert (await hub.sessions.cancel(ALICE, session_id, turn_id=running.turn_id)).status == "cancelled"


async def test_a_turn_of_another_session_is_not_found(hub: Hub) -> None:
    one, two = await hub.create(), await hub.create()
    running = await hub.send(one, "wait x")
    await hub.providers.arrived("x")
    with pytest.raises(NotFound):
        await hub.sessions.cancel(ALICE, two, turn_id=running.turn_id)
    hub.providers.gate("x").set()
    await hub.idle(one)


async def test_nothing_to_cancel_is_said_plainly(hub: Hub) -> None:
    session_id = await hub.create()
    with pytest.raises(NothingToCancel, match="turnId"):
        await hub.sessions.cancel(ALICE, session_id)


async def test_cancels_at_once_end_a_turn_once(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    answers = await asyncio.gather(*(hub.sessions.cancel(ALICE, session_id) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(a, NothingToCancel) or getattr(a, "status", "") == "cancelled" for a in answers)
    assert ends(await hub.types(session_id)) == ["turn.cancelled"]


async def test_a_cancel_whose_caller_goes_away_still_cancels(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    cancelling = asyncio.create_task(hub.sessions.cancel(ALICE, session_id))
    await asyncio.sleep(0)
    cancelling.cancel()
    await hub.idle(session_id)
    assert ends(await hub.types(session_id)) == ["turn.cancelled"]


async def test_a_provider_that_does_not_stop_does_not_hold_up_its_session(caplog: pytest.LogCaptureFixture) -> None:
    hub = await Hub(MemoryStorageAdapter(), clock=ManualClock()).start()
    session_id = await hub.create()
    await hub.send(session_id, "stubborn x")
    await hub.providers.arrived("x")
    assert (await hub.sessions.cancel(ALICE, session_id)).status == "cancelled"
    assert "does not stop" in caplog.text
    await hub.ask(session_id, "say next")
    hub.providers.gate("x").set()
    await hub.stop()
    assert [e["data"]["content"] for e in await hub.entries(session_id) if "content" in e["data"]] == [
        "stubborn x",
        "never ",
        "say next",
        "you said next ",
    ]


async def test_a_cancelled_tool_call_does_not_stay_open(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "tool x")
    await hub.shown(session_id, lambda entry: entry["data"].get("toolCallId") == "t3")
    await hub.sessions.cancel(ALICE, session_id)
    last = [e["data"] for e in await hub.entries(session_id) if e["type"] == "sessions.tool.finished.v1"][-1]
    assert (last["toolCallId"], last["status"]) == ("t3", "cancelled")


async def test_retry_runs_the_message_of_the_last_turn_that_ended_badly(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say before")
    failed = await hub.ask(session_id, "fail late")
    await hub.ask(session_id, "say after")
    answer = await hub.sessions.retry(ALICE, session_id)
    assert answer.status == "queued"
    assert answer.turn_id != failed.turn_id
    await hub.idle(session_id)
    request = hub.providers.requests[-1]
    assert request.content == "fail late"
    assert [m.content for m in request.history] == ["say before", "you said before "]
    [question] = [m for m in await hub.messages(session_id) if m["content"] == "fail late"]
    assert (question["id"], question["turnId"], question["status"]) == (failed.message_id, answer.turn_id, "failed")
    assert (await hub.get(session_id))["messageCount"] == 7


async def test_retry_goes_ahead_of_the_queue(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "fail now")
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say queued")
    await hub.sessions.retry(ALICE, session_id)
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    assert [r.content for r in hub.providers.requests] == ["fail now", "wait x", "fail now", "say queued"]


async def test_a_retry_can_be_retried_but_not_the_same_turn_twice(hub: Hub) -> None:
    session_id = await hub.create()
    first = await hub.ask(session_id, "fail late")
    for _ in range(3):
        await hub.sessions.retry(ALICE, session_id)
        await hub.idle(session_id)
    with pytest.raises(NothingToRetry, match="already"):
        await hub.sessions.retry(ALICE, session_id, turn_id=first.turn_id)
    assert ends(await hub.types(session_id)) == ["turn.failed"] * 4
    assert (await hub.messages(session_id))[0]["turnId"] == hub.providers.requests[-1].turn_id


async def test_nothing_to_retry_is_said_plainly(hub: Hub) -> None:
    session_id = await hub.create()
    with pytest.raises(NothingToRetry):
        await hub.sessions.retry(ALICE, session_id)
    done = await hub.ask(session_id, "say done")
    with pytest.raises(NothingToRetry, match="no turn"):
        await hub.sessions.retry(ALICE, session_id)
    await hub.ask(session_id, "say more")
    with pytest.raises(NothingToRetry, match="fork before"):
        await hub.sessions.retry(ALICE, session_id, turn_id=done.turn_id)
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    turn = (await hub.get(session_id))["turn"]
    with pytest.raises(NothingToRetry, match="running"):
        await hub.sessions.retry(ALICE, session_id, turn_id=turn["id"])
    hub.providers.gate("x").set()
    await hub.idle(session_id)


async def test_the_last_answer_can_be_asked_for_again(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.ask(session_id, "say first")
    asked = await hub.ask(session_id, "say second")
    again = await hub.sessions.retry(ALICE, session_id, turn_id=asked.turn_id)
    await hub.idle(session_id)
    assert [m.content for m in hub.providers.requests[-1].history] == ["say first", "you said first "]
    with pytest.raises(NothingToRetry, match="retried already"):
        await hub.sessions.retry(ALICE, session_id, turn_id=asked.turn_id)
    await hub.sessions.retry(ALICE, session_id, turn_id=again.turn_id)
    await hub.idle(session_id)
    assert (await hub.types(session_id)).count("message.completed") == 4
    question = next(m for m in await hub.messages(session_id) if m["id"] == asked.message_id)
    assert question["turnId"] not in {asked.turn_id, again.turn_id}
    await hub.ask(session_id, "say next")
    assert len(hub.providers.requests[-1].history) == 4


async def test_stop_cancels_everything_and_refuses_what_comes_later(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x", token="t")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say queued")
    assert (await hub.sessions.stop_session(ALICE, session_id)).status == "stopped"
    assert (await hub.types(session_id))[-4:] == [
        "message.completed",
        "turn.cancelled",
        "turn.cancelled",
        "session.stopped",
    ]
    session = await hub.get(session_id)
    assert (session["status"], session["turn"], session["queued"]) == ("stopped", None, 0)
    with pytest.raises(SessionIsStopped) as refused:
        await hub.send(session_id, "say no")
    assert (refused.value.code, refused.value.status) == ("SESSION_STOPPED", 409)
    assert [action.id for action in refused.value.actions] == ["fork"]
    with pytest.raises(SessionIsStopped):
        await hub.sessions.retry(ALICE, session_id)
    assert (await hub.send(session_id, "wait x", token="t")).turn_id
    count = len(await hub.entries(session_id))
    await hub.sessions.stop_session(ALICE, session_id)
    assert len(await hub.entries(session_id)) == count
    assert hub.providers.stopped == [("echo", session_id)]


async def test_frames_do_what_routes_do(hub: Hub) -> None:
    created = await hub.sessions.on_create(ALICE, None, {"providerId": "echo", "metadata": {"title": "T"}})
    assert created.ws_url.endswith(f"/api/v1/sessions/{created.session_id}/stream")
    session_id = created.session_id
    assert (await hub.get(session_id))["metadata"] == {"title": "T", "tags": []}
    accepted = await hub.sessions.on_message(ALICE, session_id, {"content": "wait x", "clientToken": "t"})
    await hub.providers.arrived("x")
    assert (await hub.sessions.on_cancel(ALICE, session_id, None)).turn_id == accepted.turn_id
    assert (await hub.sessions.on_stop(ALICE, session_id, {})).status == "stopped"


@pytest.mark.parametrize(
    ("payload", "field"),
    [({}, "content"), ({"content": 7}, "content"), ({"content": "x", "color": "red"}, "color"), ("text", "payload")],
)
async def test_frames_name_the_field_that_is_wrong(small: Hub, payload: object, field: str) -> None:
    session_id = await small.create()
    with pytest.raises(InvalidInput) as refused:
        await small.sessions.on_message(ALICE, session_id, payload)
    assert field in [wrong.field for wrong in refused.value.fields]


async def test_a_frame_must_name_its_session(small: Hub) -> None:
    payload = SendMessage(content="say x").model_dump(by_alias=True)
    with pytest.raises(InvalidInput, match="sessionId"):
        await small.sessions.on_message(ALICE, None, payload)
