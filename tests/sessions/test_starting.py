"""Starting: a message to an idle session begins its turn in the same commit; whatever is in the way, it waits."""

import asyncio
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.sdk import Conflict, NotFound, StorageFailed
from atrium.sdk.spi import StorageAdapter
from atrium.testing.held_storage import HeldStorageAdapter
from tests.sessions.hub import ALICE, Hub, committing, crashed_copy


async def sent(hub: Hub, adapter: HeldStorageAdapter, session_id: str, content: str) -> asyncio.Task[object]:
    """Send a message and return when its commit is held back."""
    sending: asyncio.Task[object] = asyncio.create_task(hub.send(session_id, content))
    await committing(adapter)
    return sending


async def test_an_idle_session_stores_a_message_and_the_start_of_its_turn_together() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = await sent(hub, adapter, session_id, "silent x")
    assert not hub.providers.requests, "nothing runs before it is stored"
    adapter.let_go()
    await sending
    await hub.providers.arrived("x")
    assert not adapter.held
    assert await hub.types(session_id) == ["message.added", "turn.started"]
    session = await hub.get(session_id)
    assert (session["turn"]["status"], session["queued"]) == ("running", 0)
    adapter.hold = False
    hub.providers.gate("x").set()
    await hub.idle(session_id)
    await hub.stop()


async def test_a_message_that_was_not_stored_leaves_no_turn_and_no_place_taken() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter, config={"sessions": {"maxConcurrent": 1}}).start()
    session_id, other = await hub.create(), await hub.create()
    adapter.hold = True
    sending = await sent(hub, adapter, session_id, "say lost")
    adapter.fail(StorageFailed("disk full"))
    with pytest.raises(StorageFailed):
        await sending
    adapter.hold = False
    for each in (session_id, other):
        await hub.ask(each, "say kept")
        assert await hub.types(each) == ["message.added", "turn.started", "message.completed", "turn.completed"]
    assert [request.content for request in hub.providers.requests] == ["say kept", "say kept"]
    await hub.stop()


async def test_what_comes_while_the_first_message_is_being_stored_follows_it() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    first = await sent(hub, adapter, session_id, "say 1")
    second = asyncio.create_task(hub.send(session_id, "say 2"))
    adapter.hold = False
    adapter.let_go()
    await asyncio.gather(first, second)
    await hub.idle(session_id)
    assert [request.content for request in hub.providers.requests] == ["say 1", "say 2"]
    await hub.stop()


async def test_a_delete_during_the_first_commit_ends_the_turn_that_began_with_it() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = await sent(hub, adapter, session_id, "silent x")
    deleting = asyncio.create_task(hub.sessions.delete(ALICE, session_id))
    adapter.hold = False
    adapter.let_go()
    await asyncio.gather(sending, deleting)
    with pytest.raises(NotFound):
        await hub.get(session_id)
    assert hub.providers.running == 0
    await hub.stop()


async def test_a_stop_during_the_first_commit_interrupts_the_turn_that_began_with_it() -> None:
    adapter = HeldStorageAdapter()
    hub = await Hub(adapter).start()
    session_id = await hub.create()
    adapter.hold = True
    sending = await sent(hub, adapter, session_id, "silent x")
    stopping = asyncio.create_task(hub.runtime.plugin_manager.stop_plugin("sessions"))
    adapter.hold = False
    adapter.let_go()
    await sending
    await stopping
    await hub.runtime.plugin_manager.start_plugin("sessions")
    session = await hub.get(session_id)
    assert (session["turn"]["status"], session["queued"]) == ("interrupted", 0)
    await hub.stop()


async def test_a_crash_after_the_first_commit_leaves_a_turn_to_retry(
    hub: Hub, adapter: StorageAdapter, tmp_path: Path
) -> None:
    session_id = await hub.create()
    await hub.send(session_id, "silent x")
    copy = crashed_copy(adapter, tmp_path / "atrium.db", tmp_path / "crashed")
    again = await Hub(copy).start()
    session = await again.get(session_id)
    assert session["turn"]["status"] == "interrupted"
    await again.sessions.retry(ALICE, session_id)
    again.providers.gate("x").set()
    await again.idle(session_id)
    assert (await again.get(session_id))["messageCount"] == 2
    await again.stop()


async def test_records_that_somebody_else_changed_are_read_again() -> None:
    hub = await Hub(MemoryStorageAdapter()).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say 1")
    await hub.storage.update(session_id, lambda value: value)
    with pytest.raises(Conflict):
        await hub.sessions.update(ALICE, session_id, {"title": "based on what was"})
    await hub.sessions.update(ALICE, session_id, {"title": "mine"})
    assert (await hub.get(session_id))["metadata"]["title"] == "mine"
    await hub.stop()
