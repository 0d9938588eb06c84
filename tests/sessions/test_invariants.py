"""Whatever people do and wherever it crashes: what is stored tells one consistent story."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.sdk import Conflict
from tests.sessions.hub import ALICE, Hub, short

ENDS = ("turn.completed", "turn.failed", "turn.cancelled", "turn.interrupted")

CONTENTS = st.sampled_from(["say a", "fail late", "fail now", "tool", "think", "wait never", "silent never", "crash"])
ACTIONS = st.one_of(
    st.tuples(st.just("send"), CONTENTS),
    st.tuples(st.sampled_from(["cancel", "retry", "rename", "crash", "restart", "stop", "turns"]), st.just("")),
)


async def act(hub: Hub, session_id: str, action: str, content: str) -> Hub:
    """Do one thing; what is not possible now is refused, and that is fine."""
    if action in {"crash", "restart"}:
        return await restarted(hub, crash=action == "crash")
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "send": lambda: hub.send(session_id, content),
        "cancel": lambda: hub.sessions.cancel(ALICE, session_id),
        "retry": lambda: hub.sessions.retry(ALICE, session_id),
        "rename": lambda: hub.sessions.update(ALICE, session_id, {"title": "T"}),
        "stop": lambda: hub.sessions.stop_session(ALICE, session_id),
        "turns": loop_turns,
    }
    with suppress(Conflict):
        await acts[action]()
    return hub


async def loop_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def restarted(hub: Hub, *, crash: bool) -> Hub:
    assert isinstance(hub.adapter, MemoryStorageAdapter)
    adapter = copy.deepcopy(hub.adapter) if crash else hub.adapter
    await hub.stop()
    return await Hub(adapter).start()


async def check(hub: Hub, session_id: str) -> None:
    entries = await hub.entries(session_id)
    session = await hub.get(session_id)
    messages = await hub.messages(session_id)
    folded = [e["data"] for e in entries if short(e["type"]) in {"message.added", "message.completed"}]
    assert [(m["id"], m["role"], m["content"]) for m in messages] == [
        (data["messageId"], data["role"], data["content"]) for data in folded
    ]
    assert session["messageCount"] == len(messages)
    started = [e["data"]["turnId"] for e in entries if short(e["type"]) == "turn.started"]
    ended = [e["data"]["turnId"] for e in entries if short(e["type"]) in ENDS]
    assert len(started) == len(set(started))
    assert len(ended) == len(set(ended))
    assert set(started) <= set(ended)
    check_order(entries)
    blocked = session["turn"] is not None
    assert not blocked or session["turn"]["status"] == "interrupted"
    assert blocked or session["queued"] == 0
    assert sum(m["status"] == "queued" for m in messages) == session["queued"]
    assert [e["prev"] for e in entries] == ["0", *(e["offset"] for e in entries[:-1])][: len(entries)]


def check_order(entries: list[dict[str, Any]]) -> None:
    """One turn at a time: between a start and its end there is no other start."""
    running = None
    for entry in entries:
        name, turn_id = short(entry["type"]), entry["data"].get("turnId")
        if name == "turn.started":
            assert running is None
            running = turn_id
        elif name in ENDS and turn_id == running:
            running = None
        elif name not in {"message.added", *ENDS, "session.renamed", "session.stopped"}:
            assert turn_id == running
    assert running is None


@settings(max_examples=60, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=14))
async def test_every_history_tells_one_consistent_story(actions: list[tuple[str, str]]) -> None:
    hub = await Hub(MemoryStorageAdapter()).start()
    session_id = await hub.create()
    for action, content in actions:
        hub = await act(hub, session_id, action, content)
    hub.providers.gate("never").set()
    await hub.until(session_id, settled)
    await check(hub, session_id)
    await hub.stop()


def settled(session: dict[str, Any]) -> bool:
    turn = session["turn"]
    return not session["queued"] if turn is None else bool(turn["status"] == "interrupted")
