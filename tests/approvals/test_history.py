"""Closed questions can be read, counted, and answered many at once."""

import pytest

from atrium.contracts.approvals import AnswerApproval
from atrium.sdk import InvalidInput
from tests.approvals.house import ALICE, BOB, PHONE, SCRIPT, house


async def test_answers_in_a_batch_stand_each_for_itself() -> None:
    async with house() as there:
        asking = [there.ask(key=f"call-{number}") for number in range(3)]
        asking.append(there.ask(SCRIPT, key="script"))
        questions = await there.open(4)
        script = next(one for one in questions if one["act"]["command"])
        given = [AnswerApproval(approval_id=one["id"], answer="allow_always") for one in questions]
        given.append(AnswerApproval(approval_id="nothing", answer="allow"))
        results = (await there.call("approvals.answer_all", PHONE, given))["data"]
        assert [result["answered"] for result in results].count(True) == 3
        wrong = {result["approvalId"]: result["error"]["code"] for result in results if not result["answered"]}
        assert wrong == {script["id"]: "INVALID_INPUT", "nothing": "NOT_FOUND"}
        assert [(await task).allowed for task in asking[:3]] == [True] * 3


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_bounds(count: int) -> None:
    async with house() as there:
        given = [AnswerApproval(approval_id="x", answer="allow")] * count
        with pytest.raises(InvalidInput, match="1 to 100"):
            await there.call("approvals.answer_all", PHONE, given)


async def test_history_is_paged_from_the_last_and_by_session() -> None:
    async with house() as there:
        for number in range(5):
            await there.ask(risk="low", key=f"k{number}", session_id=f"session-{number % 2}")
        first = await there.call("approvals.history", ALICE, None, 3, None)
        rest = await there.call("approvals.history", ALICE, None, 3, first["nextCursor"])
        ids = [one["id"] for one in (*first["data"], *rest["data"])]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 5
        assert rest["nextCursor"] is None
        of_one = await there.call("approvals.history", ALICE, "session-1", 10, None)
        assert len(of_one["data"]) == 2
        assert (await there.call("approvals.history", BOB))["data"] == []
        with pytest.raises(InvalidInput, match="limit"):
            await there.call("approvals.history", ALICE, None, 0, None)


async def test_statistics_count_how_questions_ended() -> None:
    async with house() as there:
        empty = await there.call("approvals.statistics", ALICE)
        assert (empty.allowed, empty.median_seconds) == (0, None)
        await there.ask(risk="low")
        for answer in ("allow", "reject", "reject"):
            asking = there.ask(key=answer)
            [question] = await there.open(1)
            await there.answer(question["id"], answer)
            await asking
        _ = there.ask(key="waits")
        await there.open(1)
        found = await there.call("approvals.statistics", ALICE)
        assert (found.allowed, found.rejected, found.by_rule, found.pending) == (2, 2, 1, 1)
        assert found.median_seconds is not None
        assert 0 <= found.median_seconds <= found.p90_seconds
        with pytest.raises(InvalidInput, match="days"):
            await there.call("approvals.statistics", ALICE, 0)
