"""A clock that is set forth and back while sessions are in use: numbers only grow, and nothing hangs or ends early."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.sdk.clock import SystemClock
from atrium.testing.history import history_violations, snapshot_violations
from tests.sessions.hub import ALICE, Hub

HOUR, YEAR = 3600.0, 365 * 86_400.0


class SetClock(SystemClock):
    """The machine's clock, set wrong by so many seconds; monotonic time and sleeping go on as they do."""

    def __init__(self) -> None:
        self.wrong_by = 0.0

    def now(self) -> float:
        return super().now() + self.wrong_by


@asynccontextmanager
async def hub_on(path: Path, clock: SetClock) -> AsyncIterator[Hub]:
    hub = await Hub(SQLiteStorageAdapter(path), clock=clock).start()
    try:
        yield hub
    finally:
        await hub.stop()


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -YEAR, YEAR])
async def test_a_clock_that_is_set_during_a_turn_changes_nothing(tmp_path: Path, jump: float) -> None:
    clock = SetClock()
    async with hub_on(tmp_path / "atrium.db", clock) as hub, asyncio.timeout(50):
        session_id = await hub.create()
        tail = await hub.storage.tail(f"sessions/{session_id}")
        shown: list[int] = []

        async def follow(ends: int) -> None:
            async for batch in tail:
                shown.extend(entry.offset for entry in batch)
                ends -= sum(entry.type.startswith("sessions.turn.completed") for entry in batch)
                if not ends:
                    return

        following = asyncio.create_task(follow(2))
        before = (await hub.sessions.get(ALICE, session_id)).revision
        await hub.send(session_id, "wait here")
        await hub.providers.arrived("here")
        clock.wrong_by = jump
        hub.providers.gate("here").set()
        await hub.idle(session_id)
        await hub.ask(session_id, "say more")
        history = await hub.entries(session_id)
        assert history_violations(history) == []
        assert snapshot_violations(history, await hub.get(session_id)) == []
        assert (await hub.sessions.get(ALICE, session_id)).revision > before
        durations = [entry["data"]["durationMs"] for entry in history if "durationMs" in entry["data"]]
        assert len(durations) == 2
        assert all(0 <= milliseconds < 20_000 for milliseconds in durations)
        await following
        assert shown == sorted(set(shown))
        assert set(shown) >= {int(entry["offset"]) for entry in history}


async def test_numbers_grow_over_restarts_with_a_clock_that_jumps(tmp_path: Path) -> None:
    dice, clock, highest, session_id = random.Random(6), SetClock(), 0, ""
    for _ in range(12):
        clock.wrong_by = dice.choice([-YEAR, -HOUR, -1.0, 0.0, 1.0, HOUR])
        async with hub_on(tmp_path / "atrium.db", clock) as hub, asyncio.timeout(50):
            session_id = session_id or await hub.create()
            accepted = await hub.ask(session_id, "say on")
            assert int(accepted.offset) > highest
            clock.wrong_by += dice.choice([-YEAR, -HOUR, HOUR])
            accepted = await hub.ask(session_id, "say on")
            history = await hub.entries(session_id, hints=True)
            assert history_violations(history) == []
            revision = (await hub.sessions.get(ALICE, session_id)).revision
            highest = max(highest, revision, *(int(entry["offset"]) for entry in history))
            await hub.sessions.update(ALICE, session_id, {"title": f"title {highest}"})
            assert (await hub.sessions.get(ALICE, session_id)).revision > revision
