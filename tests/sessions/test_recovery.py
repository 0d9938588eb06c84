"""What a crash or a stop cuts is found at the next start: nothing is lost, nothing runs twice."""

import logging
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions.errors import NothingToCancel
from atrium.sdk import StorageFailed
from atrium.sdk.spi import StorageAdapter
from atrium.testing.clock import ManualClock
from atrium.testing.held_storage import HeldStorageAdapter
from tests.sessions.hub import ALICE, Hub, committing, crashed_copy, ends


async def stored_hints(hub: Hub, session_id: str) -> None:
    """Return when what was streamed so far is in the database."""
    stream = hub.runtime.storage.streams.peek((ALICE.space, f"sessions/{session_id}"))
    assert stream is not None
    stream.flush()
    await hub.sessions.storage.of(ALICE.space).set("flush", {}, collection="test")


async def crashed(hub: Hub, adapter: StorageAdapter, tmp_path: Path) -> Hub:
    """Return a hub that starts on what the other one has stored so far."""
    after = crashed_copy(adapter, tmp_path / "atrium.db", tmp_path / "crashed")
    return await Hub(after).start()


async def test_a_turn_cut_by_a_crash_is_interrupted_with_its_partial_text(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    session_id = await hub.create()
    accepted = await hub.send(session_id, "wait x", token="t")
    await hub.providers.arrived("x")
    await hub.until(session_id, lambda s: s["turn"] is not None)
    await hub.send(session_id, "say queued")
    await stored_hints(hub, session_id)
    again = await crashed(hub, adapter, tmp_path)
    try:
        session = await again.get(session_id)
        assert session["turn"] == {"id": accepted.turn_id, "status": "interrupted"}
        assert (session["queued"], session["messageCount"]) == (1, 3)
        assert (await again.types(session_id))[-2:] == ["message.completed", "turn.interrupted"]
        assert [(m["content"], m["status"]) for m in await again.messages(session_id)] == [
            ("wait x", "interrupted"),
            ("say queued", "queued"),
            ("half ", "interrupted"),
        ]
        assert await again.send(session_id, "wait x", token="t") == accepted
        assert [e["offset"] for e in await again.entries(session_id, hints=True)] == [
            e["offset"] for e in await again.entries(session_id)
        ]
        assert again.providers.requests == []
    finally:
        await again.stop()
    hub.providers.gate("x").set()
    await hub.idle(session_id)


async def interrupted(hub: Hub, adapter: StorageAdapter, tmp_path: Path) -> tuple[Hub, str, str]:
    """Return a hub after a crash, with a session stuck behind an interrupted turn and one queued message."""
    session_id = await hub.create()
    accepted = await hub.send(session_id, "silent x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say queued")
    return await crashed(hub, adapter, tmp_path), session_id, accepted.turn_id


async def test_queued_turns_wait_until_the_interrupted_one_is_retried(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    again, session_id, turn_id = await interrupted(hub, adapter, tmp_path)
    try:
        await again.send(session_id, "say more")
        assert (await again.get(session_id))["turn"]["id"] == turn_id
        again.providers.gate("x").set()
        await again.sessions.retry(ALICE, session_id)
        await again.idle(session_id)
        assert [r.content for r in again.providers.requests] == ["silent x", "say queued", "say more"]
        assert ends(await again.types(session_id)) == ["turn.interrupted"] + ["turn.completed"] * 3
        assert [m["status"] for m in await again.messages(session_id)] == ["completed"] * 6
    finally:
        await again.stop()


@pytest.mark.parametrize("named", [False, True])
async def test_an_interrupted_turn_is_dismissed_without_a_second_end(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path, named: bool
) -> None:
    again, session_id, turn_id = await interrupted(hub, adapter, tmp_path)
    try:
        answer = await again.sessions.cancel(ALICE, session_id, turn_id=turn_id if named else None)
        assert (answer.turn_id, answer.status) == (turn_id, "cancelled")
        await again.idle(session_id)
        assert ends(await again.types(session_id)) == ["turn.interrupted", "turn.completed"]
        assert [m["status"] for m in await again.messages(session_id)] == ["cancelled", "completed", "completed"]
        with pytest.raises(NothingToCancel):
            await again.sessions.cancel(ALICE, session_id, turn_id=turn_id)
    finally:
        await again.stop()


async def test_stopping_a_session_dismisses_its_interrupted_turn(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    again, session_id, _ = await interrupted(hub, adapter, tmp_path)
    try:
        await again.sessions.stop_session(ALICE, session_id)
        session = await again.get(session_id)
        assert (session["status"], session["turn"], session["queued"]) == ("stopped", None, 0)
        assert ends(await again.types(session_id)) == ["turn.interrupted", "turn.cancelled"]
    finally:
        await again.stop()


async def test_an_interrupted_turn_blocks_after_another_restart_too(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    again, session_id, turn_id = await interrupted(hub, adapter, tmp_path)
    await again.stop()
    third = await Hub(again.adapter).start()
    try:
        session = await third.get(session_id)
        assert (session["turn"], session["queued"]) == ({"id": turn_id, "status": "interrupted"}, 1)
        assert ends(await third.types(session_id)) == ["turn.interrupted"]
    finally:
        await third.stop()


async def test_queued_turns_run_by_themselves_when_nothing_was_interrupted(adapter: StorageAdapter) -> None:
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.sessions.drain()
    for number in range(3):
        await hub.send(session_id, f"say {number}")
    await hub.stop()
    again = await Hub(adapter).start()
    try:
        session = await again.idle(session_id)
        assert session["messageCount"] == 6
        assert await again.service("sessions.count_active") == 1
    finally:
        await again.stop()


async def test_a_wrong_number_of_queued_turns_is_put_right(adapter: StorageAdapter) -> None:
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.sessions.drain()
    await hub.send(session_id, "say x")
    await hub.storage.update(session_id, lambda value: {**(value or {}), "queued": 0}, collection="activity")
    await hub.stop()
    again = await Hub(adapter).start()
    try:
        await again.until(session_id, lambda s: s["messageCount"] == 2)
        assert (await again.idle(session_id))["queued"] == 0
    finally:
        await again.stop()


async def test_tools_that_were_open_are_ended(hub: Hub, adapter: StorageAdapter, tmp_path: Path) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "tool x")
    await hub.shown(session_id, lambda entry: entry["data"].get("toolCallId") == "t3")
    again = await crashed(hub, adapter, tmp_path)
    try:
        tools = [e for e in await again.entries(session_id) if e["type"].startswith("sessions.tool.")]
        last = tools[-1]
        assert last["type"] == "sessions.tool.finished.v1"
        assert (last["data"]["toolCallId"], last["data"]["status"]) == ("t3", "failed")
        assert [t["data"]["toolCallId"] for t in tools].count("t1") == 3
    finally:
        await again.stop()


async def test_a_half_done_delete_is_finished(adapter: StorageAdapter, tmp_path: Path) -> None:
    hub = await Hub(adapter, home=tmp_path / "home").start()
    session_id = await hub.create()
    await hub.send(session_id, "say x", token="t")
    await hub.idle(session_id)
    await hub.sessions.desk.transcripts.settle()
    async with hub.sessions.desk.ledger.change(ALICE.space, session_id) as change:
        change.delete("alice")
    assert await hub.storage.list_keys(collection="turns")
    await hub.stop()
    again = await Hub(adapter, home=tmp_path / "home").start()
    try:
        for collection in ("", "activity", "turns", "tokens", "deletions"):
            assert await again.storage.list_keys(collection=collection) == []
        assert list((tmp_path / "home/sessions").iterdir()) == []
        assert await again.service("sessions.count_active") == 0
    finally:
        await again.stop()


async def test_turns_of_a_session_that_is_gone_do_not_hold_up_the_start(adapter: StorageAdapter) -> None:
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.create()
    turn: dict[str, Any] = {"messageId": "m", "offset": 1, "by": ALICE.to_json(), "createdAt": ""}
    for status in ("running", "queued"):
        value = {**turn, "id": status, "sessionId": session_id, "status": status}
        await hub.storage.set(status, value, collection="turns")
    await hub.storage.delete(session_id)
    await hub.stop()
    again = await Hub(adapter).start()
    assert await again.storage.list_keys(collection="turns") == ["queued"]
    await again.stop()


async def test_drain_lets_running_turns_finish_and_starts_no_others(adapter: StorageAdapter) -> None:
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say later")
    hub.providers.gate("x").set()
    await hub.stop(drain_seconds=30)
    again = await Hub(adapter).start()
    try:
        await again.idle(session_id)
        assert [r.content for r in hub.providers.requests] == ["wait x"]
        assert [r.content for r in again.providers.requests] == ["say later"]
        assert ends(await again.types(session_id)) == ["turn.completed"] * 2
    finally:
        await again.stop()


async def test_a_turn_that_outlives_the_drain_is_interrupted_with_its_partial_text(adapter: StorageAdapter) -> None:
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.send(session_id, "wait never")
    await hub.providers.arrived("never")
    await hub.stop(drain_seconds=0)
    again = await Hub(adapter).start()
    try:
        assert (await again.types(session_id))[-2:] == ["message.completed", "turn.interrupted"]
        assert (await again.messages(session_id))[-1]["content"] == "half "
        assert (await again.get(session_id))["turn"]["status"] == "interrupted"
    finally:
        await again.stop()


async def test_the_plugin_can_be_stopped_and_started_again(hub: Hub) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "wait x")
    await hub.providers.arrived("x")
    manager = hub.runtime.plugin_manager
    await manager.stop_plugin("sessions")
    assert hub.providers.running == 0
    await manager.start_plugin("sessions")
    await hub.until(session_id, lambda s: s["turn"] is not None and s["turn"]["status"] == "interrupted")
    hub.providers.gate("x").set()
    await hub.sessions.retry(ALICE, session_id)
    await hub.idle(session_id)
    await hub.sessions.stop()
    await hub.sessions.stop()


async def test_an_end_that_cannot_be_stored_is_tried_again_until_it_is(caplog: pytest.LogCaptureFixture) -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter, clock=ManualClock()).start()
    session_id = await hub.create()
    await hub.send(session_id, "silent x")
    await hub.providers.arrived("x")
    adapter.hold = True
    hub.providers.gate("x").set()
    for _ in range(3):
        await failing_commit(adapter)
    adapter.hold = False
    session = await hub.idle(session_id)
    assert session["messageCount"] == 2
    assert "could not be stored" in caplog.text
    await hub.stop()


async def test_a_start_that_cannot_be_stored_is_tried_again_until_it_is() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter, clock=ManualClock()).start()
    session_id = await hub.create()
    await hub.send(session_id, "silent x")
    await hub.providers.arrived("x")
    await hub.send(session_id, "say x")
    adapter.hold = True
    hub.providers.gate("x").set()
    await committing(adapter)
    adapter.let_go()
    await failing_commit(adapter)
    await failing_commit(adapter)
    assert (await hub.types(session_id)).count("turn.started") == 1
    adapter.hold = False
    assert (await hub.idle(session_id))["messageCount"] == 4
    await hub.stop()


async def test_a_stop_does_not_wait_for_a_database_that_fails() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    await hub.send(session_id, "silent x")
    await hub.providers.arrived("x")
    adapter.hold = True
    hub.providers.gate("x").set()
    await failing_commit(adapter)
    await hub.runtime.plugin_manager.stop_plugin("sessions")
    adapter.hold = False
    again = await Hub(crashed_copy(adapter, Path(), Path())).start()
    assert (await again.get(session_id))["turn"]["status"] == "interrupted"
    await again.stop()
    await hub.stop()


async def failing_commit(adapter: HeldStorageAdapter) -> None:
    await committing(adapter)
    adapter.fail(StorageFailed("the disk is full"))


async def test_a_start_reads_only_what_is_unfinished() -> None:
    class Counting(MemoryStorageAdapter):
        rows = 0

        async def query(self, queries: Any, topic: Any = None) -> Any:
            selection = await super().query(queries, topic)
            self.rows += sum(len(page) for page in selection.pages)
            return selection

    adapter = Counting()
    hub = await Hub(adapter).start()
    for _ in range(300):
        await hub.create()
    await hub.ask(await hub.create(), "say x")
    await hub.stop()
    adapter.rows = 0
    again = await Hub(adapter).start()
    assert adapter.rows < 700
    await again.stop()


async def test_a_start_says_in_one_line_how_many_turns_were_cut(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("x", "y", "z"):
        await hub.send(await hub.create(), f"silent {name}")
        await hub.providers.arrived(name)
    caplog.set_level(logging.INFO, "atrium.plugins.sessions.recovery")
    again = await crashed(hub, adapter, tmp_path)
    await again.stop()
    (said,) = [record for record in caplog.records if record.name.endswith("recovery")]
    assert said.getMessage() == "turns were cut by the last stop"
    assert vars(said)["turns"] == 3
    for name in ("x", "y", "z"):
        hub.providers.gate(name).set()
