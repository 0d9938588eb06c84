"""Time never allows anything, and a stop of the hub loses no question and no answer."""

import asyncio
from pathlib import Path

import pytest

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.contracts.approvals import ApprovalClosed, ApprovalExpiring, ApprovalRequested
from atrium.plugins.approvals.errors import AlreadyAnswered
from atrium.sdk import StorageFailed, Unavailable
from atrium.sdk.spi import Address, StorageAdapter, StoredDocument
from atrium.testing.clock import ManualClock
from tests.approvals.house import ALICE, REMOVE, WRITE, House, house, turns


class SteppedClock(ManualClock):
    """Whoever sleeps waits until the test has moved the time that far. `now` can be set apart, as people do."""

    def __init__(self) -> None:
        super().__init__()
        self.steady = 0.0
        self.sleeping: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        woken = asyncio.Event()
        self.sleeping.append((self.steady + seconds, woken))
        await woken.wait()

    def step(self, seconds: float) -> None:
        self.time += seconds
        self.steady += seconds
        for until, woken in self.sleeping:
            if until <= self.steady:
                woken.set()


async def test_a_question_expires_after_a_warning_and_nothing_was_allowed() -> None:
    clock = SteppedClock()
    async with house(clock=clock) as there:
        told: list[object] = []

        async def note(_: str, data: object) -> None:
            told.append(data)

        for event in (ApprovalRequested, ApprovalExpiring, ApprovalClosed):
            there.runtime.event_bus.subscribe(event.type, note)
        asking = there.ask(risk="high")
        await there.open(1)
        await turns()
        clock.step(539)
        assert not asking.done()
        clock.step(1)
        await turns()
        clock.step(59)
        assert len(await there.open(1)) == 1
        clock.step(1)
        decision = await asking
        assert (decision.allowed, decision.status) == (False, "expired")
        await turns()
        kinds = [type(event).__name__ for event in told]
        assert kinds == ["ApprovalRequested", "ApprovalExpiring", "ApprovalClosed"]
        with pytest.raises(AlreadyAnswered, match="expired"):
            await there.answer(decision.approval_id, "allow")


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 366 * 86_400.0])
async def test_setting_the_clock_neither_ends_a_question_nor_keeps_it(jump: float) -> None:
    clock = SteppedClock()
    async with house(clock=clock) as there:
        asking = there.ask()
        await there.open(1)
        await turns()
        clock.time += jump
        clock.step(240)
        await turns()
        assert not asking.done()
        clock.step(60)
        assert (await asking).status == "expired"


async def _stopped_while_asking(path: Path) -> str:
    async with house(SQLiteStorageAdapter(path)) as there:
        asking = there.ask(REMOVE)
        [question] = await there.open(1)
        await there.runtime.stop()
        with pytest.raises(Unavailable):
            await asking
        return str(question["id"])


async def test_a_question_outlives_a_stop_and_is_answered_after_it(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    approval_id = await _stopped_while_asking(path)
    async with house(SQLiteStorageAdapter(path)) as there:
        [question] = await there.open(1)
        assert question["id"] == approval_id
        asking = there.ask(REMOVE)
        await asyncio.sleep(0)
        await there.answer(approval_id, "allow")
        assert (await asking).approval_id == approval_id


async def test_a_question_from_before_a_stop_is_not_that_of_another_act_under_its_key(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    approval_id = await _stopped_while_asking(path)
    async with house(SQLiteStorageAdapter(path)) as there:
        requested = asyncio.Event()

        async def note(_: str, __: object) -> None:
            requested.set()

        there.runtime.event_bus.subscribe(ApprovalRequested.type, note)
        asking = there.ask(REMOVE.model_copy(update={"argv": ("rm", "-r", "/")}))
        await asyncio.wait_for(requested.wait(), 50)
        [question] = await there.open(1)
        assert (question["act"]["command"], asking.done()) == ("rm -r /", False)
        assert (await there.call("approvals.get", ALICE, approval_id))["status"] == "withdrawn"


async def test_an_answer_that_nobody_waited_for_is_given_to_who_asks_again(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    approval_id = await _stopped_while_asking(path)
    async with house(SQLiteStorageAdapter(path)) as there:
        await there.answer(approval_id, "allow")
        decision = await there.ask(REMOVE)
        assert (decision.approval_id, decision.allowed) == (approval_id, True)
        _ = there.ask(REMOVE)
        [another] = await there.open(1)
        assert another["id"] != approval_id


async def test_an_answer_from_before_is_not_used_for_another_act_or_after_long(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    approval_id = await _stopped_while_asking(path)
    async with house(SQLiteStorageAdapter(path)) as there:
        await there.answer(approval_id, "allow")
        _ = there.ask(REMOVE.model_copy(update={"argv": ("rm", "-r", "/")}))
        assert await _new_question(there, approval_id)


async def test_a_stale_answer_is_not_used(tmp_path: Path) -> None:
    path, clock = tmp_path / "atrium.db", SteppedClock()
    async with house(SQLiteStorageAdapter(path), clock=clock) as there:
        _ = there.ask(REMOVE)
        [question] = await there.open(1)
        await there.runtime.stop()
    async with house(SQLiteStorageAdapter(path), clock=clock) as there:
        await there.answer(question["id"], "allow")
        clock.step(301)
        _ = there.ask(REMOVE)
        assert await _new_question(there, question["id"])


async def test_a_turn_that_asks_anew_withdraws_what_its_session_was_asked_before_the_stop(tmp_path: Path) -> None:
    path = tmp_path / "atrium.db"
    async with house(SQLiteStorageAdapter(path)) as there:
        _ = there.ask(REMOVE, key="old", turn_id="turn-1")
        _ = there.ask(WRITE, key="elsewhere", session_id="session-2", turn_id="turn-9")
        old, elsewhere = await there.open(2)
        await there.runtime.stop()
    async with house(SQLiteStorageAdapter(path)) as there:
        asking = there.ask(REMOVE, key="new", turn_id="turn-2")
        _ = there.ask(WRITE, key="beside", turn_id="turn-2")
        found = await there.open(3)
        assert [one["id"] for one in found if one["id"] in {old["id"], elsewhere["id"]}] == [elsewhere["id"]]
        assert (await there.call("approvals.get", ALICE, old["id"]))["status"] == "withdrawn"
        [new] = [one for one in found if one["turnId"] == "turn-2" and one["act"] == old["act"]]
        await there.answer(new["id"], "allow")
        assert (await asking).allowed


async def test_questions_from_before_a_stop_expire_as_well(tmp_path: Path) -> None:
    path, clock = tmp_path / "atrium.db", SteppedClock()
    async with house(SQLiteStorageAdapter(path), clock=clock) as there:
        _ = there.ask(REMOVE)
        [question] = await there.open(1)
        await there.runtime.stop()
    clock.step(299)
    async with house(SQLiteStorageAdapter(path), clock=clock) as there:
        await turns()
        clock.step(1)
        await there.open(0)
        assert (await there.call("approvals.get", ALICE, question["id"]))["status"] == "expired"


async def test_old_history_is_forgotten_at_start(tmp_path: Path) -> None:
    path, clock = tmp_path / "atrium.db", SteppedClock()
    async with house(SQLiteStorageAdapter(path), clock=clock) as there:
        await there.ask(risk="low", key="old")
        clock.step(60 * 86_400)
        await there.ask(risk="low", key="new")
        clock.step(31 * 86_400)
    async with house(SQLiteStorageAdapter(path), clock=clock, historyDays=90) as there:
        page = await there.call("approvals.history", ALICE)
        assert [one["createdAt"][:4] for one in page["data"]] == ["2027"]
        assert len(page["data"]) == 1


async def test_old_history_is_forgotten_while_the_hub_runs(adapter: StorageAdapter) -> None:
    clock = SteppedClock()
    async with house(adapter, clock=clock) as there:
        old = await there.ask(risk="low", key="old")
        clock.step(91 * 86_400)
        new = await there.ask(risk="low", key="new")
        async with asyncio.timeout(50):
            while (page := await there.call("approvals.history", ALICE))["data"][-1]["id"] == old.approval_id:  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0)
        assert [one["id"] for one in page["data"]] == [new.approval_id]


class FailingAdapter(MemoryStorageAdapter):
    """Cannot read for a while."""

    failures = 0

    async def get(self, address: Address) -> StoredDocument | None:
        if self.failures:
            self.failures -= 1
            raise StorageFailed("the disk is full")
        return await super().get(address)


async def test_a_question_expires_though_the_storage_fails_for_a_while() -> None:
    adapter, clock = FailingAdapter(), SteppedClock()
    async with house(adapter, clock=clock) as there:
        asking = there.ask()
        await there.open(1)
        await turns()
        clock.step(240)
        await turns()
        adapter.failures = 2
        for seconds in (60, 0.5, 1):
            assert not asking.done()
            clock.step(seconds)
            await turns()
        assert (await asking).status == "expired"


async def _new_question(there: House, old: str) -> bool:
    [question] = await there.open(1)
    return bool(question["id"] != old)
